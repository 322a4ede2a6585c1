"""Windows of a picture, each described by the low frequencies inside it.

A window is a rectangle of the picture: the whole, or any of a few hundred parts of it at several sizes, shapes and
places, some of them turned a little. Its description is the discrete cosine transform of what it shows, cut off at
low frequencies and without the mean, weighted with the frequency to undo the 1/f fall of natural pictures (Field,
1987). If one picture shows a part of another, then one of the other's windows and the whole of the first have nearly
the same description, whatever the resolution, brightness or contrast.

Flips and turns by 90 degrees change a description by signs and by exchanging horizontal and vertical frequencies, so
all eight are had for nothing.

Descriptions are scaled to length `UNIT` and rounded to whole numbers. The inner product of two of them is then a sum
of whole numbers below 2^24, which single precision holds without rounding: whatever library multiplies them, in
whatever order and on however many threads, the result is the same to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.pictures import halve

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = (
    "DIMENSIONS",
    "ORIENTATIONS",
    "PLACE",
    "UNIT",
    "WindowSet",
    "core_windows",
    "dense_windows",
    "describe_part",
    "whole",
)

_SIDE = 32
"""Windows are cut from luminance at this many pixels a side."""
_TURNED_SIDE = 16
"""Turned windows are read at this many."""
_HIGHEST = 7
"""Half periods across the window, at most, along one axis..."""
_HIGHEST_SUM = 8
"""...and along both together."""
UNIT = 2000.0
"""Length of a description. Its square stays below 2^24 even with the rounding of every entry against it."""
_FLOOR = 1.0
"""Length, in grey levels, below which a description counts as noise."""

_PAIRS = [(k, m) for m in range(_HIGHEST + 1) for k in range(_HIGHEST + 1) if 0 < k + m <= _HIGHEST_SUM]
_ACROSS = np.array([k for k, _ in _PAIRS])
_DOWN = np.array([m for _, m in _PAIRS])
PLACE = {pair: at for at, pair in enumerate(_PAIRS)}
"""Where a description holds the product of so many half periods across and down."""
DIMENSIONS = len(_PAIRS)
"""Length of a description, in numbers."""
# Cosines along one axis alone have twice the power of products of two.
_WEIGHT = (np.hypot(_ACROSS, _DOWN) * np.where((_ACROSS == 0) | (_DOWN == 0), np.sqrt(0.5), 1.0)).astype(np.float32)


def _orientations() -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    swapped = np.array([PLACE[m, k] for k, m in _PAIRS])
    table = []
    for code in range(8):
        order = swapped if code & 4 else np.arange(DIMENSIONS)
        sign = (-1.0) ** (_ACROSS * bool(code & 2) + _DOWN * bool(code & 1))
        table.append((order, sign.astype(np.float32)))
    return table


ORIENTATIONS = _orientations()
"""For each of the eight flips and turns (see `pictures.orient`) the order and the signs of a description's entries."""


@dataclass(frozen=True, slots=True)
class WindowSet:
    """A fixed set of windows, and the means to describe them all at once."""

    maps: NDArray[np.float64]
    """(w, 2, 3): the affine map from the window's own coordinates to the picture's, both -1..1."""
    upright: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    """Bases along x and y, (frequencies * places, 32), one pair for each size, in the order of `maps`."""
    turned: NDArray[np.float32]
    """(frequencies * windows, 16 * 16): bases of the turned windows, which come last."""

    def describe(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Describe every window of luminance pictures (n, 32, 32): (n, `DIMENSIONS`, w), whole numbers."""
        n, span, windows = len(pictures), _HIGHEST + 1, len(self.maps)
        raw = np.empty((DIMENSIONS, n, windows), np.float32)
        at = 0
        for across, down in self.upright:
            rows, columns = len(down) // span, len(across) // span
            products = (down @ (pictures @ across.T)).reshape(n, span, rows, span, columns)
            part = raw[:, :, at : at + rows * columns].reshape(DIMENSIONS, n, rows, columns)  # a view: an axis is split
            part[...] = products.transpose(1, 3, 0, 2, 4)[_DOWN, _ACROSS]
            at += rows * columns
        if len(self.turned):
            # Two columns, of which one is empty: a product with a single one is split over threads to no avail.
            flat = np.zeros((n, _TURNED_SIDE * _TURNED_SIDE, 2), np.float32)
            flat[:, :, 0] = halve(pictures).reshape(n, -1)
            raw[:, :, at:] = (self.turned @ flat)[:, :, 0].reshape(n, DIMENSIONS, -1).swapaxes(0, 1)
        raw *= _WEIGHT[:, None, None]
        power = np.full((n, windows), _FLOOR * _FLOOR, np.float32)
        for entry in raw:
            power += entry * entry
        raw *= np.float32(UNIT) / np.sqrt(power)
        return np.rint(raw, out=raw).swapaxes(0, 1)


@lru_cache(maxsize=4096)
def _cosines(start: float, size: float) -> NDArray[np.float64]:
    """Cosines over start..start + size of 0..1, integrated over each pixel: (frequencies, 32)."""
    edges = np.clip(np.arange(_SIDE + 1) / _SIDE, start, start + size)
    rows = [np.diff(edges) / size]
    rows += [np.diff(np.sin(np.pi * k * (edges - start) / size)) / (np.pi * k) for k in range(1, _HIGHEST + 1)]
    return np.stack(rows)


def _places(size: float, step: float) -> NDArray[np.float64]:
    count = 1 if size >= 1 else int(np.ceil((1 - size) / (size * step))) + 1
    return np.linspace(0.0, 1.0 - size, count)


def _turned_basis(scale: float, degrees: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Map and basis of a central window turned by a small angle; sampled 8 x 8 times a pixel."""
    t = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(t), -np.sin(t), 0.0], [np.sin(t), np.cos(t), 0.0]])
    side, times = _TURNED_SIDE, 8
    fine = (np.arange(side * times) + 0.5) / (side * times) * 2 - 1
    y, x = np.meshgrid(fine, fine, indexing="ij")
    back = np.linalg.inv(turn[:, :2])
    u, v = back[0, 0] * x + back[0, 1] * y, back[1, 0] * x + back[1, 1] * y
    inside = (np.abs(u) <= 1) & (np.abs(v) <= 1)
    across = [np.cos(np.pi * k * (u + 1) / 2) for k in range(_HIGHEST + 1)]
    down = [np.cos(np.pi * m * (v + 1) / 2) for m in range(_HIGHEST + 1)]
    rows = []
    for k, m in _PAIRS:
        wave = np.where(inside, across[k] * down[m], 0.0)
        wave[inside] -= wave[inside].mean()
        rows.append(wave.reshape(side, times, side, times).sum(axis=(1, 3)).ravel() / inside.sum())
    return turn, np.stack(rows)


def _window_set(
    sizes: list[tuple[float, float]],
    step: float,
    turned: list[tuple[float, float]],
    places: NDArray[np.float64] | None = None,
) -> WindowSet:
    maps, upright, bases = [], [], []
    for size_x, size_y in sizes:
        at_x = _places(size_x, step) if places is None else places
        at_y = _places(size_y, step) if places is None else places
        upright.append((_bases(at_x, size_x), _bases(at_y, size_y)))
        maps += [[[size_x, 0, 2 * x + size_x - 1], [0, size_y, 2 * y + size_y - 1]] for y in at_y for x in at_x]
    for scale, degrees in turned:
        turn, basis = _turned_basis(scale, degrees)
        maps.append(turn.tolist())
        bases.append(basis)
    stacked = (
        np.stack(bases, axis=1).reshape(-1, _TURNED_SIDE * _TURNED_SIDE)
        if bases
        else np.empty((0, _TURNED_SIDE * _TURNED_SIDE))
    )
    return WindowSet(np.array(maps), tuple(upright), stacked.astype(np.float32))


def _bases(at: NDArray[np.float64], size: float) -> NDArray[np.float32]:
    return np.stack([_cosines(float(x), size) for x in at], axis=1).reshape(-1, _SIDE).astype(np.float32)


_EVEN = [1.0, 0.87, 0.75, 0.65, 0.56, 0.48, 0.42]
_UNEVEN = [(1.0, 0.8), (1.0, 0.64), (1.0, 0.5), (0.8, 0.6), (0.75, 0.5)]


@cache
def dense_windows() -> WindowSet:
    """Every window at which the whole of another picture is looked for."""
    sizes = [(s, s) for s in _EVEN] + _UNEVEN + [(y, x) for x, y in _UNEVEN]
    return _window_set(sizes, 1 / 7, [])


@cache
def core_windows() -> WindowSet:
    """Windows, shifted or turned, at which the middle of another picture is looked for."""
    turned = [(scale, degrees) for scale in (0.77, 0.62) for degrees in (-12.0, -6.0, 6.0, 12.0)]
    return _window_set([(0.88, 0.88), (0.77, 0.77), (0.68, 0.68)], 1 / 8, turned)


@cache
def whole(core: float = 1.0) -> WindowSet:
    """The whole picture, or its middle: one window."""
    return _window_set([(core, core)], 1.0, [], np.array([(1.0 - core) / 2]))


def describe_part(
    picture: NDArray[np.float32], left: float, top: float, width: float, height: float
) -> NDArray[np.int16]:
    """Describe one window of one luminance picture (32, 32), its place and size given in 0..1: (`DIMENSIONS`,)."""
    bases = _bases(np.array([left]), width), _bases(np.array([top]), height)
    alone = WindowSet(np.zeros((1, 2, 3)), (bases,), np.empty((0, _TURNED_SIDE * _TURNED_SIDE), np.float32))
    return alone.describe(picture[None])[0, :, 0].astype(np.int16)

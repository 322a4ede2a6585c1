"""The coarse look at pairs: which part of one picture, in which orientation, may be the other.

Every candidate pair is compared at a few hundred windows in both directions and all eight orientations, by inner
products of the descriptions in `windows`. What comes out is not an answer but a few hypotheses: affine maps from which
the fine alignment starts. Most pairs of unrelated pictures end here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.pictures import even_contrast, halve, orient
from fastdup_checks.copies.windows import DIMENSIONS, ORIENTATIONS, UNIT, core_windows, dense_windows, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ("Descriptions", "Hypotheses", "compare_in_place", "look")

_CORE = 0.77
"""Share of the sides that the middle of a picture takes."""
_BLOCK = 8
"""Contents compared with one container at a time: products of one fixed shape."""
_CHUNK = 64
"""Containers described at a time: some 10 MB."""
_IN_PLACE_CHUNK = 1024
"""Pairs compared in place at a time: some 8 MB."""
_KEEP = 2
"""Hypotheses kept of each pair and direction."""
_SKETCH_NOISE = np.float32(8.0)
_ORDER = np.stack([order for order, _ in ORIENTATIONS])
_SIGN = np.stack([sign for _, sign in ORIENTATIONS])


@dataclass(frozen=True, slots=True)
class Descriptions:
    """What the coarse look remembers of every picture."""

    whole: NDArray[np.int16]
    """(n, `DIMENSIONS`)."""
    core: NDArray[np.int16]
    """(n, `DIMENSIONS`) of the middle."""

    sketch: NDArray[np.int16]
    """(n, 256) the picture with even contrast at 16 x 16, scaled to length `UNIT`."""

    @classmethod
    def of(cls, pictures: NDArray[np.float32]) -> Descriptions:
        """Describe luminance pictures (n, 32, 32)."""
        small = even_contrast(halve(pictures)).reshape(-1, 256)
        sketch = np.rint(small * (np.float32(UNIT) / np.sqrt((small * small).sum(axis=1) + _SKETCH_NOISE))[:, None])
        return cls(
            whole().describe(pictures)[:, :, 0].astype(np.int16),
            whole(_CORE).describe(pictures)[:, :, 0].astype(np.int16),
            sketch.astype(np.int16),
        )

    @classmethod
    def join(cls, parts: Sequence[Descriptions]) -> Descriptions:
        """Put the descriptions of several batches one after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("whole", "core", "sketch")))


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """The best ways found to lay one picture of each pair into the other; arrays are (pairs, kept)."""

    score: NDArray[np.float32]
    """Correlation of the descriptions, 0..1, best first; signs are dropped, since a negative is a copy, too."""
    swapped: NDArray[np.bool_]
    """Whether the first picture lies in the second, rather than the second in the first."""
    orientation: NDArray[np.int64]
    """0..7, see `pictures.orient`, to apply to the picture that lies in the other."""
    maps: NDArray[np.float32]
    """(pairs, kept, 2, 3) from the coordinates of the picture that lies in the other, -1..1, to those of the other."""


def look(
    pictures: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    descriptions: Descriptions,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> Hypotheses:
    """Find the most promising hypotheses for pairs.

    Args:
        pictures: Gives luminance (rows, 32, 32) of some pictures.
        descriptions: Of all pictures.
        first: (p,) rows.
        second: (p,) rows. Equally good hypotheses are told apart by which picture is first.
    """
    count = len(first)
    shape = (count, 2, _KEEP)
    score, code, maps = np.zeros(shape, np.float32), np.zeros(shape, np.int64), np.zeros((*shape, 2), np.int64)
    for direction, (container, content) in enumerate(((first, second), (second, first))):
        blocks = _blocks(container)
        at = 0
        while at < len(blocks):
            some = blocks[at : at + 2 * _CHUNK]
            rows = np.unique(container[np.concatenate(some)])[:_CHUNK]
            light = pictures(rows)
            windows = (dense_windows().describe(light), core_windows().describe(light))
            for block in some:
                place = np.searchsorted(rows, container[block[0]])
                if place == len(rows):
                    break
                best, where = _compare(windows[0][place], descriptions.whole[content[block]])
                core_best, core_where = _compare(windows[1][place], descriptions.core[content[block]])
                part = (core_best > best).astype(np.int64)
                best, where = np.maximum(best, core_best), np.where(part, core_where, where)
                top = np.argsort(-best, axis=1, kind="stable")[:, :_KEEP]
                score[block, direction] = np.take_along_axis(best, top, axis=1)
                code[block, direction] = top
                maps[block, direction, :, 0] = np.take_along_axis(part, top, axis=1)
                maps[block, direction, :, 1] = np.take_along_axis(where, top, axis=1)
                at += 1
    flat = score.reshape(count, 2 * _KEEP)
    order = np.argsort(-flat, axis=1, kind="stable")[:, :_KEEP]
    chosen = np.take_along_axis(maps.reshape(count, 2 * _KEEP, 2), order[:, :, None], axis=1)
    return Hypotheses(
        np.take_along_axis(flat, order, axis=1) / np.float32(UNIT * UNIT),
        order >= _KEEP,
        np.take_along_axis(code.reshape(count, 2 * _KEEP), order, axis=1),
        _maps()[chosen[:, :, 0], chosen[:, :, 1]],
    )


def compare_in_place(
    descriptions: Descriptions, first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Compare pairs without any shift: what hides a part, a sticker say, misleads `look` but not this.

    Returns:
        The orientation of the second in which it agrees best with the first, and the correlation, 0..1.
    """
    best, score = np.zeros(len(first), np.int64), np.zeros(len(first), np.float32)
    order = orient(np.broadcast_to(np.arange(256, dtype=np.float32).reshape(1, 16, 16), (8, 16, 16)), np.arange(8))
    order = order.reshape(8, 256).astype(np.int64)
    for start in range(0, len(first), _IN_PLACE_CHUNK):
        rows = slice(start, start + _IN_PLACE_CHUNK)
        left = descriptions.sketch[first[rows]].astype(np.float32)
        turned = descriptions.sketch[second[rows]].astype(np.float32)[:, order]
        products = np.abs(turned @ left[:, :, None])[:, :, 0]
        best[rows] = products.argmax(axis=1)
        score[rows] = products.max(axis=1) / np.float32(UNIT * UNIT)
    return best, score


def _compare(
    windows: NDArray[np.float32], contents: NDArray[np.int16]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Best window and its score for up to `_BLOCK` contents in every orientation: two arrays (contents, 8)."""
    right = np.zeros((_BLOCK, 8, DIMENSIONS), np.float32)
    right[: len(contents)] = contents[:, _ORDER] * _SIGN
    # One product for each content: a larger one would be split over threads that cost more than they save.
    products = (right @ windows).reshape(_BLOCK * 8, -1)
    np.abs(products, out=products)
    at = products.argmax(axis=1)
    best = products[np.arange(_BLOCK * 8), at]
    return best.reshape(_BLOCK, 8)[: len(contents)], at.reshape(_BLOCK, 8)[: len(contents)]


def _blocks(container: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows of pairs with the same container, `_BLOCK` at most together, by container."""
    order = np.argsort(container, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(container[order]) != 0])
    blocks: list[NDArray[np.int64]] = []
    for rows in np.split(order, starts[1:]) if len(order) else []:
        blocks += [rows[at : at + _BLOCK] for at in range(0, len(rows), _BLOCK)]
    return blocks


@cache
def _maps() -> NDArray[np.float32]:
    """(2, most windows, 2, 3): from the coordinates of a content, whole or known by its middle, to its container's."""
    sets = (dense_windows().maps, core_windows().maps.copy())
    sets[1][:, :, :2] /= _CORE
    table = np.zeros((2, max(len(maps) for maps in sets), 2, 3), np.float32)
    for part, maps in enumerate(sets):
        table[part, : len(maps)] = maps
    return table

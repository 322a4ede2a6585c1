"""Fine alignment: from a hypothesis to the affine map that lays one picture onto the other.

Lucas-Kanade registration in its inverse compositional form (Baker and Matthews, 2004) with a free gain and offset and
robust weights, over all pairs of a batch at once, at 16 and then at 32 pixels a side. With the content C, its gradient
and the container W sampled through the present map, each step solves the weighted least squares problem

    W = gain * (C + C_x (d0 u + d1 v + d2) + C_y (d3 u + d4 v + d5)) + offset

for gain, offset and d, and takes the displacement d out of the map. Pixels that fall outside the container have no
weight, and those that disagree, under a sticker say, have little. The container is read at the resolution at which it
shows the content with about as many pixels as the content has.

Both are compared with even contrast. That of the container is evened as it is read, in the frame of the content: evened
beforehand, it would take in what lies beyond the rim of the content, and a crop would not look like what it was cut
from.

All arithmetic of a pair happens in operations of fixed shape on its own rows: its result is the same whatever pairs
share the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.pictures import even_contrast, halve, orient

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("Alignment", "Levels", "Reader", "Stack", "agreement", "grid")

_NOISE = np.float32(6.0)
"""Energy, in units of one pixel of full contrast, by which correlations are held down."""
_DAMPING = 0.02
"""Share by which the diagonal of the normal equations is raised, so that flat pictures do not run away."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One quantity of some pictures at several resolutions, each half of the one before."""

    levels: dict[int, NDArray[np.float32]]
    """(n, side, side) by side, the finest first."""
    flat: NDArray[np.float32]
    """All pixels of all levels in a row."""

    @classmethod
    def of(cls, pictures: NDArray[np.float32], coarsest: int) -> Stack:
        """Build from (n, side, side) by averaging, down to ``coarsest`` pixels a side."""
        levels = {pictures.shape[-1]: pictures}
        while min(levels) > coarsest:
            levels[min(levels) // 2] = halve(levels[min(levels)])
        return cls.join(levels)

    @classmethod
    def join(cls, levels: dict[int, NDArray[np.float32]]) -> Stack:
        """Build from the levels, the finest first."""
        return cls(levels, np.concatenate([level.ravel() for level in levels.values()]))

    @property
    def count(self) -> int:
        """How many pictures."""
        return len(next(iter(self.levels.values())))

    @property
    def finest(self) -> int:
        """Pixels a side of the finest level."""
        return max(self.levels)


@dataclass(frozen=True, slots=True)
class Levels:
    """Pictures ready for alignment: luminance, and the same with even contrast."""

    plain: Stack
    even: Stack

    @classmethod
    def of(cls, luminance: NDArray[np.float32], coarsest: int) -> Levels:
        """Build from luminance (n, side, side), down to ``coarsest`` pixels a side."""
        plain = Stack.of(luminance, coarsest)
        return cls(plain, Stack.join({side: even_contrast(level) for side, level in plain.levels.items()}))


@dataclass(frozen=True, slots=True)
class Reader:
    """Where containers are read, bilinearly, for every pixel of a content."""

    inside: NDArray[np.float32]
    """(p, pixels) 1 where the place lies inside the container, else 0."""
    _at: NDArray[np.int64]
    _below: NDArray[np.int64]
    _right: NDArray[np.float32]
    _down: NDArray[np.float32]

    @classmethod
    def through(
        cls, maps: NDArray[np.float32], container: NDArray[np.int64], stack: Stack, grid: NDArray[np.float32], side: int
    ) -> Reader:
        """Read through maps (p, 2, 3) at the places of a grid (3, pixels).

        Args:
            maps: From the coordinates of the content, -1..1, to those of the container.
            container: (p,) rows.
            stack: One like those that are to be read.
            grid: Coordinates of the content's pixels, and ones.
            side: Pixels a side of the content. Where it covers little of the container, that is read at the next
                finer level, which shows the content at about its own resolution.
        """
        area = np.abs(maps[:, 0, 0] * maps[:, 1, 1] - maps[:, 0, 1] * maps[:, 1, 0])
        finer = area < np.float32(0.75**2)
        n = np.where(finer, min(stack.finest, 2 * side), side)
        # Each level has four times the pixels of the next: those before one of side n sum up to a third of the rest.
        start = stack.count * 4 * (stack.finest**2 - n * n) // 3 + container * n * n
        half = (n // 2).astype(np.float32)[:, None, None]
        scaled = maps * half
        scaled[:, :, 2] += half[:, :, 0] - np.float32(0.5)
        place = (scaled @ grid).astype(np.float32, copy=False)
        last = (n - 1).astype(np.float32)[:, None, None]
        within = np.abs(place - last * np.float32(0.5)) <= half
        np.clip(place, np.float32(0), last, out=place)
        corner = np.minimum(place.astype(np.int32), (n - 2).astype(np.int32)[:, None, None])
        place -= corner.astype(np.float32)
        at = corner[:, 1].astype(np.int64)
        at *= n[:, None]
        at += corner[:, 0]
        at += start[:, None]
        return cls((within[:, 0] & within[:, 1]).astype(np.float32), at, at + n[:, None], place[:, 0], place[:, 1])

    def read(self, stack: Stack) -> NDArray[np.float32]:
        """The containers' values (p, pixels)."""
        flat = stack.flat
        upper, lower = flat.take(self._at), flat.take(self._below)
        upper += (flat.take(self._at + 1) - upper) * self._right
        lower += (flat.take(self._below + 1) - lower) * self._right
        lower -= upper
        lower *= self._down
        upper += lower
        return upper


@dataclass(frozen=True, slots=True)
class Alignment:
    """Contents that are being laid onto containers, at one resolution."""

    levels: Levels
    container: NDArray[np.int64]
    """(p,) rows."""
    side: int
    """Pixels a side of the content."""
    _design: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        levels: Levels,
        container: NDArray[np.int64],
        content: NDArray[np.int64],
        orientation: NDArray[np.int64],
        side: int,
    ) -> Alignment:
        """Get ready to align pairs.

        Args:
            levels: The pictures.
            container: (p,) rows.
            content: (p,) rows.
            orientation: (p,) of the content.
            side: At which resolution, in pixels a side of the content.
        """
        base = orient(levels.even.levels[side][content], orientation)
        return cls(levels, container, side, np.take(_design(base), _spots(side), axis=2))

    def take(self, rows: NDArray[np.int64]) -> Alignment:
        """Only some of the pairs."""
        return Alignment(self.levels, self.container[rows], self.side, self._design[rows])

    def improve(
        self, maps: NDArray[np.float32], *, robust: bool = True
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One step from maps (p, 2, 3), from the content's coordinates, -1..1, to the container's.

        Returns:
            Better maps, and the correlation (p,), 0..1, through those that were given: a negative correlates, too.
        """
        warped, inside = _read_evenly(self.levels, self.container, maps, self.side)
        return _improve(maps, self._design, warped, inside, robust=robust)


def agreement(
    levels: Levels,
    container: NDArray[np.int64],
    content: NDArray[np.int64],
    orientation: NDArray[np.int64],
    maps: NDArray[np.float32],
    side: int,
) -> NDArray[np.float32]:
    """The correlation (p,), 0..1, through maps (p, 2, 3)."""
    warped, inside = _read_evenly(levels, container, maps, side)
    base = orient(levels.even.levels[side][content], orientation).reshape(len(content), -1)[:, _spots(side)] * inside
    warped *= inside
    product, left, right = (base * warped).sum(axis=1), (base * base).sum(axis=1), (warped * warped).sum(axis=1)
    return _normalised(product, left, right)


def _read_evenly(
    levels: Levels, container: NDArray[np.int64], maps: NDArray[np.float32], side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is compared of containers through maps, with even contrast, and whether it lies inside: (p, spots) each."""
    spots = _spots(side)
    reader = Reader.through(maps, container, levels.plain, grid(side), side)
    even = even_contrast(reader.read(levels.plain).reshape(-1, side, side))
    return even.reshape(len(maps), -1)[:, spots], reader.inside[:, spots]


def _normalised(
    product: NDArray[np.float32], left: NDArray[np.float32], right: NDArray[np.float32]
) -> NDArray[np.float32]:
    correlation: NDArray[np.float32] = np.abs(product / np.sqrt((left + _NOISE) * (right + _NOISE)))
    return correlation


@cache
def _spots(side: int) -> NDArray[np.int64]:
    """The pixels that are compared: at 32 pixels a side every other one, as on a chess board, tells enough."""
    spots = np.arange(side * side)
    return spots[(spots // side + spots) % 2 == 0] if side == 32 else spots


@cache
def grid(side: int) -> NDArray[np.float32]:
    """Coordinates -1..1 of pixel centres, x, y and 1: (3, side * side)."""
    at = (np.arange(side, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / side) - 1
    y, x = np.meshgrid(at, at, indexing="ij")
    return np.stack([x.ravel(), y.ravel(), np.ones(side * side, np.float32)])


def _design(content: NDArray[np.float32]) -> NDArray[np.float32]:
    """(p, 8, side * side): the content, ones, and its derivatives by the six parameters of a displacement."""
    p, side = len(content), content.shape[-1]
    u, v, _ = grid(side)
    dy, dx = np.empty_like(content), np.empty_like(content)
    step = np.float32(side / 4)  # central differences span two pixels of 2 / side each
    dx[:, :, 1:-1] = (content[:, :, 2:] - content[:, :, :-2]) * step
    dx[:, :, 0], dx[:, :, -1] = dx[:, :, 1], dx[:, :, -2]
    dy[:, 1:-1] = (content[:, 2:] - content[:, :-2]) * step
    dy[:, 0], dy[:, -1] = dy[:, 1], dy[:, -2]
    dx, dy = dx.reshape(p, -1), dy.reshape(p, -1)
    return np.stack([content.reshape(p, -1), np.ones_like(dx), dx * u, dx * v, dx, dy * u, dy * v, dy], axis=1)


def _improve(
    maps: NDArray[np.float32],
    design: NDArray[np.float32],
    warped: NDArray[np.float32],
    inside: NDArray[np.float32],
    *,
    robust: bool,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    base = design[:, 0] * inside
    warped *= inside
    product, power = (base * warped).sum(axis=1), (base * base).sum(axis=1)
    correlation = _normalised(product, power, (warped * warped).sum(axis=1))
    weight = inside
    if robust:
        miss = np.abs(warped - (product / (power + np.float32(1e-3)))[:, None] * base)
        typical = miss.sum(axis=1) / (inside.sum(axis=1) + np.float32(1e-3)) + np.float32(0.05)
        miss /= typical[:, None]
        weight = inside / (miss * miss + np.float32(1))
    weighted = design * weight[:, None]
    normal = weighted @ design.transpose(0, 2, 1)
    target = weighted @ warped[:, :, None]
    diagonal = np.einsum("pii->pi", normal)
    diagonal *= np.float32(1 + _DAMPING)
    diagonal += np.float32(1e-2)
    solution = np.linalg.solve(normal.astype(np.float64), target.astype(np.float64))[:, :, 0]
    gain = solution[:, 0]
    gain = np.where(np.abs(gain) < 0.1, np.where(gain < 0, -0.1, 0.1), gain)
    shift = np.clip(solution[:, 2:] / gain[:, None], -0.25, 0.25).reshape(-1, 2, 3)
    # Compose with the inverse of the displacement: map(x) becomes map(x - d(x)) to first order.
    linear = maps[:, :, :2] - maps[:, :, :2] @ shift[:, :, :2]
    offset = maps[:, :, 2] - np.einsum("pij,pj->pi", maps[:, :, :2], shift[:, :, 2])
    moved: NDArray[np.float32] = np.concatenate([linear, offset[:, :, None]], axis=2).astype(np.float32)
    return moved, correlation

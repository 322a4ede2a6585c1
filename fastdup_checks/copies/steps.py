"""Steps of alignment: kept where they help, taken on while they gain, and looked for anew where they lead astray."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Alignment, Levels, agreement

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("improve", "refine", "search_around", "settle")

_MORE = 6
"""Steps at most..."""
_GAIN = np.float32(0.003)
"""...that raise the correlation by this much, after those that every alignment takes."""
_FINE = 6
"""Steps at 64 x 64."""
_AT_ONCE = 16
"""Pairs aligned there at a time: some 5 MB."""
_SCALES, _SHIFTS = (0.97, 1.0, 1.03), (-0.03, 0.0, 0.03)
"""By how much sizes and places may be off there, the latter in half sides of the container."""


def search_around(
    levels: Levels,
    pictures_of: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    start: NDArray[np.float32],
    maps: NDArray[np.float32],
    detail: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Those of the maps around where hypotheses started, and of those given, that agree best at 32 x 32.

    Args:
        levels: The pictures.
        pictures_of: (h,) rows of containers and of contents, and orientations of the latter.
        start: (h, 2, 3) where the hypotheses started.
        maps: (h, 2, 3) where they have got to.
        detail: (h,) how well they agree there.

    Returns:
        The maps, and how well the pictures agree.
    """
    for scale, right, down in product(_SCALES, _SHIFTS, _SHIFTS):
        tried = start * np.float32(scale)
        tried[:, :, 2] = start[:, :, 2] + np.array([right, down], np.float32)
        now = agreement(levels, *pictures_of, tried, 32)
        better = now > detail
        maps, detail = np.where(better[:, None, None], tried, maps), np.where(better, now, detail)
    return maps, detail


def improve(
    alignment: Alignment, maps: NDArray[np.float32], steps: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The maps with the highest correlation on the way of so many steps, and that: a step may lead away."""
    best, most = maps, np.full(len(maps), -1, np.float32)
    for step in range(steps + 1):
        moved, now = alignment.improve(maps, robust=step > 0)
        better = now > most
        best, most = np.where(better[:, None, None], maps, best), np.where(better, now, most)
        maps = moved
    return best, most


def settle(
    alignment: Alignment, maps: NDArray[np.float32], before: NDArray[np.float32], now: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Take more steps with those maps for which the last one still gained."""
    for _ in range(_MORE):
        moving = np.flatnonzero(now >= before + _GAIN)
        if not len(moving):
            break
        before[moving] = now[moving]
        maps[moving], now[moving] = alignment.take(moving).improve(maps[moving])
    return maps


def refine(
    levels: Levels,
    pictures_of: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    maps: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Align at 64 x 64 what is aligned at 32 x 32: half a pixel there hides that fine detail is the same."""
    refined = maps.copy()
    for start in range(0, len(maps), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        container, content, orientation = (rows[some] for rows in pictures_of)
        refined[some], _ = improve(Alignment.of(levels, container, content, orientation, 64), maps[some], _FINE)
    return refined

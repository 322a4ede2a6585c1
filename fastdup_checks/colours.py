"""Thumbnails -> where in a picture which colours are, as numbers to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("describe_colours",)

_CELLS = 4
_CHUNK = 128
"""Pictures at a time: what fits into the cache of a processor."""


def describe_colours(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe the layout of light and colour: the mean and the spread of opponent colours in 4 x 4 cells.

    A vector that was trained to tell objects apart keeps little of this, and within one dataset the classes are often
    told apart by it: meadows, walls, skin (after the colour layout descriptor of MPEG-7; Kasutani and Yamada, 2001).

    Args:
        thumbnails: uint8 (n, side, side, 3), RGB; the side a multiple of 4 and at most 64.

    Returns:
        float32 (n, 96): the means, then the spreads; from sums of whole numbers, so the same on every machine.
    """
    starts = range(0, max(len(thumbnails), 1), _CHUNK)
    return np.concatenate([_describe(thumbnails[start : start + _CHUNK]) for start in starts])


def _describe(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    n, side = thumbnails.shape[:2]
    red, green, blue = np.moveaxis(thumbnails, 3, 0).astype(np.int32)
    opponent = np.stack([red + green + blue, red - green, red + green - 2 * blue])
    area = 255.0 * (side // _CELLS) ** 2
    mean = _sum(opponent) / area
    square = _sum(opponent * opponent) / (255 * area)
    both = np.concatenate([mean, np.sqrt(np.maximum(square - mean**2, 0))])
    return np.moveaxis(both, 1, 0).reshape(n, 6 * _CELLS**2).astype(np.float32)


def _sum(values: NDArray[np.int32]) -> NDArray[np.float64]:
    """(3, n, cells, cells) sums over the pixels of each cell; whole numbers, below 2**31."""
    _, n, side, _ = values.shape
    step = side // _CELLS
    rows = values.reshape(3, n, _CELLS, step, side).sum(3, dtype=np.int32)
    return np.asarray(rows.reshape(3, n, _CELLS, _CELLS, step).sum(4, dtype=np.int32), np.float64)

"""Thumbnails -> where in a picture which colours are, as numbers to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("describe_colours",)

_CELLS = 4
_BLOCKS = 16
_CHUNK = 256
"""Pictures at a time: what fits into the cache of a processor."""


def describe_colours(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Describe the layout of light and colour: the mean of opponent colours in 4 x 4 cells, and their spread there.

    A vector that was trained to tell objects apart keeps little of this, and within one dataset the classes are often
    told apart by it: meadows, walls, skin (after the colour layout descriptor of MPEG-7; Kasutani and Yamada, 2001).

    Args:
        thumbnails: uint8 (n, side, side, 3), RGB; the side a multiple of 16 and at most 64.

    Returns:
        float32 (n, 96): the means, then the spreads of the means of 16 x 16 blocks; from sums of whole numbers, so the
        same on every machine.
    """
    starts = range(0, max(len(thumbnails), 1), _CHUNK)
    return np.concatenate([_describe(thumbnails[start : start + _CHUNK]) for start in starts])


def _describe(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    n, side = thumbnails.shape[:2]
    step = side // _BLOCKS
    rows = thumbnails.reshape(n, _BLOCKS, step, side * 3)
    high = sum((rows[:, :, line].astype(np.uint16) for line in range(1, step)), start=rows[:, :, 0].astype(np.uint16))
    columns = high.reshape(n, _BLOCKS, _BLOCKS, step, 3)
    blocks = sum(
        (columns[:, :, :, at].astype(np.int32) for at in range(1, step)), start=columns[:, :, :, 0].astype(np.int32)
    )
    red, green, blue = np.moveaxis(blocks, 3, 0)
    opponent = np.stack([red + green + blue, red - green, red + green - 2 * blue], 1)
    inside = _BLOCKS // _CELLS
    scale = 255.0 * step * step
    mean = _sums(opponent, inside) / (scale * inside**2)
    square = _sums(opponent * opponent, inside) / (scale * inside) ** 2
    both = np.concatenate([mean, np.sqrt(np.maximum(square - mean**2, 0))], 1)
    return np.asarray(both.reshape(n, 6 * _CELLS**2), np.float32)


def _sums(values: NDArray[np.int32], inside: int) -> NDArray[np.int64]:
    """(n, 3, 4, 4) sums over the blocks of each cell, of (n, 3, 16, 16) below 2**29; adding slices beats `sum`."""
    n = len(values)
    across = values.reshape(n, 3, _BLOCKS, _CELLS, inside)
    rows = sum((across[..., at] for at in range(1, inside)), start=across[..., 0])
    down = rows.reshape(n, 3, _CELLS, inside, _CELLS)
    total = down[:, :, :, 0].astype(np.int64)
    for at in range(1, inside):
        total += down[:, :, :, at]
    return total

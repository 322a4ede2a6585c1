"""Pictures block by block: 8 x 8 blocks of aligned pairs, as rows (p, 64)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("block_products", "block_sums", "participation", "weak_blocks")

_BLOCKS = 8
_WEAK = 0.2
"""Share of the structure that the weak blocks hold."""


def block_sums(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Sums (p, 64) over the blocks of pictures (p, side * side)."""
    size = side // _BLOCKS
    rows = values.reshape(-1, _BLOCKS, size, side).sum(axis=2)
    total: NDArray[np.float32] = rows[:, :, ::size].copy()
    for at in range(1, size):  # adds whole columns: sums over so few numbers at a time take several times as long
        total += rows[:, :, at::size]
    return total.reshape(len(values), -1)


def block_products(
    a: NDArray[np.float32], b: NDArray[np.float32], side: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Energy (p, 64) of the one and of the other (p, side * side) over the blocks, and what they have in common."""
    return block_sums(a * a, side), block_sums(b * b, side), block_sums(a * b, side)


def weak_blocks(local: NDArray[np.float32], amount: NDArray[np.float32]) -> NDArray[np.float32]:
    """The correlation (p,) that all blocks exceed but the worst, which hold a fifth of the structure.

    Args:
        local: (p, 64) correlation of each block.
        amount: (p, 64) structure in each block.
    """
    order = np.argsort(local, axis=1, kind="stable")
    below = np.cumsum(np.take_along_axis(amount, order, axis=1).astype(np.float64), axis=1)
    at = (below < _WEAK * below[:, -1:]).sum(axis=1)
    place = np.take_along_axis(order, np.minimum(at, local.shape[1] - 1)[:, None], axis=1)
    weak: NDArray[np.float32] = np.take_along_axis(local, place, axis=1)[:, 0]
    return weak


def participation(energy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over which share (p,) of the blocks energy (p, 64) spreads: the participation ratio."""
    total = energy.sum(axis=1)
    share: NDArray[np.float32] = total * total / ((energy * energy).sum(axis=1) * energy.shape[1] + np.float32(1e-3))
    return share

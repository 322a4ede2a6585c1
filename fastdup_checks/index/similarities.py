"""How similar images are to the most similar of others, of which several may have the same vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.engine import available_cores
from fastdup_checks.index.neighbours import Different
from fastdup_checks.index.products import QUERIES, on_cores
from fastdup_checks.index.ranking import on_grid, rank_among

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.index.neighbours import Neighbours

__all__ = ("similarities_among", "similarities_to")


def similarities_to(
    queries: NDArray[np.float32], base: NDArray[np.float32], k: int, *, threads: int | None = None
) -> NDArray[np.float32]:
    """Find how similar the k most similar of other vectors are to each of some.

    Args:
        queries: float32 (m, d), each of length 1.
        base: (n, d), likewise, n at least k.
        k: how many.
        threads: cores to use, by default all.

    Returns:
        (m, k) cosines to six digits, the largest first.
    """
    different = Different.of(base)
    vectors, size = different.take(np.arange(len(different.first))), np.diff(different.start)
    names, grid = np.arange(len(vectors)), on_grid(queries)

    def work(part: NDArray[np.int64]) -> NDArray[np.float32]:
        length = min(k, len(vectors))
        found = rank_among(grid[part], np.full(len(part), -1), vectors, names, length, length)
        ends = np.cumsum(size[found.ids], axis=1)
        column = np.stack([(ends <= at).sum(1) for at in range(k)], axis=1)
        return np.take_along_axis(found.similarities, column, 1)

    parts = [np.arange(at, min(at + QUERIES, len(grid))) for at in range(0, len(grid), QUERIES)]
    found = [part for _, part in on_cores(work, parts, threads or available_cores())]
    return np.concatenate([np.zeros((0, k), np.float32), *found])


def similarities_among(
    rows: NDArray[np.int64],
    members: NDArray[np.int64],
    k: int,
    *,
    vectors: NDArray[np.float32],
    known: Neighbours,
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Find what `similarities_to` would, of some images to others of the same set, from the neighbours of all.

    Args:
        rows: (m,) images.
        members: other images, at least k.
        k: how many.
        vectors: float32 (n, d), each of length 1.
        known: of all vectors; where too few of these are members, the image is compared with all members.
        threads: cores to use, by default all.

    Returns:
        (m, k) cosines to six digits, the largest first.
    """
    inside = np.zeros(len(vectors), bool)
    inside[members] = True
    near = inside[known.ids[rows]]
    order = np.argsort(~near, axis=1, kind="stable")[:, :k]
    found = np.zeros((len(rows), k), np.float32)
    found[:, : order.shape[1]] = np.take_along_axis(known.similarities[rows], order, 1)
    short = np.flatnonzero(near.sum(1) < k)
    if len(short):
        found[short] = similarities_to(vectors[rows[short]], vectors[members], k, threads=threads)
    return found

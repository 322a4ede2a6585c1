"""Vectors -> the nearest neighbours of each, exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("Neighbours", "find_neighbours")

_QUERIES = 4096
"""Queries in one search: bounds the memory, and lets an interruption through."""

_SLACK = 8
"""Neighbours asked for beyond k, so that the last bits of a matrix product cannot decide who is among them."""

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k nearest other images of every image; k counts neighbours, never the image itself."""

    ids: NDArray[np.int32]
    """(n, k): rows of the vectors, nearest first; equal similarities in the order of their rows."""
    similarities: NDArray[np.float32]
    """(n, k): cosines in -1..1, to six digits."""

    @property
    def k(self) -> int:
        """Neighbours an image."""
        return int(self.ids.shape[1])


def find_neighbours(vectors: NDArray[np.float32], k: int, *, threads: int | None = None) -> Neighbours:
    """Find the k nearest neighbours of every vector by exact search.

    FAISS proposes; the similarities are then computed again, each in one fixed order of additions, so that the result
    is the same to the bit whatever the number of threads.

    Args:
        vectors: float32 (n, d), each of length 1.
        k: how many; fewer are given where there are not so many others.
        threads: cores to use, by default all.
    """
    import faiss

    n = len(vectors)
    k = min(k, n - 1)
    if k < 1:
        return Neighbours(np.zeros((n, 0), np.int32), np.zeros((n, 0), np.float32))
    before = faiss.omp_get_max_threads()
    if threads:
        faiss.omp_set_num_threads(threads)
    try:
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        ids = np.empty((n, k), np.int32)
        similarities = np.empty((n, k), np.float32)
        for start in range(0, n, _QUERIES):
            queries = vectors[start : start + _QUERIES]
            _, found = index.search(queries, min(n, k + 1 + _SLACK))
            rows = slice(start, start + len(queries))
            ids[rows], similarities[rows] = _rank(vectors, start, found, k)
    finally:
        faiss.omp_set_num_threads(before)
    return Neighbours(ids, similarities)


def _rank(
    vectors: NDArray[np.float32],
    start: int,
    found: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order the proposals by similarity and row, without each image itself."""
    own = np.arange(start, start + len(found))
    exact = np.empty(found.shape)
    for column in range(found.shape[1]):
        exact[:, column] = np.einsum("nd,nd->n", vectors[own], vectors[found[:, column]], dtype=np.float64)
    exact = np.round(exact, _DIGITS)
    itself = found == own[:, None]
    order = np.lexsort((found, -exact, itself), axis=1)[:, :k]
    return np.take_along_axis(found, order, 1), np.take_along_axis(exact, order, 1)

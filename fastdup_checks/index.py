"""Vectors -> the nearest neighbours of each, exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.faiss_library import load_faiss

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("Neighbours", "find_neighbours", "neighbours_among", "rank_again")

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
    return _search(vectors, np.arange(len(vectors)), k, threads)


def neighbours_among(
    members: NDArray[np.int64],
    k: int,
    *,
    vectors: NDArray[np.float32],
    known: Neighbours,
    threads: int | None = None,
) -> Neighbours:
    """Find the k nearest neighbours of some vectors among themselves, as a search of these alone would.

    What the neighbours of all vectors tell is taken from there; only where too few of them are members is searched.

    Args:
        members: (m,) rows, rising.
        k: how many; fewer are given where there are not so many others.
        vectors: float32 (n, d), each of length 1.
        known: of all vectors.
        threads: cores to use, by default all.

    Returns:
        For each member; the numbers are places in `members`.
    """
    k = max(min(k, len(members) - 1), 0)
    place = np.full(len(vectors), -1, np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    ids = place[known.ids[members]]
    order = np.argsort(ids < 0, axis=1, kind="stable")[:, :k]
    short = np.flatnonzero((ids >= 0).sum(1) < k)
    if len(short) == len(members):
        return find_neighbours(vectors[members], k, threads=threads)
    near = np.take_along_axis(ids, order, 1)
    similarities = np.take_along_axis(known.similarities[members], order, 1)
    if len(short):
        found = _search(vectors[members], short, k, threads)
        near[short], similarities[short] = found.ids, found.similarities
    return Neighbours(near, similarities)


def rank_again(vectors: NDArray[np.float32], known: Neighbours) -> Neighbours:
    """Order known neighbours by their similarity in other vectors of the same images."""
    ids, similarities = np.empty_like(known.ids), np.empty_like(known.similarities)
    for start in range(0, len(vectors), _QUERIES):
        rows = np.arange(start, min(start + _QUERIES, len(vectors)))
        ids[rows], similarities[rows] = _rank(vectors, rows, known.ids[rows].astype(np.int64), known.k)
    return Neighbours(ids, similarities)


def _search(vectors: NDArray[np.float32], rows: NDArray[np.int64], k: int, threads: int | None) -> Neighbours:
    """The neighbours of some of the vectors among all of them."""
    n = len(vectors)
    k = min(k, n - 1)
    if k < 1:
        return Neighbours(np.zeros((len(rows), 0), np.int32), np.zeros((len(rows), 0), np.float32))
    faiss = load_faiss()
    before = faiss.omp_get_max_threads()
    if threads:
        faiss.omp_set_num_threads(threads)
    try:
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        ids = np.empty((len(rows), k), np.int32)
        similarities = np.empty((len(rows), k), np.float32)
        for start in range(0, len(rows), _QUERIES):
            part = slice(start, start + _QUERIES)
            _, found = index.search(np.ascontiguousarray(vectors[rows[part]]), min(n, k + 1 + _SLACK))
            ids[part], similarities[part] = _rank(vectors, rows[part], found, k)
    finally:
        faiss.omp_set_num_threads(before)
    return Neighbours(ids, similarities)


def _rank(
    vectors: NDArray[np.float32],
    own: NDArray[np.int64],
    found: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order the proposals by similarity and row, without each image itself."""
    exact = np.empty(found.shape)
    for column in range(found.shape[1]):
        exact[:, column] = np.einsum("nd,nd->n", vectors[own], vectors[found[:, column]], dtype=np.float64)
    exact = np.round(exact, _DIGITS)
    itself = found == own[:, None]
    order = np.lexsort((found, -exact, itself), axis=1)[:, :k]
    return np.take_along_axis(found, order, 1), np.take_along_axis(exact, order, 1)

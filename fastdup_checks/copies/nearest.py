"""The nearest vectors of each vector, the same to the bit on any number of threads.

Vectors are rounded to whole numbers of bounded length first: their inner products are then exact in single precision
(see `windows`), whatever order a library adds them in. What is left to chance is which of several equally near vectors
a search returns; all vectors as near as the k-th are kept, as far as the slack goes, and none of them where the slack
is too small to hold them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.windows import UNIT
from fastdup_checks.faiss_library import load_faiss

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("nearest", "whole_numbers")

_SLACK = 6
_QUERIES = 4096
"""Queries searched at a time."""


def whole_numbers(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors (n, d) to a fixed length and round them; a zero vector stays zero."""
    length = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    scaled = vectors * (UNIT / np.maximum(length, 1e-12))[:, None]
    whole: NDArray[np.float32] = np.rint(scaled).astype(np.float32)
    return whole


def nearest(
    queries: NDArray[np.float32], base: NDArray[np.float32], k: int, *, threads: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Find the k vectors of the base with the largest inner product with each query.

    Args:
        queries: (m, d) whole numbers.
        base: (n, d) whole numbers.
        k: How many to find; more come back where several are equally near.
        threads: Cores to use.

    Returns:
        Query, vector of the base and inner product of every hit, by query, the nearest first.
    """
    ask = min(k + _SLACK, len(base))
    if ask == 0 or len(queries) == 0:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0, np.float32)
    faiss = load_faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        index = faiss.IndexFlatIP(base.shape[1])
        index.add(np.ascontiguousarray(base))
        found = [
            index.search(np.ascontiguousarray(queries[at : at + _QUERIES]), ask)
            for at in range(0, len(queries), _QUERIES)
        ]
    finally:
        faiss.omp_set_num_threads(before)
    products = np.concatenate([part[0] for part in found])
    ids = np.concatenate([part[1] for part in found]).astype(np.int64)
    keep = products >= products[:, min(k, ask) - 1 : min(k, ask)]
    if ask < len(base):
        keep &= products > products[:, -1:]
    keep &= products > 0
    query, place = np.nonzero(keep)
    return query, ids[query, place], products[query, place]

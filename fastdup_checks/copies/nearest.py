"""The nearest vectors of each vector, the same to the bit on any number of threads.

Vectors are rounded to whole numbers of bounded length first: their inner products are then exact in single precision
(see `windows`), whatever order a library adds them in. All vectors as near as the k-th are kept, as far as the slack
goes, and none of them where the slack is too small to hold them all.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.windows import UNIT
from fastdup_checks.index.products import QUERIES, on_cores, strongest

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("nearest", "whole_numbers")

_SLACK = 6


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
        k: How many to find; more come back where several are equally near. None of a product of 0 or less is.
        threads: Cores to use.

    Returns:
        Query, vector of the base and inner product of every hit, by query, the nearest first.
    """
    none = np.zeros(0, np.int64)
    found = [(none, none, np.zeros(0, np.float32))]
    if k and len(base):
        starts = range(0, len(queries), QUERIES)
        work = partial(_nearest, queries, base, k)
        found += [part for _, part in on_cores(work, starts, threads)]
    query, place, product = (np.concatenate(column) for column in zip(*found, strict=True))
    return query, place, product


def _nearest(
    queries: NDArray[np.float32], base: NDArray[np.float32], k: int, start: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    ask = k + _SLACK
    product, place = strongest(queries[start : start + QUERIES], base, ask)
    keep = (product >= product[:, min(k, len(base)) - 1, None]) & (product > 0)
    if ask < len(base):
        keep &= product > product[:, -1:]
    query, at = np.nonzero(keep)
    return query + start, place[query, at], product[query, at]

"""The largest inner products of each of some vectors with all of others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fastdup_checks.faiss_library import load_faiss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ("QUERIES", "on_cores", "products_with", "strongest")

Part = TypeVar("Part")
Found = TypeVar("Found")

QUERIES = 1024
"""Queries to ask about at a time."""


def strongest(
    queries: NDArray[np.float32], base: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find the k largest inner products of each query, by comparing with all.

    Args:
        queries: (m, d), some hundreds; see `QUERIES`.
        base: (n, d), at least one.
        k: how many; fewer come back where there are not so many.

    Returns:
        (m, k) products as single precision adds them up, the largest first, and which of the base they belong to. Which
        of several as large as the last of a query are there is left to chance.
    """
    faiss = load_faiss()
    # Few queries are compared one by one by default, which takes ten times as long. It counts values, or queries.
    faiss.cvar.distance_compute_blas_threshold = 20
    found: tuple[NDArray[np.float32], NDArray[np.int64]] = faiss.knn(
        queries, base, min(k, len(base)), metric=faiss.METRIC_INNER_PRODUCT
    )
    return found


def products_with(
    queries: NDArray[np.float32], base: NDArray[np.float32], places: NDArray[np.integer]
) -> NDArray[np.float32]:
    """The inner products of each query with some of the base.

    Args:
        queries: (m, d).
        base: (n, d).
        places: (m, k) which of the base.

    Returns:
        (m, k) products as single precision adds them up, in an order of its own.
    """
    faiss = load_faiss()
    queries, base = (np.ascontiguousarray(vectors, np.float32) for vectors in (queries, base))
    wanted = np.ascontiguousarray(places, np.int64)
    found = np.empty(wanted.shape, np.float32)
    pointers = (faiss.swig_ptr(array) for array in (found, queries, base, wanted))
    faiss.fvec_inner_products_by_idx(*pointers, base.shape[1], *wanted.shape)
    return found


def on_cores(work: Callable[[Part], Found], parts: Sequence[Part], threads: int) -> Iterator[tuple[Part, Found]]:
    """Do work on parts, in their order, on several cores."""
    faiss = load_faiss()
    with ThreadPoolExecutor(threads, initializer=faiss.omp_set_num_threads, initargs=(1,)) as pool:
        yield from zip(parts, pool.map(work, parts), strict=True)

"""The nearest vectors of each vector, the same to the bit on any number of threads.

Vectors are rounded to whole numbers of bounded length first: their inner products are then exact in single precision
(see `windows`), whatever order a library adds them in. All vectors as near as the k-th are kept, as far as the slack
goes, and none of them where the slack is too small to hold them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.windows import UNIT
from fastdup_checks.index.clusters import Clusters, Scale
from fastdup_checks.index.products import QUERIES, on_cores, strongest

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("SLACK", "Hits", "nearest", "whole_numbers")

SLACK = 6
"""How many more are asked for, to see which are as near as the last."""
SCALE = Scale()


def whole_numbers(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors (n, d) to a fixed length and round them; a zero vector stays zero."""
    length = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    scaled = vectors * (UNIT / np.maximum(length, 1e-12))[:, None]
    whole: NDArray[np.float32] = np.rint(scaled).astype(np.float32)
    return whole


@dataclass(frozen=True, slots=True)
class Hits:
    """What is near to some queries, by query; arrays are (h,)."""

    query: NDArray[np.int64]
    place: NDArray[np.int64]
    """Which vector was found."""
    product: NDArray[np.float32]
    """Its inner product with the query."""
    recall: float = 1.0
    """Share of these that a search among all would find too, measured on a sample of the queries."""


def nearest(
    queries: NDArray[np.float32],
    base: NDArray[np.float32],
    k: int,
    *,
    threads: int,
    scale: Scale = SCALE,
    least: float = 0.0,
) -> Hits:
    """Find the k vectors of the base with the largest inner product with each query.

    Args:
        queries: (m, d) whole numbers.
        base: (n, d) whole numbers.
        k: How many to find; more come back where several are equally near. None of a product of 0 or less is.
        threads: Cores to use.
        scale: From which size on each query is compared only with the clusters near it.
        least: The product from which a hit matters, for the recall of such a search.

    Returns:
        The hits, by query, the nearest first.
    """
    if k < 1 or not len(base):
        return _join([])
    if len(queries) * len(base) > scale.exact_up_to**2:
        return _by_clusters(queries, base, k, threads, scale, least)

    def work(start: int) -> Hits:
        rows = np.arange(start, min(start + QUERIES, len(queries)))
        return _nearest(queries[rows], rows, base, k)

    return _join([hits for _, hits in on_cores(work, range(0, len(queries), QUERIES), threads)])


def _by_clusters(
    queries: NDArray[np.float32], base: NDArray[np.float32], k: int, threads: int, scale: Scale, least: float
) -> Hits:
    clusters = Clusters.of(lambda rows: base[rows], len(base), scale, threads=threads, unit=UNIT)
    starts = range(0, len(queries), QUERIES)
    named = on_cores(lambda at: clusters.nearest(queries[at : at + QUERIES], unit=UNIT), starts, threads)
    own = np.concatenate([part for _, part in named])
    sample = np.arange(size := min(scale.sample, len(queries))) * len(queries) // size
    exact = nearest(queries[sample], base, k, threads=threads, scale=replace(scale, exact_up_to=len(base)))
    matter = exact.product >= least
    row, found = exact.query[matter], exact.place[matter]
    depth, recall = clusters.depth(row, own[sample[row]], found, scale.recall)

    def work(rows: NDArray[np.int64]) -> Hits:
        places, vectors = clusters.around(int(own[rows[0]]), depth, k + SLACK)
        hits = _nearest(queries[rows], rows, vectors, k)
        return replace(hits, place=places[hits.place])

    order = np.argsort(own, kind="stable")
    ends = np.flatnonzero(np.diff(own[order])) + 1
    groups = [
        group for cluster in np.split(order, ends) for group in np.split(cluster, range(QUERIES, len(cluster), QUERIES))
    ]
    hits = _join([part for _, part in on_cores(work, groups, threads)])
    by = np.lexsort((hits.place, -hits.product, hits.query))
    return Hits(hits.query[by], hits.place[by], hits.product[by], recall)


def _nearest(queries: NDArray[np.float32], rows: NDArray[np.int64], base: NDArray[np.float32], k: int) -> Hits:
    """Of queries that are called `rows`."""
    ask = k + SLACK
    product, place = strongest(queries, base, ask)
    keep = (product >= product[:, min(k, len(base)) - 1, None]) & (product > 0)
    if ask < len(base):
        keep &= product > product[:, -1:]
    query, at = np.nonzero(keep)
    return Hits(rows[query], place[query, at], product[query, at])


def _join(parts: list[Hits]) -> Hits:
    none = np.zeros(0, np.int64)
    return Hits(
        np.concatenate([none, *(part.query for part in parts)]),
        np.concatenate([none, *(part.place for part in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(part.product for part in parts)]),
    )

"""Different vectors -> the ranking of each, by the search that their number asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.clusters import Clusters
from fastdup_checks.index.products import QUERIES, on_cores
from fastdup_checks.index.ranking import SPARE, Ranking, rank, rank_among

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastdup_checks.index.clusters import Scale

__all__ = ("rank_by_clusters", "rank_some")

_FIRST = 10
"""Neighbours that always matter: those that copies are looked for among..."""
_AS_NEAR = 0.25
"""...and all whose similarity is at most this far behind that of the nearest: they vote on labels, with a weight of at
least a twelfth of its."""


def rank_some(
    take: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    count: int,
    rows: NDArray[np.int64],
    k: int,
    scale: Scale,
    threads: int,
) -> tuple[Ranking, float]:
    """Rank others for some of the vectors: among all, or where that is too much among those near by.

    Args:
        take: gives some of the vectors (m, d), on the grid.
        count: how many there are, all different.
        rows: which to rank others for.
        k: how many others must be ranked, if there are so many.
        scale: how much is too much.
        threads: cores to use.

    Returns:
        Their ranking, and the share of the neighbours that matter which a search among all would find, too.
    """
    length = min(k + SPARE, max(count - 1, 0))
    if len(rows) * count > scale.exact_up_to**2:
        ranking, recall = rank_by_clusters(take, count, length, min(k, length), scale, threads)
        return (ranking if len(rows) == count else ranking.take(rows)), recall
    return rank(take(np.arange(count)), rows, length, min(k, length), threads=threads), 1.0


def rank_by_clusters(
    take: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    count: int,
    length: int,
    least: int,
    scale: Scale,
    threads: int,
) -> tuple[Ranking, float]:
    """Rank others for every vector among those near by: `length` of them, and `least` at least; see `rank_some`."""
    clusters = Clusters.of(take, count, scale, threads=threads)
    depth, recall = _depth(clusters, length, least, scale, threads)
    found = Ranking.empty(count, length)

    def work(rows: tuple[int, slice]) -> tuple[NDArray[np.int64], Ranking]:
        cluster, part = rows
        names, vectors = clusters.around(cluster, depth, length + 1)
        own = clusters.places[part]
        return own, rank_among(clusters.vectors[part], own, vectors, names, length, least)

    parts = [
        (cluster, slice(at, min(at + QUERIES, int(clusters.start[cluster + 1]))))
        for cluster in range(len(clusters.start) - 1)
        for at in range(int(clusters.start[cluster]), int(clusters.start[cluster + 1]), QUERIES)
    ]
    found.fill(part for _, part in on_cores(work, parts, threads))
    return found, recall


def _depth(clusters: Clusters, length: int, least: int, scale: Scale, threads: int) -> tuple[int, float]:
    """Among how many clusters to look, and the recall that gives, for a sample that is compared with all."""
    count = len(clusters.places)
    sample = np.arange(size := min(scale.sample, count)) * count // size
    back = np.empty(count, np.int64)
    back[clusters.places] = np.arange(count)
    exact = rank(clusters.vectors, back[sample], length, least, threads=threads)
    similar = exact.similarities[:, : min(least, exact.length)]
    first = np.arange(similar.shape[1]) < _FIRST
    matter = (exact.ids[:, : similar.shape[1]] >= 0) & (first | (similar >= similar[:, :1] - _AS_NEAR))
    row, at = np.nonzero(matter)
    others = clusters.places[exact.ids[row, at]]
    return clusters.depth(row, clusters.cluster[sample[row]], others, scale.recall)

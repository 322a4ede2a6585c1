"""An approximate ranking of many vectors: each is compared with those in the clusters that it is nearest to.

Three looks, each closer than the one before (an inverted file with refinement; Jegou, Douze and Schmid, 2011). A vector
asks the clusters whose centres are nearest to it. With their members it is compared by outlines: the directions in
which the vectors spread most (principal components), a third of the numbers. Those that are nearer than what its own
surroundings hold are compared whole. How many clusters, and how much nearer, follows from a sample of vectors that is
compared with all; and so does the recall, from what was found of these in the end.

Outlines and centres are whole numbers, whose products single precision holds exactly: nothing hangs on the number of
threads or the order of the files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.clusters import Clusters, whole_numbers
from fastdup_checks.index.products import QUERIES, on_cores
from fastdup_checks.index.ranking import SPARE, Ranking, rank_among, settle
from fastdup_checks.index.recall import Sample
from fastdup_checks.one_core import one_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from fastdup_checks.index.clusters import Scale

__all__ = ("rank_by_clusters",)

_OUTLINE = 96
"""Numbers of an outline, at most."""
_OUTLINE_GRID = 4000.0
"""Outlines of length 1 at most as whole numbers: every sum of products is below 2**24."""
_AXES_GRID = 2.0**20
_SPREAD = 50_000
"""Vectors that tell in which directions all of them spread, at most."""
_SURROUNDINGS = 16
"""Clusters around a vector that tell which outlines are near."""
_OUTLINES_LOST = 0.3
"""Share of what may be missed that is left to the outlines; the rest is left to the clusters."""
_LOOKED = 500
"""Vectors of the sample that tell how much of what outlines find must be compared whole, at most."""
_BLOCK = 512
"""Vectors of one cluster that ask together, at most..."""
_ROOM = 1 << 24
"""...and products of outlines in memory at a time: 64 MB."""


def rank_by_clusters(
    take: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    count: int,
    length: int,
    least: int,
    scale: Scale,
    threads: int,
) -> tuple[Ranking, float]:
    """Rank others for every vector among those near by.

    Args:
        take: gives some of the vectors (m, d), on the grid.
        count: how many there are, all different.
        length: how many to rank...
        least: ...and how many at least.
        scale: the recall to reach, and the sample that tells.
        threads: cores to use.

    Returns:
        The ranking, and the share of the neighbours that matter which it holds.
    """
    with one_core():
        clusters = Clusters.of(take, count, scale, threads=threads)
        sample = Sample.of(clusters, length, least, scale, threads)
        search = _Search.of(clusters, sample, length, least, scale.recall)
        found = Ranking.empty(count, length)
        found.fill(part for _, part in on_cores(search.work, list(search.parts()), threads))
    return found, sample.recall(found)


@dataclass(frozen=True, slots=True)
class _Search:
    """How to look."""

    clusters: Clusters
    outlines: NDArray[np.float32]
    """(n, e) whole numbers, in the order of the clusters."""
    probes: int
    """Clusters that a vector asks."""
    nearer: float
    """By how much the product of outlines must be larger than that with the last of the surroundings..."""
    closer: float
    """...and in the end than that with the last of all that was found; 0 or less, so that enough are left."""
    length: int
    least: int

    @classmethod
    def of(cls, clusters: Clusters, sample: Sample, length: int, least: int, recall: float) -> _Search:
        """Find out from a sample how to look."""
        outlines = _outline(clusters.vectors)
        search = cls(clusters, outlines, len(clusters.centres), 0.0, -np.inf, length, least)
        missed = (1 - recall) * np.array([1 - _OUTLINES_LOST, _OUTLINES_LOST / 2])
        cluster = clusters.cluster[clusters.places]
        ends = np.searchsorted(sample.query, np.arange(len(sample.rows) + 1))
        rank_of, nearer = np.empty(len(sample.query), np.int64), np.empty(len(sample.query), np.float32)
        product = np.empty(len(sample.query), np.float32)
        for row, *at in zip(sample.rows.tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            pairs, one = slice(*at), slice(row, row + 1)
            others = sample.other[pairs]
            near = search.nearness(clusters.vectors[one])[0]
            rank_of[pairs] = (near > near[cluster[others]][:, None]).sum(1) + 1
            product[pairs] = outlines[others] @ outlines[row]
            nearer[pairs] = product[pairs] - search.surroundings(int(cluster[row]), one)[1]
        search = replace(search, probes=-int(_worst(-rank_of, missed[0], -1)), nearer=_worst(nearer, missed[1], 0))
        closer = [product[:0]]
        for place, row in enumerate(sample.rows[:_LOOKED].tolist()):
            found = search.look(int(cluster[row]), slice(row, row + 1)).product
            closer.append(product[ends[place] : ends[place + 1]] - _last(found, length))
        return replace(search, closer=min(_worst(np.concatenate(closer), missed[1], 0), 0))

    def parts(self) -> Iterator[tuple[int, slice]]:
        """Members of one cluster that look together: so many that what they are compared with has room."""
        sizes = np.diff(self.clusters.start)
        for cluster, (start, stop) in enumerate(pairwise(self.clusters.start.tolist())):
            widest = max(int(sizes[self.around(cluster)].sum()), int(sizes.max()), 1)
            step = min(max(_ROOM // widest, 1), _BLOCK)
            yield from ((cluster, slice(at, min(at + step, stop))) for at in range(start, stop, step))

    def around(self, cluster: int) -> NDArray[np.int32]:
        """The clusters around one, which hold enough vectors."""
        near: NDArray[np.int32] = self.clusters.near[cluster]
        enough = int(np.searchsorted(np.cumsum(np.diff(self.clusters.start)[near]), self.length + 1)) + 1
        return near[: max(_SURROUNDINGS, enough)]

    def nearness(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m, c) products of vectors and the centres."""
        product: NDArray[np.float32] = whole_numbers(vectors) @ self.clusters.centres.T
        return product

    def surroundings(self, cluster: int, part: slice) -> tuple[_Hits, NDArray[np.float32], NDArray[np.int32]]:
        """What the clusters around one hold that may be near to some of its members.

        Returns:
            What was found, (m,) the product of outlines with the last one wanted, and which clusters these are.
        """
        lists = self.around(cluster)
        rows = np.concatenate([np.arange(self.clusters.start[one], self.clusters.start[one + 1]) for one in lists])
        product = self.outlines[part] @ self.outlines[rows].T
        at = max(len(rows) - self.length - 1, 0)
        last = np.partition(product, at, axis=1)[:, at]
        query, column = np.nonzero(product >= last[:, None] + np.float32(min(self.nearer, 0)))
        return _Hits(query.astype(np.int16), rows[column], product[query, column]), last, lists

    def look(self, cluster: int, part: slice) -> _Hits:
        """What some members of a cluster find by outlines."""
        clusters, outlines = self.clusters, self.outlines[part]
        around, last, done = self.surroundings(cluster, part)
        near = self.nearness(clusters.vectors[part])
        at = near.shape[1] - min(self.probes, near.shape[1])
        asks = (near >= np.partition(near, at, axis=1)[:, at, None]).T.copy()
        asks[done] = False
        least = (last + np.float32(self.nearer))[:, None]
        found = [around]
        for one in np.flatnonzero(asks.any(1)).tolist():
            asking = np.flatnonzero(asks[one])
            start, stop = int(clusters.start[one]), int(clusters.start[one + 1])
            product = outlines[asking] @ self.outlines[start:stop].T
            hit = np.flatnonzero((product >= least[asking]).ravel())
            row, column = np.divmod(hit, stop - start)
            found.append(_Hits(asking[row].astype(np.int16), start + column, product.ravel()[hit]))
        return _Hits(
            np.concatenate([hits.query for hits in found]),
            np.concatenate([hits.row for hits in found]),
            np.concatenate([hits.product for hits in found]),
        )

    def work(self, asked: tuple[int, slice]) -> tuple[NDArray[np.int64], Ranking]:
        """Rank others for some members of a cluster."""
        cluster, part = asked
        return self.clusters.places[part], self.compare(part, self.look(cluster, part))

    def compare(self, part: slice, hits: _Hits) -> Ranking:
        """Rank what was found by whole vectors."""
        vectors, places = self.clusters.vectors, self.clusters.places
        order = np.argsort(hits.query, kind="stable")
        rows, outline = hits.row[order], hits.product[order]
        size, ask = part.stop - part.start, self.length + 1 + SPARE
        ends = np.append(0, np.cumsum(np.bincount(hits.query, minlength=size))).tolist()
        best = np.repeat(np.arange(part.start, part.stop)[:, None], ask, axis=1)
        cut = np.full(size, -np.inf, np.float32)
        likely: list[NDArray[np.int64]] = []
        for one in range(size):
            some, by_outline = rows[ends[one] : ends[one + 1]], outline[ends[one] : ends[one + 1]]
            some = some[by_outline >= _last(by_outline, self.length) + np.float32(self.closer)]
            likely.append(some)
            if len(some) > ask:
                product = vectors[some] @ vectors[part.start + one]
                at = np.argpartition(product, len(some) - ask)[len(some) - ask :]
                some, cut[one] = some[at], product[at].min()
            best[one, : len(some)] = some
        found = settle(vectors[part], places[part], vectors, best, places, self.length, cut)
        for one in np.flatnonzero((found.known < self.least) & np.isfinite(cut)).tolist():
            row = slice(part.start + one, part.start + one + 1)
            base, names = vectors[likely[one]], places[likely[one]]
            again = rank_among(vectors[row], places[row], base, names, self.length, self.least)
            found.fill([(np.array([one]), again)])
        return found


@dataclass(frozen=True, slots=True)
class _Hits:
    """(h,) which of some queries found what stands where, and the products of their outlines."""

    query: NDArray[np.int16]
    row: NDArray[np.int64]
    product: NDArray[np.float32]


def _outline(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, e) the vectors in the directions in which they spread most, as whole numbers."""
    count, dimensions = vectors.shape
    some = whole_numbers(vectors[np.arange(size := min(_SPREAD, count)) * count // size]).astype(np.float64)
    _, axes = np.linalg.eigh(some.T @ some)
    axes = np.rint(axes[:, ::-1][:, : min(_OUTLINE, dimensions)] * _AXES_GRID)
    out = np.empty((count, axes.shape[1]), np.float32)
    for start in range(0, count, QUERIES):
        part = slice(start, start + QUERIES)
        out[part] = np.rint(vectors[part].astype(np.float64) @ axes * (_OUTLINE_GRID / _AXES_GRID))
    return out


def _last(product: NDArray[np.float32], length: int) -> np.float32:
    """The product with the last one wanted, beside the vector itself."""
    at = max(len(product) - length - 1, 0)
    last: np.float32 = np.partition(product, at)[at]
    return last


def _worst(values: NDArray[np.integer] | NDArray[np.floating], missed: float, default: float) -> float:
    """The value that all but a share are at least."""
    return float(np.sort(values)[int(missed * len(values))]) if len(values) else default

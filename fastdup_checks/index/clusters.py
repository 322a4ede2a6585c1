"""An approximate search: vectors are divided into clusters, and only those of clusters near by are compared.

An inverted file (Sivic and Zisserman, 2003; Jegou, Douze and Schmid, 2011), but asked cluster by cluster: the members
of a cluster are compared with all vectors of the clusters that they are nearest to in one matrix product, which takes a
tenth of the time of asking for each of them alone. How many clusters that are follows from a sample of vectors that is
compared with all: as many as the wanted recall takes. Clusters are made of whole numbers, whose sums are exact, and in
the order of the vectors' names: the result is the same on any number of threads, and for any order of the files.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.products import QUERIES, on_cores, strongest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ("WHOLE", "Clusters", "Scale", "whole_numbers")

WHOLE = np.float32(2048)
"""Vectors of length 1 as whole numbers: every sum of products is below 2**24, which single precision holds exactly."""
_TRAINED = 40
"""Vectors a cluster that its centre is found from, at most."""
_ROUNDS = 5
_NAMED = 8
"""Centres that a vector says it is near to; a cluster's neighbours are the clusters that its members name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From which size on a search is approximate, and what it may take."""

    exact_up_to: int = 1 << 17
    """Vectors up to which all are compared with all: two minutes of one core."""
    recall: float = 0.99
    """Share of the neighbours that matter which must be found."""
    sample: int = 2000
    """Vectors by which that is measured."""
    room: int = 1 << 30
    """Bytes of vectors that the search may hold in memory; more of them lie in a file..."""
    directory: Path | None = None
    """...in this directory, by default that for temporary files."""

    @property
    def key(self) -> str:
        """Names what a result depends on."""
        return f"{self.exact_up_to} {self.recall} {self.sample}"


@dataclass(frozen=True, slots=True)
class Clusters:
    """Vectors in clusters, one cluster after the other."""

    vectors: NDArray[np.float32]
    """(n, d)."""
    places: NDArray[np.int64]
    """(n,) which vector that is."""
    start: NDArray[np.int64]
    """(c + 1,) where the vectors of each cluster start."""
    cluster: NDArray[np.int32]
    """(n,) the cluster of each vector, in the order of the vectors."""
    centres: NDArray[np.float32]
    """(c, d) whole numbers."""
    near: NDArray[np.int32]
    """(c, c) clusters in the order in which neighbours of the members of each are looked for, itself first."""

    @classmethod
    def of(
        cls,
        take: Callable[[NDArray[np.int64]], NDArray[np.float32]],
        count: int,
        scale: Scale,
        *,
        threads: int,
        unit: float = 1.0,
    ) -> Clusters:
        """Divide vectors into clusters.

        Args:
            take: gives some of the vectors, (m, d).
            count: how many vectors there are; in an order that has nothing to do with what they mean.
            scale: where to keep them.
            threads: cores to use.
            unit: length of each vector.
        """
        number = max(round(2 * np.sqrt(count)), 1)
        sample = np.arange(size := min(_TRAINED * number, count)) * count // size
        centres = _train(whole_numbers(take(sample), unit), number, threads)
        cluster, votes = np.empty(count, np.int32), np.zeros((len(centres), len(centres)), np.int32)
        parts = [np.arange(at, min(at + QUERIES, count)) for at in range(0, count, QUERIES)]
        for rows, named in on_cores(lambda rows: _name(whole_numbers(take(rows), unit), centres), parts, threads):
            cluster[rows] = named[:, 0]
            np.add.at(votes, (named[:, :1], named), 1)
        np.fill_diagonal(votes, np.iinfo(np.int32).max)
        near = np.lexsort((-(centres @ centres.T), -votes), axis=1).astype(np.int32)
        places = np.argsort(cluster, kind="stable")
        vectors = _room((count, centres.shape[1]), scale)
        for at in range(0, count, QUERIES):
            vectors[at : at + QUERIES] = take(places[at : at + QUERIES])
        start = np.append(0, np.cumsum(np.bincount(cluster, minlength=len(centres))))
        return cls(vectors, places, start, cluster, centres, near)

    def nearest(self, queries: NDArray[np.float32], *, unit: float = 1.0) -> NDArray[np.int32]:
        """(m,) the cluster that each of some other vectors (m, d) belongs to."""
        return _name(whole_numbers(queries, unit), self.centres)[:, 0].astype(np.int32)

    def depth(
        self, sample: NDArray[np.integer], own: NDArray[np.integer], others: NDArray[np.int64], recall: float
    ) -> tuple[int, float]:
        """Say among how many clusters to look, and which recall that gives.

        Args:
            sample: (m,) numbers of queries; both the even and the odd ones must reach the recall...
            own: (m,) ...the clusters that these belong to...
            others: (m,) ...and a vector that each should find.
            recall: share of them that must be found.
        """
        pairs = zip(own.tolist(), self.cluster[others].tolist(), strict=True)
        depth = np.array([int((self.near[here] == there).argmax()) + 1 for here, there in pairs], np.int64)
        halves = [np.sort(depth[sample % 2 == half]) for half in (0, 1)]
        wanted = max(
            (int(half[max(int(np.ceil(recall * len(half))), 1) - 1]) for half in halves if len(half)), default=1
        )
        return wanted, round(float((depth <= wanted).mean()), 4) if len(depth) else 1.0

    def around(self, cluster: int, depth: int, least: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Which vectors are in the clusters nearest to one, that cluster first, and these vectors.

        Args:
            cluster: where to look around.
            depth: how many clusters; more, where in these are less than...
            least: ...so many vectors.
        """
        near = self.near[cluster]
        enough = int(np.searchsorted(np.cumsum(np.diff(self.start)[near]), least)) + 1
        slices = [slice(self.start[one], self.start[one + 1]) for one in near[: max(depth, enough)].tolist()]
        places, vectors = ([column[part] for part in slices] for column in (self.places, self.vectors))
        return np.concatenate(places), np.concatenate(vectors)


def _train(sample: NDArray[np.float32], number: int, threads: int) -> NDArray[np.float32]:
    """Spherical k-means (Dhillon and Modha, 2001)."""
    centres = sample[np.arange(number) * len(sample) // number]
    parts = [slice(at, at + QUERIES) for at in range(0, len(sample), QUERIES)]
    for _ in range(_ROUNDS):
        work = partial(_name_part, sample, centres)
        group = np.concatenate([named[:, 0] for _, named in on_cores(work, parts, threads)])
        order = np.argsort(group, kind="stable")
        _, first = np.unique(group[order], return_index=True)
        total = np.add.reduceat(sample[order].astype(np.float64), first, axis=0)
        length = np.sqrt((total**2).sum(1, keepdims=True))
        centres = np.rint(total / np.maximum(length, 1e-9) * WHOLE).astype(np.float32)
    return centres


def _name_part(sample: NDArray[np.float32], centres: NDArray[np.float32], part: slice) -> NDArray[np.int64]:
    return _name(sample[part], centres)


def _name(whole: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """(m, 8) the centres nearest to each vector, the nearest first."""
    product, place = strongest(whole, centres, _NAMED)
    return np.take_along_axis(place, np.lexsort((place, -product), axis=1), 1)


def whole_numbers(vectors: NDArray[np.float32], unit: float = 1.0) -> NDArray[np.float32]:
    """Vectors (n, d) whose length is the unit, laid on a grid on which products are exact in single precision."""
    whole: NDArray[np.float32] = vectors * np.float32(WHOLE / unit)
    np.rint(whole, out=whole)
    return whole


def _room(shape: tuple[int, int], scale: Scale) -> NDArray[np.float32]:
    if 4 * shape[0] * shape[1] <= scale.room:
        return np.empty(shape, np.float32)
    with tempfile.TemporaryFile(dir=scale.directory) as file:  # it goes when nothing uses it any more
        return np.memmap(file, np.float32, "w+", shape=shape)

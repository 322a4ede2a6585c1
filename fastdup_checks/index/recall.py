"""What a search should find of a sample of vectors, and which share of it was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.ranking import rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.index.clusters import Clusters, Scale
    from fastdup_checks.index.ranking import Ranking

__all__ = ("Sample", "measure_recall")

_FIRST = 10
"""Neighbours that always matter: those that copies are looked for among..."""
_AS_NEAR = 0.25
"""...and all whose similarity is at most this far behind that of the nearest: they vote on labels, with a weight of at
least a twelfth of its."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some vectors, and which others they should find."""

    names: NDArray[np.int64]
    """(s,) which vectors..."""
    rows: NDArray[np.int64]
    """(s,) ...and where they stand in the clusters."""
    query: NDArray[np.int64]
    """(p,) which of the sample..."""
    other: NDArray[np.int64]
    """(p,) ...should find what stands here."""
    places: NDArray[np.int64]
    """Which vector stands where in the clusters."""

    @classmethod
    def of(cls, clusters: Clusters, length: int, least: int, scale: Scale, threads: int) -> Sample:
        """Compare every so-manieth vector with all; the arguments are those of `probes.rank_by_clusters`."""
        count = len(clusters.places)
        names = np.arange(size := min(scale.sample, count)) * count // size
        back = np.empty(count, np.int64)
        back[clusters.places] = np.arange(count)
        exact = rank(clusters.vectors, back[names], length, least, threads=threads)
        query, other = _matter(exact, least)
        return cls(names, back[names], query, other, clusters.places)

    def recall(self, found: Ranking) -> float:
        """The share of what should be found that was."""
        return _recall(found.take(self.names[self.query]), self.places[self.other])


def measure_recall(found: Ranking, base: NDArray[np.float32], least: int, scale: Scale, threads: int) -> float:
    """Compare a sample of vectors with all, and say which share of the neighbours that matter their ranking holds.

    Args:
        found: the ranking of all.
        base: (n, d) the vectors, different from each other and on the grid.
        least: how many others had to be ranked.
        scale: how large a sample.
        threads: cores to use.
    """
    count = len(base)
    names = np.arange(size := min(scale.sample, count)) * count // size
    query, other = _matter(rank(base, names, found.length, least, threads=threads), least)
    return _recall(found.take(names[query]), other)


def _matter(exact: Ranking, least: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The neighbours that matter: (p,) of which row of a ranking, and (p,) which vectors."""
    similar = exact.similarities[:, : min(least, exact.length)]
    first = np.arange(similar.shape[1]) < _FIRST
    matter = (exact.ids[:, : similar.shape[1]] >= 0) & (first | (similar >= similar[:, :1] - _AS_NEAR))
    query, at = np.nonzero(matter)
    return query, exact.ids[query, at].astype(np.int64)


def _recall(found: Ranking, wanted: NDArray[np.int64]) -> float:
    hit = (found.ids == wanted[:, None]).any(1)
    return round(float(hit.mean()), 4) if len(hit) else 1.0

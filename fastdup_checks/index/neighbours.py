"""The nearest neighbours of images, among which several may have the same vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.engine import available_cores
from fastdup_checks.index.clusters import WHOLE, Scale, whole_numbers
from fastdup_checks.index.products import on_cores, products_with
from fastdup_checks.index.ranking import DIGITS, name_vectors, on_grid
from fastdup_checks.index.search import rank_some

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.index.ranking import Ranking


__all__ = (
    "Different",
    "Neighbours",
    "find_neighbours",
    "neighbours_among",
    "rank_again",
    "say_of_all",
)

SCALE = Scale()
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k nearest other images of every image; k counts neighbours, never the image itself."""

    ids: NDArray[np.int32]
    """(n, k): rows of the vectors, nearest first. Which of equally near ones comes first depends on their vectors; of
    those with one vector the first row."""
    similarities: NDArray[np.float32]
    """(n, k): cosines in -1..1, to six digits."""
    recall: float = 1.0
    """Share of the neighbours that matter which are here, 0..1: what a search of a sample among all said. Below 1 where
    there are too many images to compare all with all."""

    @property
    def k(self) -> int:
        """Neighbours an image."""
        return int(self.ids.shape[1])

    @property
    def search(self) -> str:
        """How they were searched for, in words."""
        if self.recall == 1:
            return "compared with all"
        return f"approximate: {100 * self.recall:.2f} % of those that matter were found"


@dataclass(frozen=True, slots=True)
class Different:
    """Different vectors, in an order that hangs on their values alone, and which rows have each."""

    names: NDArray[np.uint64]
    """(m,) ascending."""
    source: NDArray[np.float32]
    """(n, d) the vectors of all rows..."""
    first: NDArray[np.int64]
    """(m,) ...and a row that has each."""
    place: NDArray[np.int64]
    """(n,) which of them each row has."""
    rows: NDArray[np.int64]
    """(n,) all rows, by place and then ascending..."""
    start: NDArray[np.int64]
    """(m + 1,) ...and where those of each place start."""

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Different:
        """Tell equal vectors (n, d) from different ones."""
        names, first, place = np.unique(name_vectors(vectors), return_index=True, return_inverse=True)
        start = np.append(0, np.cumsum(np.bincount(place, minlength=len(names))))
        return cls(names, vectors, first, place, np.argsort(place, kind="stable"), start)

    def take(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Some of the vectors, on the grid."""
        some = self.source[self.first[places]]
        return on_grid(some, out=some)


def find_neighbours(
    vectors: NDArray[np.float32],
    k: int,
    *,
    rows: NDArray[np.int64] | None = None,
    threads: int | None = None,
    scale: Scale = SCALE,
) -> Neighbours:
    """Find the k nearest neighbours of vectors.

    Args:
        vectors: float32 (n, d), each of length 1.
        k: how many; fewer are given where there are not so many others.
        rows: of which vectors, by default of all.
        threads: cores to use, by default all.
        scale: from which size on not all are compared with all.

    Returns:
        The same to the bit for any number of threads, and up to the numbering for any order of the vectors, but for
        equal ones.
    """
    return _search(vectors, np.arange(len(vectors)) if rows is None else rows, k, threads, scale)


def neighbours_among(
    members: NDArray[np.int64],
    k: int,
    *,
    vectors: NDArray[np.float32],
    known: Neighbours,
    threads: int | None = None,
    scale: Scale = SCALE,
) -> Neighbours:
    """Find the k nearest neighbours of some vectors among themselves, as a search of these alone would.

    What the neighbours of all vectors tell is taken from there; only where too few of them are members is searched.

    Args:
        members: (m,) rows, rising.
        k: how many; fewer are given where there are not so many others.
        vectors: float32 (n, d), each of length 1.
        known: of all vectors.
        threads: cores to use, by default all.
        scale: from which size on not all are compared with all.

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
        return find_neighbours(vectors[members], k, threads=threads, scale=scale)
    near = np.take_along_axis(ids, order, 1)
    similarities = np.take_along_axis(known.similarities[members], order, 1)
    if len(short):
        found = _search(vectors[members], short, k, threads, scale)
        near[short], similarities[short] = found.ids, found.similarities
    return Neighbours(near, similarities, known.recall)


def rank_again(vectors: NDArray[np.float32], known: Neighbours, *, threads: int | None = None) -> Neighbours:
    """Order known neighbours by their similarity in other vectors of the same images, to three digits."""
    whole = whole_numbers(vectors)

    def work(part: NDArray[np.int64]) -> NDArray[np.float32]:
        return products_with(whole[part], whole, known.ids[part])

    ids, similarities = np.empty_like(known.ids), np.empty_like(known.similarities)
    parts = [np.arange(at, min(at + _CHUNK, len(whole))) for at in range(0, len(whole), _CHUNK)]
    for part, found in on_cores(work, parts, threads or available_cores()):
        order = np.argsort(-found, axis=1, kind="stable")
        ids[part] = np.take_along_axis(known.ids[part], order, 1)
        similarities[part] = np.take_along_axis(found, order, 1) / np.float32(WHOLE * WHOLE)
    return Neighbours(ids, similarities, known.recall)


def say_of_all(
    ranking: Ranking, different: Different, rows: NDArray[np.int64], k: int, *, recall: float = 1.0
) -> Neighbours:
    """The neighbours of images, from those of different vectors.

    Args:
        ranking: of different vectors, one row for each of `rows`; of at least k others where there are so many.
        different: the vectors.
        rows: (m,) images.
        k: neighbours of each; there must be so many others.
        recall: of the ranking.
    """
    ids, similarities = np.empty((len(rows), k), np.int32), np.empty((len(rows), k), np.float32)
    # Nearly all images are there once, and so are those near them.
    near = ranking.ids[:, :k]
    once = np.append(np.diff(different.start) == 1, False)  # the last one stands for what is not ranked
    clear = once[different.place[rows]] & once[near].all(1) & (near.shape[1] == k)
    if clear.any():
        ids[clear], similarities[clear] = different.rows[different.start[near[clear]]], ranking.similarities[clear, :k]
    others = np.flatnonzero(~clear)
    for begin in range(0, len(others), _CHUNK):
        part = others[begin : begin + _CHUNK]
        ids[part], similarities[part] = _members(
            ranking.ids[part], ranking.similarities[part], different, rows[part], k
        )
    return Neighbours(ids, similarities, recall)


def _members(
    ranked: NDArray[np.int32],
    similar: NDArray[np.float32],
    different: Different,
    rows: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    own = different.place[rows]
    size = np.diff(different.start)
    # Those with the same vector first, then the members of each place that is ranked.
    places = np.concatenate([own[:, None], np.maximum(ranked, 0)], axis=1)
    sizes = np.concatenate([size[own][:, None] - 1, np.where(ranked >= 0, size[ranked], 0)], axis=1)
    square = np.einsum("md,md->m", vectors := different.take(own), vectors, dtype=np.float64)
    values = np.concatenate([np.round(square, DIGITS)[:, None].astype(np.float32), similar], axis=1)
    ends = np.cumsum(sizes, axis=1)
    ids, similarities = np.empty((len(rows), k), np.int64), np.empty((len(rows), k), np.float32)
    everyone = np.arange(len(rows))
    for at in range(k):
        column = (ends <= at).sum(1)
        found = places[everyone, column]
        here = different.start[found] + at - ends[everyone, column] + sizes[everyone, column]
        here += (column == 0) & (different.rows[here] >= rows)  # an image is not its own neighbour
        ids[:, at] = different.rows[here]
        similarities[:, at] = values[everyone, column]
    return ids, similarities


def _search(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], k: int, threads: int | None, scale: Scale
) -> Neighbours:
    """The neighbours of some of the vectors among all of them."""
    k = min(k, len(vectors) - 1)
    if k < 1:
        return Neighbours(np.zeros((len(rows), 0), np.int32), np.zeros((len(rows), 0), np.float32))
    different = Different.of(vectors)
    asked, of = np.unique(different.place[rows], return_inverse=True)
    found, recall = rank_some(different.take, len(different.first), asked, k, scale, threads or available_cores())
    return say_of_all(found.take(of), different, rows, k, recall=recall)

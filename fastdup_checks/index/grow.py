"""A ranking of vectors that some were added to and some taken from, without comparing all again.

A ranking is known up to some vector of each row, and no other vector comes before that one. One that is taken away
leaves a shorter ranking, which is as true as before; one that is added is put in where it comes before the last one
known, and says nothing where it does not. So only the new vectors, and those of which too few others are left, are
compared with all. What comes out, where it was exact before, is what comparing all with all would find: the same bytes.

Where it was approximate, it stays about as good: what is added is found by all, and finds all. But one that is taken
away makes a neighbour matter that was not looked for as closely. So the recall is measured again whenever a twentieth
of the vectors has changed, and where it is no longer what is wanted, all are searched for again.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.neighbours import SCALE, Different, Neighbours, say_of_all
from fastdup_checks.index.products import QUERIES
from fastdup_checks.index.ranking import DIGITS, SPARE, Ranking, cosines, rank
from fastdup_checks.index.recall import measure_recall
from fastdup_checks.index.search import rank_some
from fastdup_checks.report.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.index.clusters import Scale

__all__ = ("find_again",)

_CHANGED = 0.05
"""Share of the vectors that may come or go before the recall of an approximate search is measured again."""


@dataclass(frozen=True, slots=True)
class _Known:
    names: NDArray[np.uint64]
    """(n,) of the vectors, ascending; see `Different`."""
    ranking: Ranking
    recall: float
    exact: bool
    """Whether all were compared with all."""
    changed: int = 0
    """How many vectors came or went since the recall was measured."""


def find_again(vectors: NDArray[np.float32], k: int, file: Path, *, threads: int, scale: Scale = SCALE) -> Neighbours:
    """Find the k nearest neighbours of every vector, and compare only what is new since the last time.

    Args:
        vectors: float32 (n, d), each of length 1.
        k: how many; fewer are given where there are not so many others.
        file: what was found the last time, and will be the next time; made where there is none.
        threads: cores to use.
        scale: from which size on not all are compared with all.

    Returns:
        What `find_neighbours` gives. Where the search is approximate, what was added since is found exactly, and the
        recall is at least what a sample said when no more than a twentieth of the vectors were others.

    Raises:
        ScanError: if the file cannot be written.
    """
    everyone = np.arange(len(vectors))
    k = min(k, len(vectors) - 1)
    if k < 1:
        return Neighbours(np.zeros((len(vectors), 0), np.int32), np.zeros((len(vectors), 0), np.float32))
    different = Different.of(vectors)
    known = _load(file, vectors.shape[1])
    found = None if known is None else _grow(known, different, k, scale, threads)
    if found is None:
        count = len(different.names)
        ranking, recall = rank_some(different.take, count, np.arange(count), k, scale, threads)
        found = _Known(different.names, ranking, recall, count <= scale.exact_up_to)
    if found is not known:
        _save(file, found, vectors.shape[1])
    place = different.place
    return say_of_all(found.ranking.take(place), different, everyone, k, recall=found.recall)


def _grow(known: _Known, different: Different, k: int, scale: Scale, threads: int) -> _Known | None:
    """The ranking of the vectors that there are now, or None where it is no more work to make it from nothing."""
    names, count, length = different.names, len(different.names), known.ranking.length
    if np.array_equal(names, known.names):
        return known if length >= min(k, count - 1) else None
    # Of few vectors all others are known, of which more may follow than there is room for.
    if length != k + SPARE or count <= length + 1 or len(known.names) <= length + 1:
        return None
    if not known.exact and count <= scale.exact_up_to:
        return None
    place = np.searchsorted(names, known.names)
    place = np.where(names[np.minimum(place, count - 1)] == known.names, place, -1)
    kept = place[stay := place >= 0]
    fresh = np.ones(count, bool)
    fresh[kept] = False
    added = np.flatnonzero(fresh)
    ids = known.ranking.ids[stay]
    ids = np.where(ids >= 0, place[ids], -1).astype(np.int32)
    order = np.argsort(ids < 0, axis=1, kind="stable")
    ids = np.take_along_axis(ids, order, 1)
    similarities = np.where(ids >= 0, np.take_along_axis(known.ranking.similarities[stay], order, 1), np.float32(0))
    enough = (ids >= 0).sum(1) >= k
    fresh[kept[~enough]] = True
    asked = np.flatnonzero(fresh)
    if 2 * len(asked) > count or len(asked) * count > max(scale.exact_up_to, 1) ** 2:
        return None
    base = different.take(np.arange(count))
    found = Ranking.empty(count, length)
    found.fill([(kept[enough], _insert(Ranking(ids[enough], similarities[enough]), kept[enough], added, base))])
    found.fill([(asked, rank(base, asked, length, k, threads=threads))])
    grown = _Known(names, found, known.recall, known.exact, known.changed + len(added) + int((~stay).sum()))
    return grown if known.exact or grown.changed <= _CHANGED * count else _measure(grown, base, k, scale, threads)


def _measure(known: _Known, base: NDArray[np.float32], k: int, scale: Scale, threads: int) -> _Known | None:
    """The same with the recall that it has now, or None where that is too little."""
    recall = measure_recall(known.ranking, base, min(k, len(base) - 1), scale, threads)
    return replace(known, recall=recall, changed=0) if recall >= scale.recall else None


def _insert(ranking: Ranking, rows: NDArray[np.int64], added: NDArray[np.int64], base: NDArray[np.float32]) -> Ranking:
    """Put vectors into the rankings of others.

    Args:
        ranking: of `rows`, which does not know the added ones.
        rows: (m,) which vectors these are.
        added: (a,) ascending.
        base: (n, d) all vectors, on the grid.
    """
    if not len(added):
        return ranking
    end = ranking.known - 1
    last, least = ranking.ids[np.arange(len(rows)), end], ranking.similarities[np.arange(len(rows)), end]
    slack = base.shape[1] * 2.0**-24 + 2 * 10.0**-DIGITS
    ids, similarities = ranking.ids.copy(), ranking.similarities.copy()
    for start in range(0, len(rows), QUERIES):
        part = slice(start, start + QUERIES)
        queries = base[rows[part]]
        near = [
            (row + start, added[at : at + QUERIES][column])
            for at in range(0, len(added), QUERIES)
            for row, column in [np.nonzero(queries @ base[added[at : at + QUERIES]].T >= least[part, None] - slack)]
        ]
        row, one = (np.concatenate(column) for column in zip(*near, strict=True))
        for changed in np.unique(row).tolist():
            more = one[row == changed]
            exact = cosines(base[rows[changed]], base[more]).astype(np.float32)
            before = (exact > least[changed]) | ((exact == least[changed]) & (more < last[changed]))
            stop = end[changed] + 1
            whole = np.append(ids[changed, :stop], more[before]), np.append(similarities[changed, :stop], exact[before])
            order = np.lexsort((whole[0], -whole[1]))[: ranking.length]
            ids[changed, : len(order)], similarities[changed, : len(order)] = whole[0][order], whole[1][order]
    return Ranking(ids, similarities)


def _load(file: Path, dimensions: int) -> _Known | None:
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as arrays:
            names, ids, similarities = arrays["names"], arrays["ids"], arrays["similarities"]
            facts = arrays["facts"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # there is none, or it cannot be read: it is made again
    if facts.shape != (4,) or facts[1] != dimensions or not len(names) == len(ids) == len(similarities):
        return None
    return _Known(names, Ranking(ids, similarities), float(facts[0]), bool(facts[2]), int(facts[3]))


def _save(file: Path, known: _Known, dimensions: int) -> None:
    facts = np.array([known.recall, dimensions, known.exact, known.changed], np.float64)
    ranking = known.ranking
    with replacing(file) as out:
        np.savez(out, names=known.names, ids=ranking.ids, similarities=ranking.similarities, facts=facts)

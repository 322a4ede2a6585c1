"""Different vectors, in one order whatever the files are called, and the most similar others of each.

Vectors are laid on a grid, on which products are whole numbers that double precision adds up exactly in any order; so
a similarity depends on two vectors and on nothing else, and so does who comes before whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.products import QUERIES, on_cores, strongest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


__all__ = ("DIGITS", "SPARE", "Ranking", "cosines", "draw", "name_vectors", "on_grid", "rank", "rank_among", "settle")

DIGITS = 6
"""Of a similarity."""
SPARE = 8
"""Others that are ranked beyond those asked for: for equally near ones, and for those that are removed later."""
_GRID = np.float32(2.0**23)
"""Steps from 0 to 1. A product of two vectors of length 1 is a whole number below 2**47."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 512
"""Vectors named at a time: what fits into the cache of a processor."""
_EXACT = 32
"""Queries compared exactly at a time: what fits into the cache of a processor."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """For each vector the others that are the most similar to it, as far as they are known."""

    ids: NDArray[np.int32]
    """(n, length): the most similar first, of equally similar ones the one that stands first; -1 where it ends."""
    similarities: NDArray[np.float32]
    """(n, length): cosines to six digits, 0 where it ends."""

    @property
    def known(self) -> NDArray[np.int64]:
        """(n,) how many others are ranked: no vector that is not among them comes before one that is."""
        return np.asarray((self.ids >= 0).sum(1), np.int64)

    @property
    def length(self) -> int:
        """How many others there is room for."""
        return int(self.ids.shape[1])

    def fill(self, parts: Iterable[tuple[NDArray[np.int64], Ranking]]) -> None:
        """Put in rankings of some rows."""
        for rows, part in parts:
            self.ids[rows], self.similarities[rows] = part.ids, part.similarities

    def take(self, rows: NDArray[np.int64]) -> Ranking:
        """Those of some of the vectors."""
        return Ranking(self.ids[rows], self.similarities[rows])

    @classmethod
    def empty(cls, count: int, length: int) -> Ranking:
        """A ranking of nothing yet."""
        return cls(np.full((count, length), -1, np.int32), np.zeros((count, length), np.float32))


def on_grid(vectors: NDArray[np.float32], *, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Round vectors to what `cosines` can multiply exactly; into `out`, which may be the vectors."""
    grid: NDArray[np.float32] = np.multiply(vectors, _GRID, out=out)
    np.rint(grid, out=grid)
    grid /= _GRID
    return grid


def name_vectors(vectors: NDArray[np.float32], rows: NDArray[np.int64] | None = None) -> NDArray[np.uint64]:
    """(m,) a number that tells a vector from others, by its values: of a million two share one once in 10**7 times.

    Args:
        vectors: (n, d).
        rows: (m,) which of them, by default all.
    """
    rows = np.arange(len(vectors)) if rows is None else rows
    with np.errstate(over="ignore"):
        factors = np.cumprod(np.full(vectors.shape[1], _ODD))
        names = np.empty(len(rows), np.uint64)
        for start in range(0, len(rows), _CHUNK):
            # Adding 0 makes -0 the 0 that it equals.
            raw = (vectors[rows[start : start + _CHUNK]] + np.float32(0)).view(np.uint32).astype(np.uint64)
            raw *= _ODD
            raw ^= raw >> np.uint64(29)
            raw *= factors
            total = raw.sum(1)
            names[start : start + _CHUNK] = (total ^ (total >> np.uint64(32))) * _ODD
    return names


def draw(vectors: NDArray[np.float32], count: int, rows: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Rows of at most so many vectors, drawn by their values: the same vectors in the same order for any order of all.

    Of many vectors few of those drawn are others when some are added.

    Args:
        vectors: (n, d).
        count: how many to draw.
        rows: (m,) from which of them, by default from all.
    """
    rows = np.arange(len(vectors)) if rows is None else rows
    names = name_vectors(vectors, rows)
    few = np.argpartition(names, count)[:count] if count < len(names) else np.arange(len(names))
    return np.asarray(rows[few[np.lexsort((few, names[few]))]], np.int64)


def cosines(query: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) the similarities of one vector to others, all of them on the grid."""
    return np.asarray(np.round(vectors.astype(np.float64) @ query.astype(np.float64), DIGITS), np.float64)


def rank(base: NDArray[np.float32], rows: NDArray[np.int64], length: int, least: int, *, threads: int) -> Ranking:
    """Rank all vectors by their similarity to some of them, by comparing with all.

    Args:
        base: (n, d), different from each other and on the grid.
        rows: (m,) which to rank others for.
        length: How many to rank...
        least: ...and how many at least: of equally similar ones at the end it is not always known who comes first.
        threads: Cores to use.
    """
    everything = np.arange(len(base))
    found = Ranking.empty(len(rows), min(length, max(len(base) - 1, 0)))
    parts = [np.arange(at, min(at + QUERIES, len(rows))) for at in range(0, len(rows), QUERIES)]

    def work(part: NDArray[np.int64]) -> Ranking:
        return rank_among(base[rows[part]], rows[part], base, everything, found.length, least)

    found.fill(on_cores(work, parts, threads))
    return found


def rank_among(
    queries: NDArray[np.float32],
    own: NDArray[np.int64],
    base: NDArray[np.float32],
    names: NDArray[np.int64],
    length: int,
    least: int,
) -> Ranking:
    """Rank some vectors by their similarity to queries.

    Args:
        queries: (m, d) on the grid.
        own: (m,) which vector each query is, which is not ranked.
        base: (n, d) on the grid.
        names: (n,) which vectors these are.
        length: How many to rank...
        least: ...and how many at least.
    """
    found, asked, ask = Ranking.empty(len(queries), length), np.arange(len(queries)), length + 1
    while len(asked) and length:
        found.fill([(asked, _rank(queries[asked], own[asked], base, names, ask, length))])
        if ask >= len(base):
            break
        asked, ask = asked[found.known[asked] < least], 4 * ask
    return found


def _rank(
    queries: NDArray[np.float32],
    own: NDArray[np.int64],
    base: NDArray[np.float32],
    names: NDArray[np.int64],
    ask: int,
    length: int,
) -> Ranking:
    """Rank as far as the largest products in single precision can tell."""
    product, place = strongest(queries, base, ask)
    last = product[:, -1].astype(np.float64) if ask < len(base) else np.full(len(queries), -np.inf)
    return settle(queries, own, base, place, names, length, last)


def settle(
    queries: NDArray[np.float32],
    own: NDArray[np.int64],
    base: NDArray[np.float32],
    place: NDArray[np.int64],
    names: NDArray[np.int64],
    length: int,
    last: NDArray[np.floating],
) -> Ranking:
    """Rank the vectors with the largest products as far as these, in single precision, can tell.

    Args:
        queries: (m, d) on the grid.
        own: (m,) which vector each query is, which is not ranked.
        base: (n, d) on the grid.
        place: (m, k) which of the base have the largest products.
        names: (n,) which vectors those of the base are.
        length: how many to rank.
        last: (m,) the least of the products; minus infinity where there are no others.
    """
    exact = np.empty(place.shape)
    for start in range(0, len(queries), _EXACT):
        part = slice(start, start + _EXACT)
        product = np.matmul(base[place[part]].astype(np.float64), queries[part, :, None].astype(np.float64))
        exact[part] = np.round(product[:, :, 0], DIGITS)
    name = names[place]
    # All others are no nearer than the last, but for the worst that adding d products in single precision does.
    out = (name == own[:, None]) | (exact <= last[:, None] + (queries.shape[1] * 2.0**-24 + 10.0**-DIGITS))
    exact[out] = -np.inf
    order = np.lexsort((name, -exact), axis=1)[:, :length]
    found = Ranking.empty(len(queries), length)
    at = slice(order.shape[1])
    known = ~np.take_along_axis(out, order, 1)
    found.ids[:, at] = np.where(known, np.take_along_axis(name, order, 1), -1)
    found.similarities[:, at] = np.where(known, np.take_along_axis(exact, order, 1), 0)
    return found

"""Vectors -> families: images that look alike, more loosely than copies, so that a dataset can be looked through.

Three steps. Many small groups around images drawn by their content (spherical k-means; Dhillon and Modha, 2001) bound
the size of what follows. The two groups whose union spreads least are then merged until as many are left as wished
(Ward, 1963, by the nearest-neighbour chain; Murtagh, 1983). At last every image goes where it is nearest to the mean,
twice. Merging finds families of any number and size, and the last step mends what a merge that came first has left on
the wrong side.

Of a large dataset a sample is divided like this, and every image goes to the mean that it is nearest to: looking
through a hundred thousand pictures needs no finer means, and adding one costs little more than finding its place.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index import draw
from fastdup_checks.index.ranking import name_vectors
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ("Families", "count_families", "find_families", "name_mix")

_GRID = 2048.0
"""Vectors are laid on a grid of this many steps: every partial sum of a product is then a whole number below 2**24,
which float32 holds exactly, and no order of additions, and so no number of threads, changes a result."""
_EXACT = 1 << 13
"""So many of them add up exactly in single precision."""
_SEEDS = 800
"""Small groups, at most."""
_ROUNDS = 2
_DIVIDED = 20_000
"""Images that tell what families there are, at most."""
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Families:
    """A division of the images; families are numbered from 0, largest first, then by their first image."""

    family: NDArray[np.int32]
    """(n,) the number of each image's family."""
    typical: NDArray[np.float32]
    """(n,) similarity of each image to the mean of its family, 0 to 1: the highest represent it."""

    def __iter__(self) -> Iterator[list[int]]:
        """The rows of each family, the most typical first."""
        order = np.lexsort((-self.typical, self.family))
        ends = np.cumsum(np.bincount(self.family))
        return (rows.tolist() for rows in np.split(order, ends[:-1]) if len(rows))


def count_families(n: int) -> int:
    """How many families to look for among n images: the root of n / 2 (Mardia, Kent and Bibby, 1979).

    A dataset of 200 images has 10 of 20, one of 100,000 has 224 of 447: both the list and a family stay readable.
    """
    return max(1, round(math.sqrt(n / 2)))


def find_families(
    vectors: NDArray[np.float32], count: int | None = None, *, copies: NDArray[np.integer] | None = None
) -> Families:
    """Divide images by how alike they look.

    Args:
        vectors: (n, d), each of length 1.
        count: how many families, by default `count_families`; fewer come out where images do not differ.
        copies: (n,) equal numbers for copies of one picture, of which one speaks for all: a picture is no family
            for being there often. By default all pictures are different.

    Returns:
        The same for the same vectors in any order, but for the numbers of equally large families.
    """
    n = len(vectors)
    if n == 0:
        return Families(np.zeros(0, np.int32), np.zeros(0, np.float32))
    alone = place = np.arange(n)
    if copies is not None:
        order = np.argsort(name_vectors(vectors), kind="stable")
        _, first, found = np.unique(copies[order], return_index=True, return_inverse=True)
        alone, place = order[first], found[np.argsort(order)]
    drawn = _lay(vectors[draw(vectors, _DIVIDED, alone)])
    means = _divide(drawn, count_families(len(alone)) if count is None else count)
    parts = [_nearest(_lay(vectors[alone[at : at + _CHUNK]]), means) for at in range(0, len(alone), _CHUNK)]
    group, similarity = (np.concatenate(column) for column in zip(*parts, strict=True))
    group = np.unique(group, return_inverse=True)[1][place]
    _, first = np.unique(group, return_index=True)
    number = np.empty(len(first), np.int32)
    number[np.lexsort((first, -np.bincount(group)))] = np.arange(len(first))
    return Families(number[group], similarity[place])


def name_mix(labels: Iterable[str | None]) -> str:
    """Name a family by the labels of its images: "dog 84 %, cat 12 %", up to three with 5 % (rounded); may be empty."""
    counts = Counter(labels)
    total = sum(counts.values())
    ranked = sorted(((label, n) for label, n in counts.items() if label is not None), key=lambda c: (-c[1], c[0]))
    shares = [(printable(label), round(100 * n / total)) for label, n in ranked[:3]]
    return ", ".join(f"{label} {share} %" for label, share in shares if share >= 5)


def _lay(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    laid: NDArray[np.float32] = np.rint(vectors * _GRID).astype(np.float32, copy=False)
    return laid


def _divide(grid: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(families, d) the mean of each family of vectors."""
    n = len(grid)
    means, group = grid, np.arange(n)
    if n > _SEEDS:
        means = grid[np.arange(_SEEDS) * n // _SEEDS]
        for _ in range(_ROUNDS):
            means, group = _means(grid, _nearest(grid, means)[0])
    merged = _merge(means, np.bincount(group).astype(np.float64), min(count, len(means)))
    means, group = _means(grid, merged[group])
    for _ in range(_ROUNDS):
        means, group = _means(grid, _nearest(grid, means)[0])
    return means


def _nearest(grid: NDArray[np.float32], means: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(n,) the mean that each vector is most similar to, the first of equal ones, and that similarity, 0 to 1."""
    nearest, product = np.empty(len(grid), np.int64), np.empty(len(grid), np.float32)
    for start in range(0, len(grid), _CHUNK):
        part = slice(start, start + _CHUNK)
        products = grid[part] @ means.T
        nearest[part] = products.argmax(1)
        product[part] = products.max(1)
    return nearest, np.clip(np.round(product.astype(np.float64) / _GRID**2, 6), 0, 1).astype(np.float32)


def _means(grid: NDArray[np.float32], group: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The direction of the mean of each group that has members, and the groups numbered without gaps."""
    _, group = np.unique(group, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(group.max() + 1))
    exact = np.bincount(group).max() <= _EXACT
    total = np.add.reduceat(grid[order] if exact else grid[order].astype(np.float64), starts, axis=0).astype(np.float64)
    length = np.sqrt((total**2).sum(1, keepdims=True))
    return _lay(total / np.maximum(length, 1e-9)), group.astype(np.int64)


def _merge(means: NDArray[np.float32], size: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """(m,) a number for each group, equal for those that are merged into one of `count`."""
    m = len(means)
    length = np.einsum("md,md->m", means, means).astype(np.float64)
    product = (means @ means.T).astype(np.float64)
    cost = np.maximum(length[:, None] + length - 2 * product, 0.0) * (size[:, None] * size / (size[:, None] + size))
    np.fill_diagonal(cost, np.inf)
    size = size.copy()
    merges: list[tuple[float, int, int]] = []
    chain: list[int] = []
    alive = np.ones(m, bool)
    while len(merges) < m - 1:
        if not chain:
            chain.append(int(np.argmax(alive)))
        while True:
            here = chain[-1]
            nearest = int(cost[here].argmin())
            # The one before on a tie: the chain must come to an end.
            if len(chain) > 1 and cost[here, chain[-2]] <= cost[here, nearest]:
                break
            chain.append(nearest)
        one, other = sorted((chain.pop(), chain.pop()))
        merges.append((float(cost[one, other]), one, other))
        # Lance and Williams (1967): what merging the union with each of the others will cost.
        joined = (size[one] + size) * cost[one] + (size[other] + size) * cost[other] - size * cost[one, other]
        joined = np.where(alive, joined / (size[one] + size[other] + size), np.inf)
        joined[[one, other]] = np.inf
        cost[one], cost[:, one] = joined, joined
        cost[other], cost[:, other] = np.inf, np.inf
        alive[other] = False
        size[one] += size[other]
    # The chain finds merges out of order; the cheapest ones are those of the sequence (reducibility; Murtagh, 1983).
    root = np.arange(m)
    for _, one, other in sorted(merges, key=lambda merge: merge[0])[: m - count]:
        root[root == root[other]] = root[one]
    return root

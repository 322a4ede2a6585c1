"""Vectors -> a small subset that stands for all."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index import draw
from fastdup_checks.whitening import whiten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ("coverage", "sample")

_GRID = 4096
"""Similarities are laid on a grid of this many steps, so that sums do not depend on the order of additions."""
_REFERENCES = 4000
"""Images of a class that a pick is judged by, at most."""


def sample(
    vectors: NDArray[np.float32],
    count: int,
    *,
    labels: NDArray[np.integer] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Pick a diverse and representative subset.

    The subset of a class is the one for which the similarity of the class's images to the nearest picked one is as
    large as a greedy search makes it: facility location, within 1 - 1/e of the best (Nemhauser, Wolsey and Fisher,
    1978), with lazy evaluation (Minoux, 1978). Each class gets images in proportion to the square root of its size,
    and one at least where `count` allows it, so that small classes are not lost.

    Args:
        vectors: (n, d), each of length 1.
        count: how many; all allowed images where there are not so many.
        labels: (n,) classes; -1 for images without a label, which count as one class.
        allowed: (n,) images that may be picked, by default all. Leave out copies, and what is not to be trusted.

    Returns:
        Rows, ascending.
    """
    n = len(vectors)
    may = np.ones(n, bool) if allowed is None else np.asarray(allowed, bool)
    classes = np.zeros(n, np.int64) if labels is None else np.asarray(labels, np.int64)
    names, size = np.unique(classes[may], return_counts=True)
    vectors = whiten(vectors)
    picked: list[int] = []
    for name, quota in zip(names.tolist(), _quotas(size, count), strict=True):
        rows = np.flatnonzero(may & (classes == name))
        picked += rows[_spread(vectors[rows], quota)].tolist()
    return np.array(sorted(picked), np.int64)


def coverage(vectors: NDArray[np.float32], picked: NDArray[np.int64]) -> float:
    """How well a subset of at least one stands for all: the mean similarity to the nearest picked image, whitened."""
    vectors = whiten(vectors)
    best = np.full(len(vectors), -1.0)
    for start in range(0, len(vectors), 4096):
        part = slice(start, start + 4096)
        best[part] = np.rint((vectors[part] @ vectors[picked].T).max(1) * _GRID) / _GRID
    return float(np.round(best.mean(), 6))


def _quotas(size: NDArray[np.int64], count: int) -> Sequence[int]:
    """Images of each class: by the root of its size, none more than it has, in all `count`."""
    quota = np.zeros(len(size), np.int64)
    wish = np.sqrt(size)
    for _ in range(min(count, int(size.sum()))):
        # The class that is furthest behind its wish, the first of equal ones.
        behind = np.where(quota < size, (quota + 0.5) / wish, np.inf)
        quota[int(np.argmin(behind))] += 1
    return [int(q) for q in quota]


def _spread(vectors: NDArray[np.float32], count: int) -> list[int]:
    """Greedy facility location: rows in the order in which they are picked."""
    n = len(vectors)
    if count >= n:
        return list(range(n))
    references = draw(vectors, _REFERENCES)
    similarity = np.empty((n, len(references)), np.int16)
    for start in range(0, n, 4096):
        part = slice(start, start + 4096)
        similarity[part] = np.rint((vectors[part] @ vectors[references].T) * _GRID)
    covered = np.full(len(references), -_GRID, np.int16)

    def gain(row: int) -> int:
        return int(np.maximum(similarity[row].astype(np.int32) - covered, 0).sum())

    queue = [(-gain(row), row) for row in range(n)]
    heapq.heapify(queue)
    picked: list[int] = []
    while len(picked) < count:
        _, row = heapq.heappop(queue)
        now = -gain(row)
        if queue and (now, row) > queue[0]:
            heapq.heappush(queue, (now, row))  # gains only fall: what is still first is the best
            continue
        picked.append(row)
        covered = np.maximum(covered, similarity[row])
    return picked

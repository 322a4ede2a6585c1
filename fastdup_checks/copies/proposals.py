"""Neighbours propose: which pairs of images are worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.alike import propose
from fastdup_checks.copies.memory import distinct
from fastdup_checks.copies.nearest import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.copies.subjects import Subjects

__all__ = ("Proposals",)


class Proposals:
    """Pairs that may be copies; a pair is one number, first * count + second."""

    def __init__(self, subjects: Subjects, place_of: NDArray[np.int64], threads: int) -> None:
        """Propose pairs of subjects.

        Args:
            subjects: The images.
            place_of: Which of them every row of the inputs is.
            threads: Cores to use.
        """
        self.subjects, self.place_of, self.threads = subjects, place_of, threads
        self.recall = 1.0
        """The least that any of the searches found of what it should."""

    def around(self, rows: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Which of some images, and each of its k nearest by embedding."""
        if not len(rows):
            return rows, rows
        vectors, scale = self.subjects.vectors, self.subjects.inputs.scale
        hits = nearest(vectors[rows], vectors, min(k + 1, len(vectors)), threads=self.threads, scale=scale)
        self.recall = min(self.recall, hits.recall)
        return hits.query, hits.place

    def near(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every image, and each of its k nearest by embedding: taken from what is known where that suffices."""
        known = self.subjects.inputs.neighbours
        if known is None or (known.k <= k and known.k < self.subjects.inputs.count - 1):
            return self.around(np.arange(self.subjects.count), k)
        hits = self.place_of[known.ids[self.subjects.rows]]
        cosine = known.similarities[self.subjects.rows]
        other = self._others(hits)
        seen = np.cumsum(other, axis=1, dtype=np.int32)
        wanted = min(k, self.subjects.count - 1)
        last = np.argmax(seen >= wanted, axis=1)  # of fewer images than k, all others are near
        least = np.take_along_axis(cosine, last[:, None], 1)
        enough = seen[:, -1] >= wanted
        if known.k < self.subjects.inputs.count - 1:  # there may be more that are as near as the last one known
            enough &= least[:, 0] > cosine[:, -1]
        keep = other & (cosine >= least) & (cosine > 0)
        query, at = np.nonzero(keep & enough[:, None])
        again = np.flatnonzero(~enough)
        more, found = self.around(again, k)
        return np.concatenate([query, again[more]]), np.concatenate([hits[query, at], found])

    def _others(self, hits: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the hits of every image are the first of another picture: exact copies are one."""
        other = np.ones(hits.shape, bool)
        copied = np.bincount(self.place_of, minlength=self.subjects.count) > 1
        rows = np.flatnonzero(copied | copied[hits].any(axis=1))
        order = np.argsort(hits[rows], axis=1, kind="stable")
        ordered = np.take_along_axis(hits[rows], order, 1)
        first = np.ones(ordered.shape, bool)
        first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        first &= ordered != rows[:, None]
        np.put_along_axis(some := np.empty_like(first), order, first, 1)
        other[rows] = some
        return other

    def keys(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        """Pairs of images and others, each once, ascending."""
        apart = a != b
        return distinct(np.minimum(a, b)[apart] * self.subjects.count + np.maximum(a, b)[apart])

    def alike(self) -> NDArray[np.int64]:
        """Pairs that look alike in some orientation, with or without their frames."""
        inputs = self.subjects.inputs
        file = None if inputs.kept is None else inputs.kept.with_suffix(".looks.npz")
        first, second, recall = propose(
            self.subjects.descriptions, self.subjects.names, file, threads=self.threads, scale=inputs.scale
        )
        self.recall = min(self.recall, recall)
        return self.keys(first, second)

"""What the checks measure: everything derived from a scan, each thing computed once and when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.derived import derive
from fastdup_checks.index import Neighbours, find_neighbours
from fastdup_checks.labels import VOTERS, LabelSuspects, score_labels
from fastdup_checks.whitening import whiten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fastdup_checks.records import Record
    from fastdup_checks.scan import Scan

__all__ = ("Analysis", "Copies", "Outliers")

NEIGHBOURS = 20
NEAR = 0.95


@dataclass(frozen=True, slots=True)
class Copies:
    """Pairs of images that show the same picture, strongest first. Columns of equal length."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    """Rows of the scan; left < right."""
    score: NDArray[np.float32]
    """Probability that the two are copies, 0..1; 1 for exact ones."""
    exact: NDArray[np.bool_]
    edit: tuple[str, ...]
    """What was done to one to get the other, for people."""

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Outliers:
    """How far each image stands from all others."""

    score: NDArray[np.float32]
    """(n,) 0..1, higher is stranger."""
    nearest: NDArray[np.int32]
    """(n,) the most similar other image, -1 where there is none."""
    reason: tuple[str, ...]


class Analysis:
    """Everything derived from one scan."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan

    def _derive(
        self, kind: str, compute: Callable[[], dict[str, NDArray[Any]]], *more: bytes
    ) -> Mapping[str, NDArray[Any]]:
        return derive(self.scan.settings.cache, kind, (self.fingerprint, *more), compute)

    @cached_property
    def fingerprint(self) -> str:
        """Names the scanned contents and how they were measured."""
        return self.scan.fingerprint()

    @property
    def images(self) -> tuple[Record, ...]:
        """The readable images."""
        return self.scan.images

    @cached_property
    def neighbours(self) -> Neighbours:
        """The nearest neighbours by embedding."""

        def compute() -> dict[str, NDArray[Any]]:
            found = find_neighbours(self.scan.vectors, NEIGHBOURS, threads=self.scan.settings.threads)
            return {"ids": found.ids, "similarities": found.similarities}

        known = self._derive(f"neighbours-1-{NEIGHBOURS}", compute)
        return Neighbours(known["ids"], known["similarities"])

    @cached_property
    def exact_group(self) -> NDArray[np.int32]:
        """(n,) equal numbers for images with the same bytes or the same pixels."""
        first: dict[bytes, int] = {}
        return np.array([first.setdefault(p, row) for row, p in enumerate(self.scan.pixels)], dtype=np.int32)

    @cached_property
    def copies(self) -> Copies:
        """All pairs of copies, exact and near, at or above the default threshold."""
        pairs: dict[tuple[int, int], tuple[float, bool]] = {}
        members: dict[int, list[int]] = {}
        for row, group in enumerate(self.exact_group.tolist()):
            members.setdefault(group, []).append(row)
        for rows in members.values():
            for i, left in enumerate(rows):
                for right in rows[i + 1 :]:
                    pairs[left, right] = (1.0, True)
        near = np.argwhere(self.neighbours.similarities >= NEAR)
        for row, column in near.tolist():
            other = int(self.neighbours.ids[row, column])
            pairs.setdefault(
                (min(row, other), max(row, other)), (float(self.neighbours.similarities[row, column]), False)
            )
        order = sorted(pairs, key=lambda pair: (-pairs[pair][0], not pairs[pair][1], pair))
        return Copies(
            np.array([p[0] for p in order], np.int32),
            np.array([p[1] for p in order], np.int32),
            np.array([pairs[p][0] for p in order], np.float32),
            np.array([pairs[p][1] for p in order], bool),
            tuple("same picture" if pairs[p][1] else "" for p in order),
        )

    @cached_property
    def clusters(self) -> tuple[tuple[int, ...], ...]:
        """Groups of copies: rows that hang together, largest group first, then by first row."""
        return connect(len(self.images), self.copies.left, self.copies.right)

    @cached_property
    def outliers(self) -> Outliers:
        """How strange each image is."""
        near = self.neighbours
        if near.k == 0:
            n = len(self.images)
            return Outliers(np.zeros(n, np.float32), np.full(n, -1, np.int32), ("",) * n)
        mean = near.similarities[:, :5].mean(1, dtype=np.float64)
        score = np.round(np.clip(1 - mean, 0, 1), 4).astype(np.float32)
        return Outliers(score, near.ids[:, 0], ("far from every other image",) * len(score))

    @cached_property
    def cluster_of(self) -> NDArray[np.int64]:
        """(n,) equal numbers for copies of one picture."""
        numbers = np.arange(len(self.images))
        for rows in self.clusters:
            numbers[list(rows)] = rows[0]
        return numbers

    @cached_property
    def labels(self) -> LabelSuspects:
        """How likely each label is wrong; classes are numbered as in `Dataset.classes`."""
        number = {name: place for place, name in enumerate(self.scan.dataset.classes)}
        labels = np.array([number.get(r.label or "", -1) for r in self.images], dtype=np.int64)

        def compute() -> dict[str, NDArray[Any]]:
            vectors = whiten(self.scan.vectors, labels=labels)
            near = find_neighbours(vectors, 2 * VOTERS, threads=self.scan.settings.threads)
            found = score_labels(near.ids, near.similarities, labels, copies=self.cluster_of)
            return {"score": found.score, "suggested": found.suggested, "confusion": found.confusion}

        known = self._derive("labels-1", compute, labels.tobytes(), self.cluster_of.tobytes())
        return LabelSuspects(known["score"], known["suggested"], known["confusion"])

    def class_name(self, number: int) -> str | None:
        """The label with a number, None for -1."""
        return self.scan.dataset.classes[number] if number >= 0 else None


def connect(count: int, left: NDArray[np.int32], right: NDArray[np.int32]) -> tuple[tuple[int, ...], ...]:
    """Connected components of two or more rows, by size and first row."""
    parent = list(range(count))

    def find(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        one, other = find(a), find(b)
        parent[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for row in sorted({*left.tolist(), *right.tolist()}):
        groups.setdefault(find(row), []).append(row)
    return tuple(sorted((tuple(g) for g in groups.values()), key=lambda g: (-len(g), g)))

"""Labels as they are and as the pictures look -> the classes that are taken for each other, as far as a page holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.records import printable
from fastdup_checks.report.page import Confused, Confusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_checks.labels import LabelSuspects

__all__ = ("find_confusion",)

_PAIRS = 12
_CLASSES = 12
"""Classes in the matrix, at most."""


def find_confusion(classes: Sequence[str], labels: LabelSuspects) -> Confusion | None:
    """The pairs of classes that are confused most, and a small matrix of them; None where no image looks otherwise.

    Args:
        classes: the names; a class's number is its place.
        labels: of the images.
    """
    apart = np.flatnonzero((labels.given != labels.looks) & (labels.images > 0))
    if not len(apart):
        return None
    given, looks, images, wrong = (
        column[apart] for column in (labels.given, labels.looks, labels.images, labels.wrong)
    )
    order = np.lexsort((looks, given, -wrong, -images))
    size = np.bincount(labels.given, labels.images, len(classes)).astype(np.int64)
    pairs = tuple(
        Confused(
            printable(classes[given[at]]),
            printable(classes[looks[at]]),
            int(images[at]),
            float(images[at] / size[given[at]]),
            float(wrong[at]),
        )
        for at in order[:_PAIRS].tolist()
    )
    shown = _choose(len(classes), given[order].tolist(), looks[order].tolist())
    place = np.full(len(classes), -1)
    place[shown] = np.arange(len(shown))
    both = np.flatnonzero((place[labels.given] >= 0) & (place[labels.looks] >= 0))
    inside = np.zeros((len(shown), len(shown)), np.int64)
    inside[place[labels.given[both]], place[labels.looks[both]]] = labels.images[both]
    rest = size[shown] - inside.sum(1)
    counts = tuple((*row, other) for row, other in zip(inside.tolist(), rest.tolist(), strict=True))
    return Confusion(pairs, tuple(printable(classes[number]) for number in shown), counts)


def _choose(count: int, given: Sequence[int], looks: Sequence[int]) -> list[int]:
    """All classes where they are few, else those of the first pairs."""
    if count <= _CLASSES:
        return list(range(count))
    chosen: set[int] = set()
    for pair in zip(given, looks, strict=True):
        if len(chosen | set(pair)) <= _CLASSES:
            chosen |= set(pair)
    return sorted(chosen)

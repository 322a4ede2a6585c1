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
    mistaken = labels.mistaken
    apart = mistaken * (1 - np.eye(len(mistaken), dtype=mistaken.dtype))
    given, looks = np.nonzero(apart)
    if not len(given):
        return None
    order = np.lexsort((looks, given, -labels.wrong[given, looks], -apart[given, looks]))
    size = mistaken.sum(1)
    pairs = tuple(
        Confused(
            printable(classes[one]),
            printable(classes[other]),
            int(apart[one, other]),
            float(apart[one, other] / size[one]),
            float(labels.wrong[one, other]),
        )
        for one, other in zip(given[order[:_PAIRS]].tolist(), looks[order[:_PAIRS]].tolist(), strict=True)
    )
    shown = _choose(len(classes), given[order].tolist(), looks[order].tolist())
    inside = mistaken[np.ix_(shown, shown)]
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

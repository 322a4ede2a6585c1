"""Which images a check counts, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.errors import DatasetError
from fastdup_checks.findings import Measurement
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.checks.check import Scope
    from fastdup_checks.findings import Finding
    from fastdup_checks.records import Dataset, Record
    from fastdup_checks.scan import Broken

__all__ = (
    "Selection",
    "broken_in",
    "expect_splits",
    "expect_two_splits",
    "not_counted",
    "select",
    "share",
    "without_counts",
    "worst_first",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The images of a scope."""

    rows: NDArray[np.bool_]
    """(n,) over the readable images of the scan."""
    broken: tuple[Broken, ...]
    name: str
    """"images", "images in train", "images of dress in train"."""

    @property
    def count(self) -> int:
        """How many readable images there are."""
        return int(self.rows.sum())

    @property
    def remark(self) -> str:
        """What is not in the count."""
        return not_counted(len(self.broken))

    def share(self, count: int, findings: Iterable[Finding], remark: str = "") -> Measurement:
        """So many of the images, which the findings account for; with a remark beside that on what is not counted."""
        value = share(count, self.count)
        remark = "; ".join(filter(None, (remark, self.remark)))
        return Measurement(value, "share", count, self.count, self.name, tuple(findings), remark)


def select(analysis: Analysis, scope: Scope) -> Selection:
    """The images of a scope.

    Raises:
        DatasetError: if no file at all is in it: a misspelt name must not pass.
    """

    def inside(record: Record) -> bool:
        return scope.split in {None, record.split} and scope.label in {None, record.label}

    if scope.split is None and scope.label is None:
        rows = np.ones(len(analysis.images), bool)
    else:
        rows = np.array([inside(r) for r in analysis.images], bool)
    broken = tuple(b for b in analysis.scan.broken if inside(b.record))
    name = "images"
    if scope.label is not None:
        name += f" of {printable(scope.label)}"
    if scope.split is not None:
        name += f" in {printable(scope.split)}"
    if not rows.any() and not broken:
        raise DatasetError(f"there are no {name}; {_choices(analysis, scope)}")
    return Selection(rows, broken, name)


def share(count: int, population: int) -> float:
    """Count over population; not-a-number where there was nothing to measure, which keeps to no bound."""
    return count / population if population else float("nan")


def worst_first(chosen: NDArray[np.bool_], score: NDArray[np.floating]) -> list[int]:
    """The rows that are chosen, those of a high score first, of equal ones the first."""
    rows = np.flatnonzero(chosen)
    return [int(row) for row in rows[np.lexsort((rows, -score[rows]))]]


def not_counted(unreadable: int) -> str:
    """The remark on so many unreadable images; empty where there are none."""
    return (
        f"{unreadable} unreadable {'image is' if unreadable == 1 else 'images are'} not counted" if unreadable else ""
    )


def without_counts(remark: str) -> str:
    """A remark without what it says of images that are not counted."""
    return "; ".join(part for part in remark.split("; ") if not part.endswith(" not counted"))


def expect_splits(dataset: Dataset, names: Iterable[str]) -> None:
    """Make sure that a dataset has images in some splits.

    Raises:
        DatasetError: if it has none in one of them: a misspelt name must not pass.
    """
    for name in names:
        if name not in dataset.splits:
            known = ", ".join(map(printable, dataset.splits)) or "none"
            raise DatasetError(f"there is no split {printable(name)!r}; the splits are: {known}")


def expect_two_splits(dataset: Dataset, between: Sequence[str] | None, check: str) -> Sequence[str]:
    """The splits that a check compares with each other: two that are named, or all.

    Raises:
        DatasetError: if there are not two, or the dataset has no images in one of them.
    """
    splits = dataset.splits if between is None else between
    if between is not None and not len(between) == len(set(between)) == 2:
        named = ", ".join(map(printable, between)) or "none"
        raise DatasetError(f"{check} compares two different splits, and `between` names {named}")
    if len(splits) < 2:
        raise DatasetError(f"{check} needs two splits, and the dataset has {len(splits) or 'none'}")
    expect_splits(dataset, splits)
    return splits


def broken_in(analysis: Analysis, splits: Collection[str | None]) -> int:
    """How many unreadable images some splits have; None stands for no split."""
    return sum(b.record.split in splits for b in analysis.scan.broken)


def _choices(analysis: Analysis, scope: Scope) -> str:
    if scope.label is not None:
        return _list("labels", analysis.scan.dataset.classes)
    return _list("splits", analysis.scan.dataset.splits)


def _list(what: str, names: Iterable[str]) -> str:
    some = [printable(n) for n in names]
    return f"the {what} are {', '.join(some[:20])}{', ...' if len(some) > 20 else ''}" if some else f"it has no {what}"

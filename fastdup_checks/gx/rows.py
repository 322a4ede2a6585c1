"""Which rows of a batch a check judges, and which of them are not as wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.checks import CHECKS
from fastdup_checks.checks.leaks import leaking_rows
from fastdup_checks.checks.novelty import new_split
from fastdup_checks.checks.scope import select, without_counts
from fastdup_checks.findings import Finding
from fastdup_checks.records import printable
from fastdup_checks.table import TableReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.findings import Measurement
    from fastdup_checks.records import Record

__all__ = ("JudgedRows", "judge_rows")


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """What a check says of the rows of a batch that have an image."""

    unexpected: frozenset[str]
    """The names of the images that are not as wanted, as `fastdup_checks.table.image_name` gives them: those that the
    check finds, and those that it would have to look at and that cannot be read."""
    unreadable: int
    """How many of the unexpected rows have an image that cannot be read, where the check is not about just that."""
    judged: int
    """How many rows the check judges; those that cannot be read are among them."""
    others: int
    """How many rows it does not judge: they are neither as wanted nor not."""
    measurement: Measurement
    """That of the check. Unreadable images are among its findings, which come after those of the check and stand for
    nothing that it counts; its remark says nothing of them, and which rows are not judged."""


def judge_rows(analysis: Analysis, check: str, params: Any, measurement: Measurement) -> JudgedRows:
    """Divide the rows of a batch, as a check sees them.

    Rows that name the same image are alike where one of them is not as wanted: it is the image that is shown, and a row
    that would not be judged by itself is then among the unexpected ones.

    Args:
        analysis: of the batch.
        check: the name of the check.
        params: its parameters.
        measurement: what it measures with them.
    """
    reader = analysis.scan.dataset.reader
    assert isinstance(reader, TableReader)
    listed = reader.listed
    is_judged, who = _judged_by(analysis, check, params)
    found = _found(analysis, check, params, measurement)
    broken = () if check == "broken_images" else tuple(b for b in analysis.scan.broken if is_judged(b.record))
    names = frozenset(listed.get(path, path) for path in (*found, *(b.record.path for b in broken)))
    unread = {listed.get(b.record.path, b.record.path) for b in broken}
    rows = [(listed.get(record.path, record.path), is_judged(record)) for record in analysis.scan.dataset.records]
    judged = sum(by_itself or name in names for name, by_itself in rows)
    others = len(rows) - judged
    said = f"{others} {'row' if others == 1 else 'rows'} {who} {'is' if others == 1 else 'are'} not judged"
    return JudgedRows(
        unexpected=names,
        unreadable=sum(name in unread for name, _ in rows),
        judged=judged,
        others=others,
        measurement=replace(
            measurement,
            findings=(
                *measurement.findings,
                *(Finding((b.record.path,), 1.0, f"cannot be read: {b.reason}", weight=0) for b in broken),
            ),
            remark="; ".join(filter(None, (without_counts(measurement.remark), said if others else ""))),
        ),
    )


def _judged_by(analysis: Analysis, check: str, params: Any) -> tuple[Callable[[Record], bool], str]:
    """Whether a check judges a row, and what rows are that it does not."""
    dataset = analysis.scan.dataset
    if check == "leak":
        sides = frozenset(params.between or dataset.splits)
        return lambda record: record.split in sides, "outside the splits that are compared"
    if check == "novelty_rate":
        new = new_split(dataset, params)
        return lambda record: record.split == new, f"outside {printable(new or '')}"
    if "labels" in CHECKS[check].needs:
        return lambda record: record.label is not None, "without a label"
    return lambda _: True, ""


def _found(analysis: Analysis, check: str, params: Any, measurement: Measurement) -> set[str]:
    """The images in findings of a check; where a finding names one of many copies, the others are among them."""
    found = {path for finding in measurement.findings for path in finding.images}
    rows = np.fromiter((image.path in found for image in analysis.images), bool, len(analysis.images))
    if check == "leak":
        rows |= leaking_rows(analysis, params)
    elif check == "near_duplicate_rate":
        rows |= np.isin(analysis.exact_group, analysis.exact_group[rows]) & select(analysis, params).rows
    return found | {analysis.images[row].path for row in np.flatnonzero(rows).tolist()}

"""Expectations and an analysis -> verdicts, as a baseline sees them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastdup_checks.baseline import pictures_of
from fastdup_checks.checks import CHECKS
from fastdup_checks.errors import DatasetError
from fastdup_checks.records import printable
from fastdup_checks.verdict import format_bound, judge, skipped

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis
    from fastdup_checks.baseline import Baseline
    from fastdup_checks.checks.check import Check
    from fastdup_checks.config import Plan
    from fastdup_checks.expectation import Expectation
    from fastdup_checks.verdict import Verdict

__all__ = ("evaluate", "evaluate_all", "measurable")


def evaluate(expectation: Expectation, analysis: Analysis, baseline: Baseline | None = None) -> Verdict:
    """Judge one expectation; one that is to be skipped is not measured.

    Args:
        expectation: of a plan.
        analysis: of the plan's dataset.
        baseline: findings that it accepts are not counted, and values that it has seen reached must not get worse.

    Raises:
        DatasetError: if the dataset lacks what the expectation is about.
    """
    if expectation.skip is not None:
        return skipped(expectation)
    measurement = CHECKS[expectation.check].measure(analysis, expectation.params)
    if baseline is None:
        return judge(expectation, measurement)
    pictures = pictures_of(analysis) if baseline.accepted else {}
    measurement, accepted = baseline.waive(expectation, measurement, pictures)
    held = baseline.tighten(expectation)
    if held.bound != expectation.bound and expectation.bound is not None and baseline.path is not None:
        stated = format_bound(expectation.bound, expectation.unit)
        remark = f"{stated}, but {printable(baseline.path.name)} holds what was reached"
        measurement = replace(measurement, remark="; ".join(filter(None, (measurement.remark, remark))))
    return judge(held, measurement, accepted)


def evaluate_all(plan: Plan, analysis: Analysis, baseline: Baseline) -> list[Verdict]:
    """Judge all expectations of a plan.

    Raises:
        DatasetError: if the dataset lacks what an expectation is about, with the line of the expectation.
    """

    def verdict(expectation: Expectation) -> Verdict:
        try:
            return evaluate(expectation, analysis, baseline)
        except DatasetError as error:
            raise DatasetError(f"{expectation.source}:{expectation.line}: {error}") from error

    return [verdict(expectation) for expectation in plan.expectations]


def measurable(analysis: Analysis) -> list[Check]:
    """The checks that say something of this dataset."""
    dataset = analysis.scan.dataset
    have = {
        "splits": len(dataset.splits) > 1,
        "labels": len(dataset.classes) > 1,
        "groups": any(r.group is not None for r in dataset.records),
    }
    return [check for check in CHECKS.values() if all(have[need] for need in check.needs)]

"""Bad pictures: one check for each rule of `fastdup_checks.quality`, and one for all of them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.checks.check import Check, Scope, at_most, check, parameter
from fastdup_checks.checks.scope import select, worst_first
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.quality import RULES, find_flaws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.quality import Rule

__all__ = ("QUALITY_CHECKS", "QualityScope", "flawed_images")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityScope(Scope):
    """Which images to look at, and where the rule begins."""

    threshold: float | None = parameter("number", "Where the rule begins, in its own unit; by default its own limit.")


def _check_of(rule: Rule) -> Check:
    def measure(analysis: Analysis, scope: QualityScope) -> Measurement:
        # Judged among all images, since some rules look for the odd one out, and then counted in the scope.
        flags = rule.flags(analysis.scan.statistics, scope.threshold)
        limit = rule.threshold if scope.threshold is None else scope.threshold
        words = rule.name.replace("_", " ")
        notes = {
            row: f"{words}: {flags.value[row]:.3g} against {limit:g}" for row in np.flatnonzero(flags.mask).tolist()
        }
        return _measurement(analysis, scope, flags.mask, flags.score, notes)

    measure.__name__ = rule.name
    measure.__doc__ = "\n\n".join(
        (
            rule.meaning,
            textwrap.fill(
                "Population: readable images (in the split, with the label). Numerator: those that break the rule. "
                f"What is judged is the {rule.unit}, against {rule.threshold:g} by default. "
                "Unit: share of the population.",
                110,
            ),
            textwrap.fill(rule.advice, 110),
        )
    )
    return check(unit="share", bound=at_most(0.001 if rule.flaw else 0.05), params=QualityScope)(measure)


QUALITY_CHECKS: tuple[Check, ...] = tuple(_check_of(rule) for rule in RULES.values())
"""The checks, in the order of the rules."""


@check(unit="share", bound=at_most(0.01))
def flawed_images(analysis: Analysis, scope: Scope) -> Measurement:
    """Bad pictures of any kind: blank, dark, bright, blurred, veiled, tiny, or of an odd shape or size.

    Population: readable images (in the split, with the label). Numerator: those that break at least one rule of
    quality; a grey picture among coloured ones does not. Unit: share of the population.

    One bound for all of them, where no single one matters by itself. The findings say which rule is broken.
    """
    mask = np.zeros(len(analysis.images), bool)
    score = np.zeros(len(analysis.images))
    broken: dict[int, list[str]] = {}
    for name, flags in find_flaws(analysis.scan.statistics).items():
        if RULES[name].flaw:
            mask |= flags.mask
            score = np.maximum(score, flags.score)
            for row in np.flatnonzero(flags.mask).tolist():
                broken.setdefault(row, []).append(name.replace("_", " "))
    return _measurement(analysis, scope, mask, score, {row: ", ".join(names) for row, names in broken.items()})


def _measurement(
    analysis: Analysis, scope: Scope, mask: NDArray[np.bool_], score: NDArray[np.float64], notes: dict[int, str]
) -> Measurement:
    selection = select(analysis, scope)
    rows = worst_first(mask & selection.rows, score)
    found = (Finding((analysis.images[row].path,), round(float(score[row]), 4), notes[row]) for row in rows)
    return selection.share(len(rows), found)

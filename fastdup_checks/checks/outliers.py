"""Images that are like no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.checks.check import Scope, at_most, check, parameter
from fastdup_checks.checks.scope import select, worst_first
from fastdup_checks.findings import Finding, Measurement

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis

__all__ = ("OutlierScope", "outlier_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlierScope(Scope):
    """Which images to look at, and what counts as an outlier."""

    threshold: float = parameter("share", "The score from which an image is an outlier.", 0.5)


@check(unit="share", bound=at_most(0.01), params=OutlierScope)
def outlier_rate(analysis: Analysis, scope: OutlierScope) -> Measurement:
    """Images that are like no other image of the dataset.

    Population: readable images (in the split, with the label). Numerator: those whose outlier score is at least
    `threshold`. Unit: share of the population.

    Outliers are screenshots, pages of text, test pictures and shots of something else: look at each, and remove
    what does not belong. A rare but right picture asks for more of its kind.
    """
    selection = select(analysis, scope)
    outliers = analysis.outliers
    rows = worst_first(selection.rows & (outliers.score >= scope.threshold), outliers.score)
    findings = []
    for row in rows:
        nearest = int(outliers.nearest[row])
        evidence = (("nearest", analysis.images[nearest].path),) if nearest >= 0 else ()
        findings.append(
            Finding((analysis.images[row].path,), round(float(outliers.score[row]), 4), outliers.reason[row], evidence),
        )
    return selection.share(len(rows), findings)

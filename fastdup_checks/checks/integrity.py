"""Whether the files can be read at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_checks.checks.check import Scope, at_most, check
from fastdup_checks.checks.scope import select
from fastdup_checks.findings import Finding, Measurement

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis

__all__ = ("broken_images",)


@check(unit="images", bound=at_most(0))
def broken_images(analysis: Analysis, scope: Scope) -> Measurement:
    """Files that promise an image by their name and are none that can be read whole.

    Population: all image files found (in the split, with the label). Numerator: those that are empty, truncated,
    damaged, too large, in no known format, or not permitted to be read. Unit: images.

    A training run meets such a file hours in, or trains on half a picture. Fetch the file again, or remove it from
    the dataset.
    """
    selection = select(analysis, scope)
    findings = tuple(Finding((b.record.path,), 1.0, b.reason) for b in selection.broken)
    return Measurement(
        len(findings),
        "images",
        len(findings),
        selection.count + len(findings),
        selection.name,
        findings,
    )

"""The registry of checks: what an expectation can be about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_checks.checks.balance import class_balance, missing_class
from fastdup_checks.checks.drift import split_drift
from fastdup_checks.checks.duplicates import duplicate_rate, near_duplicate_rate
from fastdup_checks.checks.integrity import broken_images
from fastdup_checks.checks.labels import conflicting_labels, label_consistency
from fastdup_checks.checks.leaks import group_leak, leak
from fastdup_checks.checks.novelty import novelty_rate
from fastdup_checks.checks.outliers import outlier_rate
from fastdup_checks.checks.quality import QUALITY_CHECKS, flawed_images

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastdup_checks.checks.check import Check

__all__ = ("CHECKS",)

CHECKS: Mapping[str, Check] = {
    check.name: check
    for check in (
        broken_images,
        duplicate_rate,
        near_duplicate_rate,
        leak,
        group_leak,
        outlier_rate,
        label_consistency,
        conflicting_labels,
        *QUALITY_CHECKS,
        flawed_images,
        class_balance,
        missing_class,
        split_drift,
        novelty_rate,
    )
}
"""Every check by its name, in the order in which reports show them."""

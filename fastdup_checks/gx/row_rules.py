"""Rules about the image of each row, with `mostly`, row conditions and lists of the unexpected rows.

The name of a class is stored in suites: a class that is renamed is lost to them.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, List, Optional, Tuple

from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format

from fastdup_checks.checks import CHECKS
from fastdup_checks.gx import docs
from fastdup_checks.gx.metrics import REPORT, condition_name, make_condition, report_configuration
from fastdup_checks.gx.rule import ImageRule, Number, analysis_of, failure_of, storable
from fastdup_checks.gx.source import SOURCE_KEYS
from fastdup_checks.verdict import Outcome, Verdict

__all__ = (
    "ExpectColumnImagesNotToBeDuplicated",
    "ExpectColumnImagesNotToBeInTwoSplits",
    "ExpectColumnImagesNotToBeNearDuplicated",
    "ExpectColumnImagesNotToBeNovel",
    "ExpectColumnImagesNotToBeOutliers",
    "ExpectColumnImagesNotToHaveConflictingLabels",
    "ExpectColumnImagesToBeReadable",
    "ExpectColumnImagesToHaveConsistentLabels",
    "ImageRowRule",
)


_NULLS = "column_values.nonnull.unexpected_count"
"""The metric that counts the rows without an image."""


class ImageRowRule(ImageRule, ColumnMapExpectation):
    """A rule about the image of each row.

    Args:
        column: The column that names the images (path or URL), or holds their bytes.
        mostly: The share of the rows that must be as wanted, of those that have an image and that the rule judges. A
            row whose image cannot be read is not as wanted.
        row_condition: Only these rows are looked at.
    """

    args_keys: ClassVar[Tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.check:
            make_condition(cls.check)
            cls.map_metric = condition_name(cls.check)
            own = tuple(name for name in CHECKS[cls.check].parameters() if name in cls.__fields__)
            cls.args_keys = ("column", "mostly", *own)
            cls.success_keys = ("mostly", *own, *SOURCE_KEYS)

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,
        runtime_configuration: Any = None,
        **_: Any,
    ) -> Any:
        """The row metrics, and the report of the batch."""
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        domain = self._get_domain_kwargs()
        dependencies.set_metric_configuration(
            REPORT,
            report_configuration(domain, domain["column"], self._get_success_kwargs()),
        )
        return dependencies

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: Any = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        wanted = parse_result_format(self._get_result_format(runtime_configuration))
        report = metrics[REPORT]
        try:
            entry = self._entry(None)
            analysis_of(report, self.check, entry.params)
            rows = report.judge_rows(self.check, entry.params)
        except Exception as error:  # noqa: BLE001 - likewise
            return failure_of(error)
        # GX takes the percentage of rows that are not null, and so no row counts that the rule does not judge.
        counted = {**metrics, _NULLS: metrics[_NULLS] + rows.others}
        judged: dict[str, Any] = super()._validate(counted, runtime_configuration, execution_engine)
        # GX lets a rule pass that had nothing to look at; a measurement of nothing is not a number.
        seen = rows.judged > rows.unreadable and not math.isnan(rows.measurement.value)
        judged["success"] = bool(judged["success"]) and seen
        result = storable(judged.get("result") or {})
        share = self._get_success_kwargs()["mostly"]
        outcome: Outcome = "passed" if judged["success"] else "failed" if entry.severity == "error" else "warned"
        verdict = Verdict(entry, rows.measurement, outcome, docs.row_message(entry.id, result, share, rows))
        if "missing_count" in result:  # those that have no image, and no others
            missing, total = metrics[_NULLS], result["element_count"]
            result |= {"missing_count": missing, "missing_percent": 100 * missing / total if total else None}
        judged["result"] = result | docs.stored_details(verdict, report, wanted, self.config)
        return judged


class ExpectColumnImagesToBeReadable(ImageRowRule):
    """Expect that the images can be read whole: not missing, damaged, empty or something else."""

    check: ClassVar[str] = "broken_images"
    sentence: ClassVar[str] = "The images in $column must be readable."


class ExpectColumnImagesNotToBeDuplicated(ImageRowRule):
    """Expect that no two rows have the same picture; all rows of a group are unexpected."""

    check: ClassVar[str] = "duplicate_rate"
    sentence: ClassVar[str] = "The images in $column must not repeat each other exactly."


class ExpectColumnImagesNotToBeNearDuplicated(ImageRowRule):
    """Expect that no row has an edited copy of another one's picture; all rows of a group are unexpected."""

    check: ClassVar[str] = "near_duplicate_rate"
    sentence: ClassVar[str] = "The images in $column must not be edited copies of each other."
    threshold: Optional[Number] = None


class ExpectColumnImagesNotToBeInTwoSplits(ImageRowRule):
    """Expect that no picture is in two splits; the rows on all sides are unexpected."""

    check: ClassVar[str] = "leak"
    sentence: ClassVar[str] = "The images in $column must not be in two splits."
    between: Optional[List[str]] = None
    kind: str = "any"
    threshold: Optional[Number] = None


class ExpectColumnImagesNotToBeOutliers(ImageRowRule):
    """Expect that every image is like some other one."""

    check: ClassVar[str] = "outlier_rate"
    sentence: ClassVar[str] = "The images in $column must each be like some other one."
    threshold: Optional[Number] = None


class ExpectColumnImagesToHaveConsistentLabels(ImageRowRule):
    """Expect that every image has the label that its look-alikes carry."""

    check: ClassVar[str] = "label_consistency"
    sentence: ClassVar[str] = "The images in $column must have the label that their look-alikes carry."
    threshold: Optional[Number] = None


class ExpectColumnImagesNotToHaveConflictingLabels(ImageRowRule):
    """Expect that copies of a picture carry the same label; all rows of a group in conflict are unexpected."""

    check: ClassVar[str] = "conflicting_labels"
    sentence: ClassVar[str] = "Copies of a picture in $column must carry the same label."


class ExpectColumnImagesNotToBeNovel(ImageRowRule):
    """Expect that no image of the new split is unlike anything that is known.

    Args:
        split: The new images; by default those of the last split.
        against: The known images; by default those of the first split.
        reference: The embeddings.npy of an earlier run, in the place of `against`.
        p_value: An image is new where its p-value is at most this.
    """

    check: ClassVar[str] = "novelty_rate"
    sentence: ClassVar[str] = "The new images in $column must not be unlike anything known."
    split: Optional[str] = None
    against: Optional[str] = None
    reference: Optional[str] = None
    p_value: Optional[Number] = None

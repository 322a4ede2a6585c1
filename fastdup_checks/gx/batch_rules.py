"""Rules about one number of a batch: a rate, or how many there are.

The name of a class is stored in suites: a class that is renamed is lost to them.
"""

from __future__ import annotations

from typing import Any, ClassVar, List, Mapping, Optional, Tuple, Union

from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.model_field_types import ConditionParser
from great_expectations.expectations.row_conditions import RowConditionType

from fastdup_checks.checks import CHECKS
from fastdup_checks.expectation import Bound
from fastdup_checks.gx import docs
from fastdup_checks.gx.metrics import DOMAIN_KEYS, REPORT, report_configuration
from fastdup_checks.gx.rule import ImageRule, Number, analysis_of, failure_of
from fastdup_checks.gx.source import SOURCE_KEYS, baseline_of
from fastdup_checks.judgement import evaluate

__all__ = (
    "ExpectImageClassBalanceToBeAtLeast",
    "ExpectImageConflictingLabelCountToBeAtMost",
    "ExpectImageDuplicateRateToBeAtMost",
    "ExpectImageLabelConsistencyToBeAtLeast",
    "ExpectImageNearDuplicateRateToBeAtMost",
    "ExpectImageOutlierRateToBeAtMost",
    "ExpectImageSplitDriftToBeAtMost",
    "ExpectNoImageClassMissingFromSplits",
    "ExpectNoImageGroupLeakBetweenSplits",
    "ExpectNoImageLeakBetweenSplits",
    "ExpectNovelImageRateToBeAtMost",
    "ExpectUnreadableImageCountToBeAtMost",
    "ImageBatchRule",
    "ScopedRule",
)


class ImageBatchRule(ImageRule, BatchExpectation):
    """A rule about one number of a batch.

    Args:
        image_column: The column that names the images (path or URL), or holds their bytes.
        row_condition: Only these rows are looked at.
    """

    image_column: str = "path"
    row_condition: RowConditionType = None
    condition_parser: Union[ConditionParser, None] = None

    domain_keys: ClassVar[Tuple[str, ...]] = DOMAIN_KEYS
    success_keys: ClassVar[Tuple[str, ...]] = ()
    args_keys: ClassVar[Tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.check:
            check = CHECKS[cls.check]
            cls.args_keys = ("image_column", *check.parameters(), check.bound.direction)
            cls.success_keys = (*cls.args_keys, *SOURCE_KEYS)

    def get_validation_dependencies(self, execution_engine: Any = None, runtime_configuration: Any = None) -> Any:
        """The report of the batch."""
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        arguments = self._get_success_kwargs()
        dependencies.set_metric_configuration(
            REPORT,
            report_configuration(self._get_domain_kwargs(), arguments["image_column"], arguments),
        )
        return dependencies

    def _validate(
        self,
        metrics: Mapping[str, Any],
        runtime_configuration: Any = None,
        execution_engine: Any = None,  # noqa: ARG002 - the name is GX's
    ) -> dict[str, Any]:
        wanted = parse_result_format(self._get_result_format(runtime_configuration))
        direction = CHECKS[self.check].bound.direction
        report = metrics[REPORT]
        try:
            entry = self._entry(Bound(direction, float(self._get_success_kwargs()[direction])))
            verdict = evaluate(entry, analysis_of(report, self.check, entry.params), baseline_of(self.config))
        except Exception as error:  # noqa: BLE001 - whatever it was, the rule fails and says so
            return failure_of(error)
        return {
            "success": verdict.outcome in {"passed", "xfailed"},
            "result": docs.batch_result(
                verdict, report, wanted, self._get_success_kwargs()["image_column"], self.config
            ),
        }


class ScopedRule(ImageBatchRule):
    """A rule that can be kept to a part of the batch.

    Args:
        at_most: The bound, inclusive; some rules have `at_least` instead.
        split: Only images of this split are counted; copies and neighbours are still looked for among all.
        label: Only images with this label, likewise.
    """

    split: Optional[str] = None
    label: Optional[str] = None


class ExpectUnreadableImageCountToBeAtMost(ScopedRule):
    """Expect that at most so many images are missing, damaged, empty or no images at all."""

    check: ClassVar[str] = "broken_images"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be unreadable."
    at_most: Number = 0


class ExpectImageDuplicateRateToBeAtMost(ScopedRule):
    """Expect that at most so large a share of the images repeats another one exactly."""

    check: ClassVar[str] = "duplicate_rate"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may repeat another one exactly."
    at_most: Number = 0


class ExpectImageNearDuplicateRateToBeAtMost(ScopedRule):
    """Expect that at most so large a share of the images is an edited copy of another one.

    Args:
        threshold: The probability from which two images are copies.
    """

    check: ClassVar[str] = "near_duplicate_rate"
    sentence: ClassVar[str] = (
        "At most $at_most of the images in $image_column may repeat another one with an edit "
        "(resized, cropped, mirrored, recoloured, ...)."
    )
    at_most: Number = 0.01
    threshold: Optional[Number] = None


class ExpectNoImageLeakBetweenSplits(ImageBatchRule):
    """Expect that no picture is in two splits, exactly or as an edited copy.

    Args:
        between: Two splits; by default every two splits of the batch.
        kind: "any", or "exact" to leave edited copies out.
        threshold: The probability from which two images are copies.
        at_most: So many leaked images are let pass.
    """

    check: ClassVar[str] = "leak"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be in two splits."
    between: Optional[List[str]] = None
    kind: str = "any"
    threshold: Optional[Number] = None
    at_most: Number = 0


class ExpectNoImageGroupLeakBetweenSplits(ImageBatchRule):
    """Expect that no group (patient, video, product) has images in two splits.

    Args:
        between: Two splits; by default every two splits of the batch.
        at_most: So many groups are let pass.
    """

    check: ClassVar[str] = "group_leak"
    sentence: ClassVar[str] = "At most $at_most groups of images in $image_column may be in two splits."
    between: Optional[List[str]] = None
    at_most: Number = 0


class ExpectImageOutlierRateToBeAtMost(ScopedRule):
    """Expect that at most so large a share of the images is like no other one.

    Args:
        threshold: The score from which an image is an outlier.
    """

    check: ClassVar[str] = "outlier_rate"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be like no other image."
    at_most: Number = 0.01
    threshold: Optional[Number] = None


class ExpectImageLabelConsistencyToBeAtLeast(ScopedRule):
    """Expect that at least so large a share of the images has the label that its look-alikes carry.

    Args:
        threshold: The chance of a wrong label from which an image is a suspect.
    """

    check: ClassVar[str] = "label_consistency"
    sentence: ClassVar[str] = (
        "At least $at_least of the images in $image_column must have the label that their look-alikes carry."
    )
    at_least: Number = 0.993
    threshold: Optional[Number] = None


class ExpectImageConflictingLabelCountToBeAtMost(ScopedRule):
    """Expect that at most so many groups of copies carry different labels."""

    check: ClassVar[str] = "conflicting_labels"
    sentence: ClassVar[str] = "At most $at_most groups of copies in $image_column may carry different labels."
    at_most: Number = 0


class ExpectImageClassBalanceToBeAtLeast(ScopedRule):
    """Expect that the smallest class has at least so many images for each image of the largest."""

    check: ClassVar[str] = "class_balance"
    sentence: ClassVar[str] = (
        "The smallest class in $image_column must have at least $at_least images for each image of the largest."
    )
    at_least: Number = 0.05


class ExpectNoImageClassMissingFromSplits(ScopedRule):
    """Expect that every class is in every split."""

    check: ClassVar[str] = "missing_class"
    sentence: ClassVar[str] = "At most $at_most classes in $image_column may be in one split and not in another."
    at_most: Number = 0


class ExpectImageSplitDriftToBeAtMost(ImageBatchRule):
    """Expect that the pictures of two splits are alike.

    Args:
        between: Two splits; by default the two that differ most.
        at_most: The largest drift: 0 where the splits are mixed, 1 where they have nothing in common.
    """

    check: ClassVar[str] = "split_drift"
    sentence: ClassVar[str] = "The splits of the images in $image_column may differ by at most $at_most (0 to 1)."
    between: Optional[List[str]] = None
    at_most: Number = 0.1


class ExpectNovelImageRateToBeAtMost(ImageBatchRule):
    """Expect that at most so large a share of the new images is unlike anything that is known.

    Args:
        split: The new images; by default those of the last split.
        against: The known images; by default those of the first split.
        reference: The embeddings.npy of an earlier run, in the place of `against`.
        p_value: An image is new where its p-value is at most this.
        at_most: The largest share, inclusive.
    """

    check: ClassVar[str] = "novelty_rate"
    sentence: ClassVar[str] = "At most $at_most of the new images in $image_column may be unlike anything known."
    split: Optional[str] = None
    against: Optional[str] = None
    reference: Optional[str] = None
    p_value: Optional[Number] = None
    at_most: Number = 0.05

"""Rules about the image of each row, with `mostly`, row conditions and lists of the unexpected rows.

The name of a class is stored in suites: a class that is renamed is lost to them.
"""

from __future__ import annotations

from typing import ClassVar, List, Optional

from fastdup_checks.gx.metrics import condition_name, make_condition
from fastdup_checks.gx.rule import ImageRowRule, Number

__all__ = (
    "ExpectColumnImagesNotToBeDuplicated",
    "ExpectColumnImagesNotToBeInTwoSplits",
    "ExpectColumnImagesNotToBeNearDuplicated",
    "ExpectColumnImagesNotToBeNovel",
    "ExpectColumnImagesNotToBeOutliers",
    "ExpectColumnImagesNotToHaveConflictingLabels",
    "ExpectColumnImagesToBeReadable",
    "ExpectColumnImagesToHaveConsistentLabels",
    "rows_of",
)


def rows_of(check: str) -> str:
    """The name of the row metric of a check, which is made with it."""
    make_condition(check)
    return condition_name(check)


class ExpectColumnImagesToBeReadable(ImageRowRule):
    """Expect that the images can be read whole: not missing, damaged, empty or something else."""

    check: ClassVar[str] = "broken_images"
    map_metric: ClassVar[Optional[str]] = rows_of("broken_images")
    sentence: ClassVar[str] = "The images in $column must be readable."


class ExpectColumnImagesNotToBeDuplicated(ImageRowRule):
    """Expect that no two rows have the same picture; all rows of a group are unexpected."""

    check: ClassVar[str] = "duplicate_rate"
    map_metric: ClassVar[Optional[str]] = rows_of("duplicate_rate")
    sentence: ClassVar[str] = "The images in $column must not repeat each other exactly."


class ExpectColumnImagesNotToBeNearDuplicated(ImageRowRule):
    """Expect that no row has an edited copy of another one's picture; all rows of a group are unexpected."""

    check: ClassVar[str] = "near_duplicate_rate"
    map_metric: ClassVar[Optional[str]] = rows_of("near_duplicate_rate")
    sentence: ClassVar[str] = "The images in $column must not be edited copies of each other."
    threshold: Optional[Number] = None


class ExpectColumnImagesNotToBeInTwoSplits(ImageRowRule):
    """Expect that no picture is in two splits; the rows on both sides are unexpected."""

    check: ClassVar[str] = "leak"
    map_metric: ClassVar[Optional[str]] = rows_of("leak")
    sentence: ClassVar[str] = "The images in $column must not be in two splits."
    between: Optional[List[str]] = None
    kind: str = "any"
    threshold: Optional[Number] = None


class ExpectColumnImagesNotToBeOutliers(ImageRowRule):
    """Expect that every image is like some other one."""

    check: ClassVar[str] = "outlier_rate"
    map_metric: ClassVar[Optional[str]] = rows_of("outlier_rate")
    sentence: ClassVar[str] = "The images in $column must each be like some other one."
    threshold: Optional[Number] = None


class ExpectColumnImagesToHaveConsistentLabels(ImageRowRule):
    """Expect that every image has the label that its look-alikes carry."""

    check: ClassVar[str] = "label_consistency"
    map_metric: ClassVar[Optional[str]] = rows_of("label_consistency")
    sentence: ClassVar[str] = "The images in $column must have the label that their look-alikes carry."
    threshold: Optional[Number] = None


class ExpectColumnImagesNotToHaveConflictingLabels(ImageRowRule):
    """Expect that copies of a picture carry the same label; all rows of a group in conflict are unexpected."""

    check: ClassVar[str] = "conflicting_labels"
    map_metric: ClassVar[Optional[str]] = rows_of("conflicting_labels")
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
    map_metric: ClassVar[Optional[str]] = rows_of("novelty_rate")
    sentence: ClassVar[str] = "The new images in $column must not be unlike anything known."
    split: Optional[str] = None
    against: Optional[str] = None
    reference: Optional[str] = None
    p_value: Optional[Number] = None

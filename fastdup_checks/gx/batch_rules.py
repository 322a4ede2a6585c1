"""Rules about one number of a batch: a rate, or how many there are.

The name of a class is stored in suites: a class that is renamed is lost to them.
"""

from __future__ import annotations

from typing import ClassVar, List, Optional

from fastdup_checks.gx.rule import ImageBatchRule, Number

__all__ = (
    "ExpectImageConflictingLabelCountToBeAtMost",
    "ExpectImageDuplicateRateToBeAtMost",
    "ExpectImageLabelConsistencyToBeAtLeast",
    "ExpectImageNearDuplicateRateToBeAtMost",
    "ExpectImageOutlierRateToBeAtMost",
    "ExpectNoImageLeakBetweenSplits",
    "ExpectUnreadableImageCountToBeAtMost",
)


class ScopedRule(ImageBatchRule):
    """A rule that can be kept to a part of the batch.

    Args:
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
    """Expect that at most so large a share of the images is an edited copy of another one."""

    check: ClassVar[str] = "near_duplicate_rate"
    sentence: ClassVar[str] = (
        "At most $at_most of the images in $image_column may repeat another one with an edit "
        "(resized, cropped, mirrored, recoloured, ...)."
    )
    at_most: Number = 0.01


class ExpectNoImageLeakBetweenSplits(ImageBatchRule):
    """Expect that no picture is in two splits, exactly or as an edited copy.

    Args:
        between: Two splits; by default every two splits of the batch.
        kind: "any", or "exact" to leave edited copies out.
        at_most: So many leaked images are let pass.
    """

    check: ClassVar[str] = "leak"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be in two splits."
    between: Optional[List[str]] = None
    kind: str = "any"
    at_most: Number = 0


class ExpectImageOutlierRateToBeAtMost(ScopedRule):
    """Expect that at most so large a share of the images is like no other one."""

    check: ClassVar[str] = "outlier_rate"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be like no other image."
    at_most: Number = 0.01
    threshold: Number = 0.5


class ExpectImageLabelConsistencyToBeAtLeast(ScopedRule):
    """Expect that at least so large a share of the images has the label that its look-alikes carry."""

    check: ClassVar[str] = "label_consistency"
    sentence: ClassVar[str] = (
        "At least $at_least of the images in $image_column must have the label that their look-alikes carry."
    )
    at_least: Number = 0.95
    threshold: Number = 0.5


class ExpectImageConflictingLabelCountToBeAtMost(ScopedRule):
    """Expect that at most so many groups of copies carry different labels."""

    check: ClassVar[str] = "conflicting_labels"
    sentence: ClassVar[str] = "At most $at_most groups of copies in $image_column may carry different labels."
    at_most: Number = 0

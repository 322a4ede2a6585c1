"""Rules about the quality of pictures, for a batch and for rows.

The name of a class is stored in suites: a class that is renamed is lost to them.
"""

from __future__ import annotations

from typing import ClassVar, Optional

from fastdup_checks.gx.batch_rules import ScopedRule
from fastdup_checks.gx.row_rules import ImageRowRule
from fastdup_checks.gx.rule import Number

__all__ = (
    "ExpectBlurryImageRateToBeAtMost",
    "ExpectBrightImageRateToBeAtMost",
    "ExpectColumnImagesNotToBeBlurry",
    "ExpectColumnImagesNotToBeBright",
    "ExpectColumnImagesNotToBeDark",
    "ExpectColumnImagesNotToBeFlawed",
    "ExpectColumnImagesNotToBeGreyscale",
    "ExpectColumnImagesNotToBeTiny",
    "ExpectColumnImagesNotToHaveLowContrast",
    "ExpectColumnImagesNotToHaveLowInformation",
    "ExpectColumnImagesNotToHaveOddAspectRatio",
    "ExpectColumnImagesNotToHaveOddSize",
    "ExpectDarkImageRateToBeAtMost",
    "ExpectFlawedImageRateToBeAtMost",
    "ExpectGreyscaleImageRateToBeAtMost",
    "ExpectLowContrastImageRateToBeAtMost",
    "ExpectLowInformationImageRateToBeAtMost",
    "ExpectOddAspectRatioImageRateToBeAtMost",
    "ExpectOddSizeImageRateToBeAtMost",
    "ExpectTinyImageRateToBeAtMost",
)


class QualityRule(ScopedRule):
    """A rule about the share of bad pictures.

    Args:
        at_most: The largest share, inclusive.
        split: Only images of this split are counted.
        label: Only images with this label are counted.
        threshold: Where a picture begins to be bad, in the unit of the check; by default its own limit.
    """

    at_most: Number = 0.001
    threshold: Optional[Number] = None


class QualityRowRule(ImageRowRule):
    """A rule about the quality of each picture.

    Args:
        column: The column of the images.
        mostly: The share of the rows that must be as wanted; one whose image cannot be read is not.
        threshold: Where a picture begins to be bad, in the unit of the check; by default its own limit.
    """

    threshold: Optional[Number] = None


class ExpectLowInformationImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is blank, practically of one brightness."""

    check: ClassVar[str] = "low_information"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be blank."


class ExpectDarkImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is nearly black."""

    check: ClassVar[str] = "dark"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be nearly black."


class ExpectBrightImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is nearly white."""

    check: ClassVar[str] = "bright"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be nearly white."


class ExpectBlurryImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is out of focus or shaken as a whole."""

    check: ClassVar[str] = "blurry"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be blurred as a whole."


class ExpectLowContrastImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is veiled: within a narrow range of brightness."""

    check: ClassVar[str] = "low_contrast"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be veiled (of low contrast)."


class ExpectTinyImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is tiny."""

    check: ClassVar[str] = "tiny"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may be tiny."


class ExpectOddAspectRatioImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is very much wider than high, or higher than wide."""

    check: ClassVar[str] = "odd_aspect_ratio"
    sentence: ClassVar[str] = (
        "At most $at_most of the images in $image_column may be much wider than high, or higher than wide."
    )


class ExpectOddSizeImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is of a size far from that of the others."""

    check: ClassVar[str] = "odd_size"
    sentence: ClassVar[str] = (
        "At most $at_most of the images in $image_column may have a size far from that of the others."
    )


class ExpectGreyscaleImageRateToBeAtMost(QualityRule):
    """Expect that at most so large a share of the images is without colour among coloured ones."""

    check: ClassVar[str] = "greyscale"
    sentence: ClassVar[str] = "At most $at_most of the images in $image_column may lack colour among coloured ones."
    at_most: Number = 0.05


class ExpectFlawedImageRateToBeAtMost(ScopedRule):
    """Expect that at most so large a share of the images breaks any of the rules of quality."""

    check: ClassVar[str] = "flawed_images"
    sentence: ClassVar[str] = (
        "At most $at_most of the images in $image_column may be blank, dark, bright, blurred, veiled, tiny, "
        "or of an odd shape or size."
    )
    at_most: Number = 0.01


class ExpectColumnImagesNotToHaveLowInformation(QualityRowRule):
    """Expect that no image is blank, practically of one brightness."""

    check: ClassVar[str] = "low_information"
    sentence: ClassVar[str] = "The images in $column must not be blank."


class ExpectColumnImagesNotToBeDark(QualityRowRule):
    """Expect that no image is nearly black."""

    check: ClassVar[str] = "dark"
    sentence: ClassVar[str] = "The images in $column must not be nearly black."


class ExpectColumnImagesNotToBeBright(QualityRowRule):
    """Expect that no image is nearly white."""

    check: ClassVar[str] = "bright"
    sentence: ClassVar[str] = "The images in $column must not be nearly white."


class ExpectColumnImagesNotToBeBlurry(QualityRowRule):
    """Expect that no image is out of focus or shaken as a whole."""

    check: ClassVar[str] = "blurry"
    sentence: ClassVar[str] = "The images in $column must not be blurred as a whole."


class ExpectColumnImagesNotToHaveLowContrast(QualityRowRule):
    """Expect that no image is veiled: within a narrow range of brightness."""

    check: ClassVar[str] = "low_contrast"
    sentence: ClassVar[str] = "The images in $column must not be veiled (of low contrast)."


class ExpectColumnImagesNotToBeTiny(QualityRowRule):
    """Expect that no image is tiny."""

    check: ClassVar[str] = "tiny"
    sentence: ClassVar[str] = "The images in $column must not be tiny."


class ExpectColumnImagesNotToHaveOddAspectRatio(QualityRowRule):
    """Expect that no image is very much wider than high, or higher than wide."""

    check: ClassVar[str] = "odd_aspect_ratio"
    sentence: ClassVar[str] = "The images in $column must not be much wider than high, or higher than wide."


class ExpectColumnImagesNotToHaveOddSize(QualityRowRule):
    """Expect that no image is of a size far from that of the others."""

    check: ClassVar[str] = "odd_size"
    sentence: ClassVar[str] = "The images in $column must not have a size far from that of the others."


class ExpectColumnImagesNotToBeGreyscale(QualityRowRule):
    """Expect that no image is without colour among coloured ones."""

    check: ClassVar[str] = "greyscale"
    sentence: ClassVar[str] = "The images in $column must not lack colour among coloured ones."


class ExpectColumnImagesNotToBeFlawed(ImageRowRule):
    """Expect that no image breaks any of the rules of quality."""

    check: ClassVar[str] = "flawed_images"
    sentence: ClassVar[str] = (
        "The images in $column must not be blank, dark, bright, blurred, veiled, tiny, or of an odd shape or size."
    )

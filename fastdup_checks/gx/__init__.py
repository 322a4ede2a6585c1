"""Image checks as Great Expectations rules.

Importing this package registers the rules. A process that has not imported it does not know them, and GX then drops
them from suites in silence: name this package as `module_name` of the expectations store in great_expectations.yml, and
it is imported wherever the project is opened.
"""

from __future__ import annotations

try:
    import great_expectations  # noqa: F401
except ImportError as error:
    from fastdup_checks.errors import MissingExtra

    raise MissingExtra("gx", "fastdup_checks.gx") from error

from great_expectations.data_context.store import ExpectationsStore

from fastdup_checks.gx.actions import ImageGalleryAction
from fastdup_checks.gx.batch_rules import (
    ExpectImageClassBalanceToBeAtLeast,
    ExpectImageConflictingLabelCountToBeAtMost,
    ExpectImageDuplicateRateToBeAtMost,
    ExpectImageLabelConsistencyToBeAtLeast,
    ExpectImageNearDuplicateRateToBeAtMost,
    ExpectImageOutlierRateToBeAtMost,
    ExpectImageSplitDriftToBeAtMost,
    ExpectNoImageClassMissingFromSplits,
    ExpectNoImageGroupLeakBetweenSplits,
    ExpectNoImageLeakBetweenSplits,
    ExpectNovelImageRateToBeAtMost,
    ExpectUnreadableImageCountToBeAtMost,
)
from fastdup_checks.gx.docs import message_of
from fastdup_checks.gx.project import add_checkpoint, find_checkpoint, open_project, register_in_project
from fastdup_checks.gx.quality_rules import (
    ExpectBlurryImageRateToBeAtMost,
    ExpectBrightImageRateToBeAtMost,
    ExpectColumnImagesNotToBeBlurry,
    ExpectColumnImagesNotToBeBright,
    ExpectColumnImagesNotToBeDark,
    ExpectColumnImagesNotToBeFlawed,
    ExpectColumnImagesNotToBeGreyscale,
    ExpectColumnImagesNotToBeTiny,
    ExpectColumnImagesNotToHaveLowContrast,
    ExpectColumnImagesNotToHaveLowInformation,
    ExpectColumnImagesNotToHaveOddAspectRatio,
    ExpectColumnImagesNotToHaveOddSize,
    ExpectDarkImageRateToBeAtMost,
    ExpectFlawedImageRateToBeAtMost,
    ExpectGreyscaleImageRateToBeAtMost,
    ExpectLowContrastImageRateToBeAtMost,
    ExpectLowInformationImageRateToBeAtMost,
    ExpectOddAspectRatioImageRateToBeAtMost,
    ExpectOddSizeImageRateToBeAtMost,
    ExpectTinyImageRateToBeAtMost,
)
from fastdup_checks.gx.row_rules import (
    ExpectColumnImagesNotToBeDuplicated,
    ExpectColumnImagesNotToBeInTwoSplits,
    ExpectColumnImagesNotToBeNearDuplicated,
    ExpectColumnImagesNotToBeNovel,
    ExpectColumnImagesNotToBeOutliers,
    ExpectColumnImagesNotToHaveConflictingLabels,
    ExpectColumnImagesToBeReadable,
    ExpectColumnImagesToHaveConsistentLabels,
)
from fastdup_checks.gx.suite import frame_from_config, suite_from_config

__all__ = (
    "ExpectBlurryImageRateToBeAtMost",
    "ExpectBrightImageRateToBeAtMost",
    "ExpectColumnImagesNotToBeBlurry",
    "ExpectColumnImagesNotToBeBright",
    "ExpectColumnImagesNotToBeDark",
    "ExpectColumnImagesNotToBeDuplicated",
    "ExpectColumnImagesNotToBeFlawed",
    "ExpectColumnImagesNotToBeGreyscale",
    "ExpectColumnImagesNotToBeInTwoSplits",
    "ExpectColumnImagesNotToBeNearDuplicated",
    "ExpectColumnImagesNotToBeNovel",
    "ExpectColumnImagesNotToBeOutliers",
    "ExpectColumnImagesNotToBeTiny",
    "ExpectColumnImagesNotToHaveConflictingLabels",
    "ExpectColumnImagesNotToHaveLowContrast",
    "ExpectColumnImagesNotToHaveLowInformation",
    "ExpectColumnImagesNotToHaveOddAspectRatio",
    "ExpectColumnImagesNotToHaveOddSize",
    "ExpectColumnImagesToBeReadable",
    "ExpectColumnImagesToHaveConsistentLabels",
    "ExpectDarkImageRateToBeAtMost",
    "ExpectFlawedImageRateToBeAtMost",
    "ExpectGreyscaleImageRateToBeAtMost",
    "ExpectImageClassBalanceToBeAtLeast",
    "ExpectImageConflictingLabelCountToBeAtMost",
    "ExpectImageDuplicateRateToBeAtMost",
    "ExpectImageLabelConsistencyToBeAtLeast",
    "ExpectImageNearDuplicateRateToBeAtMost",
    "ExpectImageOutlierRateToBeAtMost",
    "ExpectImageSplitDriftToBeAtMost",
    "ExpectLowContrastImageRateToBeAtMost",
    "ExpectLowInformationImageRateToBeAtMost",
    "ExpectNoImageClassMissingFromSplits",
    "ExpectNoImageGroupLeakBetweenSplits",
    "ExpectNoImageLeakBetweenSplits",
    "ExpectNovelImageRateToBeAtMost",
    "ExpectOddAspectRatioImageRateToBeAtMost",
    "ExpectOddSizeImageRateToBeAtMost",
    "ExpectTinyImageRateToBeAtMost",
    "ExpectUnreadableImageCountToBeAtMost",
    "ExpectationsStore",
    "ImageGalleryAction",
    "add_checkpoint",
    "find_checkpoint",
    "frame_from_config",
    "message_of",
    "open_project",
    "register_in_project",
    "suite_from_config",
)

"""Rules in a process that has not imported the package: they must be there, or nothing may pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("great_expectations")

import great_expectations as gx
import pandas as pd

import fastdup_checks.gx as images

TYPES = """\
expect_blurry_image_rate_to_be_at_most
expect_bright_image_rate_to_be_at_most
expect_column_images_not_to_be_blurry
expect_column_images_not_to_be_bright
expect_column_images_not_to_be_dark
expect_column_images_not_to_be_duplicated
expect_column_images_not_to_be_flawed
expect_column_images_not_to_be_greyscale
expect_column_images_not_to_be_in_two_splits
expect_column_images_not_to_be_near_duplicated
expect_column_images_not_to_be_novel
expect_column_images_not_to_be_outliers
expect_column_images_not_to_be_tiny
expect_column_images_not_to_have_conflicting_labels
expect_column_images_not_to_have_low_contrast
expect_column_images_not_to_have_low_information
expect_column_images_not_to_have_odd_aspect_ratio
expect_column_images_not_to_have_odd_size
expect_column_images_to_be_readable
expect_column_images_to_have_consistent_labels
expect_dark_image_rate_to_be_at_most
expect_flawed_image_rate_to_be_at_most
expect_greyscale_image_rate_to_be_at_most
expect_image_class_balance_to_be_at_least
expect_image_conflicting_label_count_to_be_at_most
expect_image_duplicate_rate_to_be_at_most
expect_image_label_consistency_to_be_at_least
expect_image_near_duplicate_rate_to_be_at_most
expect_image_outlier_rate_to_be_at_most
expect_image_split_drift_to_be_at_most
expect_low_contrast_image_rate_to_be_at_most
expect_low_information_image_rate_to_be_at_most
expect_no_image_class_missing_from_splits
expect_no_image_group_leak_between_splits
expect_no_image_leak_between_splits
expect_novel_image_rate_to_be_at_most
expect_odd_aspect_ratio_image_rate_to_be_at_most
expect_odd_size_image_rate_to_be_at_most
expect_tiny_image_rate_to_be_at_most
expect_unreadable_image_count_to_be_at_most
"""

RUN = """
import sys, warnings
warnings.simplefilter("ignore")
import great_expectations as gx, pandas as pd
context = gx.get_context(mode="file", project_root_dir=sys.argv[1])
result = context.checkpoints.get("checkpoint").run(batch_parameters={"dataframe": pd.DataFrame({"path": ["gone.jpg"]})})
print("rules", sum(len(r.results) for r in result.run_results.values()), "success", result.success)
"""


def test_the_names_that_suites_store_never_change() -> None:
    found = sorted(value.expectation_type for value in vars(images).values() if getattr(value, "expectation_type", ""))
    assert "".join(f"{name}\n" for name in found) == TYPES


@pytest.mark.parametrize(("registered", "with_gallery"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_fresh_process_never_passes_in_silence(registered: bool, with_gallery: bool, tmp_path: Path) -> None:
    context = gx.get_context(mode="file", project_root_dir=str(tmp_path))
    source = context.data_sources.add_pandas("pandas")
    data = source.add_dataframe_asset("images").add_batch_definition_whole_dataframe("whole")
    suite = context.suites.add(
        gx.ExpectationSuite("suite", expectations=[images.ExpectColumnImagesToBeReadable(column="path")])
    )
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=data, suite=suite))
    action = images.ImageGalleryAction(name="a") if with_gallery else gx.checkpoint.UpdateDataDocsAction(name="a")
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="checkpoint", validation_definitions=[definition], actions=[action])
    )
    assert not checkpoint.run(batch_parameters={"dataframe": pd.DataFrame({"path": ["gone.jpg"]})}).success
    if registered:
        images.register_in_project(context)
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    if registered:
        assert "rules 1 success False" in done.stdout, done.stderr
    elif with_gallery:
        assert done.returncode != 0
        assert "fastdup_checks_gallery" in done.stderr
    else:
        # The danger that the guide warns of, in GX itself. When this fails, GX has mended it: say so there.
        assert "rules 0 success True" in done.stdout, done.stderr


def test_importing_the_product_does_not_import_great_expectations() -> None:
    code = (
        "import sys, fastdup_checks, fastdup_checks.pipeline, fastdup_checks.table; "
        "sys.exit('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_guide_names_every_rule() -> None:
    guide = (Path(__file__).parents[2] / "examples/great_expectations/README.md").read_text(encoding="utf-8")
    for name, value in vars(images).items():
        if getattr(value, "expectation_type", ""):
            assert f"| `{name}` |" in guide, name

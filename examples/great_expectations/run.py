"""From nothing to Data Docs: images on disk, a data frame, rules, a checkpoint, and a page that shows what is wrong.

    pip install 'fastdup-checks[gx]'
    python run.py

The images are made by the program, with problems planted among them, so the checkpoint does not pass.
"""

from __future__ import annotations

import sys
from pathlib import Path

import great_expectations as gx
import pandas as pd
from great_expectations.expectations.row_conditions import Column

import fastdup_checks.gx as images  # importing it registers the rules
from fastdup_checks.demo import make_demo


def list_images(root: Path) -> pd.DataFrame:
    """One row an image, as a training run would list them: images/<split>/<label>/<name>.jpg."""
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.jpg"))
    return pd.DataFrame([(path, *path.split("/")[:2]) for path in paths], columns=["path", "split", "label"])


def make_suite(root: Path) -> gx.ExpectationSuite:
    """What is expected of the images."""
    where = {"root": str(root)}
    return gx.ExpectationSuite(
        "images",
        expectations=[
            # About the batch: one number, held against a bound.
            images.ExpectImageDuplicateRateToBeAtMost(at_most=0.01, **where),
            images.ExpectImageNearDuplicateRateToBeAtMost(at_most=0.02, split="train", **where),
            images.ExpectNoImageLeakBetweenSplits(between=["train", "test"], **where),
            images.ExpectImageOutlierRateToBeAtMost(at_most=0.01, severity="warning", **where),
            images.ExpectImageLabelConsistencyToBeAtLeast(at_least=0.95, **where),
            # About each row: with `mostly`, row conditions and the list of the rows that are not as wanted.
            images.ExpectColumnImagesToBeReadable(column="path", mostly=0.99, **where),
            images.ExpectColumnImagesNotToBeDuplicated(
                column="path", row_condition=Column("split") == "test", severity="warning", **where
            ),
        ],
    )


def main(folder: Path) -> None:
    """Make the images and the project in a folder, and run the checkpoint."""
    make_demo(folder)
    root = (folder / "images").absolute()
    context = gx.get_context(mode="file", project_root_dir=str(folder))
    checkpoint = images.add_checkpoint(context, make_suite(root), overwrite=True)
    images.register_in_project(context)  # a process that has not imported the rules would pass without them
    result = checkpoint.run(batch_parameters={"dataframe": list_images(root)})
    for validation in result.run_results.values():
        for judged in validation.results:
            print("passed" if judged.success else "FAILED", images.message_of(judged))
    for site in context.get_docs_sites_urls():
        print("Data Docs:", site["site_url"])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))

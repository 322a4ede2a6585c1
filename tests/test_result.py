"""What code, and people at a prompt, get of a run."""

from __future__ import annotations

import pytest
from datasets import PLANTED, write_images, write_project

import fastdup_checks
from fastdup_checks.config import DatasetPlan


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("result")
    return fastdup_checks.run(write_images(folder / "images", PLANTED), work_dir=folder / "out")


def test_a_result_shows_what_was_scanned(result, tmp_path):
    page = result.work_dir / "gallery.html"
    assert repr(result) == f"<Result of 15 images (8 in train, 7 in test); 1 unreadable; gallery: {page}>"
    plain = fastdup_checks.run(write_images(tmp_path / "images", {"a.png": 1, "b.png": 2}), work_dir=tmp_path)
    assert repr(plain) == f"<Result of 2 images; gallery: {tmp_path / 'gallery.html'}>"


def test_a_verdict_is_one_line_however_much_was_found(tmp_path):
    verdicts = fastdup_checks.check(write_project(tmp_path, "leak"))
    assert repr(verdicts.failed) == (
        "(<Verdict failed: leak: 1 image, above the 0 allowed (among 7 images in test, against train); "
        "1 unreadable image is not counted>,)"
    )


@pytest.mark.parametrize("between", [("train",), ("train", "train")])
def test_a_leak_within_one_split_is_refused(result, between):
    with pytest.raises(ValueError, match="leaks are between two splits or more, not 'train'"):
        result.leaks(*between)


def test_a_kind_of_leak_that_there_is_not_is_refused(result):
    assert len(result.leaks("train", "test", kind="exact")) == 1
    with pytest.raises(ValueError, match="kind is 'exat'; any, exact or near is wanted"):
        result.leaks("train", "test", kind="exat")


def test_what_is_scanned_is_the_folder_that_is_named_and_not_the_root_of_a_plan(tmp_path):
    write_images(tmp_path / "images", {"a/1.png": 1, "b/2.png": 2})
    plan = DatasetPlan(tmp_path / "elsewhere", {"old": ("a",), "new": ("b",)})
    result = fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out", dataset=plan)
    assert result.images == ("a/1.png", "b/2.png")
    assert result.analysis.scan.dataset.splits == ("old", "new")

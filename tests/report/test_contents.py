"""What a run puts into its gallery."""

from __future__ import annotations

import io
import os
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from datasets import CLEAN, PLANTED, write_images, write_project
from PIL import Image

import fastdup_checks
from fastdup_checks.report import contents, shelves
from fastdup_checks.report.contents import gallery_page
from fastdup_checks.result import Result
from fastdup_checks.store import Store


def page_of(result: Result) -> contents.Page:
    with Store(result.analysis.scan.settings.cache) as store:
        return gallery_page(result, store)


def test_the_page_knows_every_image_and_counts_the_unreadable_ones(tmp_path: Path) -> None:
    page = page_of(fastdup_checks.run(write_images(tmp_path / "images", PLANTED), work_dir=tmp_path / "out"))
    assert (page.images, page.unreadable) == (len(PLANTED), 1)
    assert sum(tally.images for tally in page.tallies) == len(PLANTED)
    assert all(page.facts(path) for path in PLANTED)
    assert page.map is not None
    assert len(page.map.paths) == len(PLANTED) - 1


def test_links_lead_from_the_page_to_the_files(tmp_path: Path) -> None:
    root = write_images(tmp_path / "a b#" / "images", CLEAN)
    out = tmp_path / "work" / "out"
    page = page_of(fastdup_checks.run(root, work_dir=out))
    for path in CLEAN:
        assert Path(os.path.normpath(out / unquote(page.originals + path))).is_file()


def test_families_stand_on_the_page_with_one_picture_for_all_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fastdup_checks.run(write_images(tmp_path / "images", PLANTED), work_dir=tmp_path / "out")
    page = page_of(result)
    assert sum(shelf.images for shelf in page.families) == len(result.images)
    shown = [path for shelf in page.families for path in shelf.paths]
    assert ("train/cat/0.png" in shown) != ("train/cat/again.png" in shown)
    assert all("cat" in shelf.name or "dog" in shelf.name for shelf in page.families)
    monkeypatch.setattr(shelves, "SHELVES", 1)
    assert (len(page_of(result).families), page_of(result).more_families) == (1, len(page.families) - 1)


def test_an_added_image_moves_hardly_any_other_off_the_map_of_a_large_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_MOST_POINTS", 8)
    shown = []
    for pictures in (CLEAN, CLEAN | {"train/cat/added.png": 50}):
        root = write_images(tmp_path / "images", pictures)
        page = page_of(fastdup_checks.run(root, work_dir=tmp_path / "out"))
        assert page.map is not None
        shown.append(set(page.map.paths))
    assert len(shown[0] - shown[1]) <= 1


def test_images_with_findings_come_onto_the_map_of_a_large_dataset_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_MOST_POINTS", 8)
    page = page_of(fastdup_checks.check(write_project(tmp_path, "duplicate_rate: {at_most: 0}")).result)
    assert page.map is not None
    assert len(page.map.paths) <= 8
    assert {"train/cat/0.png", "train/cat/again.png"} <= set(page.map.paths)


def test_histograms_show_what_the_checks_decide_by_with_their_thresholds(tmp_path: Path) -> None:
    config = write_project(
        tmp_path,
        """near_duplicate_rate: {threshold: 0.8}
        outlier_rate: {threshold: 0.6}
        label_consistency: {skip: not yet}""",
    )
    analysis = fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out").analysis
    page = page_of(Result(analysis, fastdup_checks.check(config)))
    thresholds = {drawn.name: drawn.threshold for drawn in page.distributions}
    assert thresholds == {
        "Similarity of the nearest neighbour": None,
        "Chance that a pair are copies": 0.8,
        "Outlier score": 0.6,
        "Brightness": None,
        "Sharpness": None,
    }


def test_a_label_suspect_comes_with_images_that_speak_for_the_suggestion(tmp_path: Path) -> None:
    def coloured(shade: tuple[int, int, int], number: int) -> bytes:
        noise = np.random.default_rng(number).integers(0, 40, (64, 64, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(noise + np.array(shade, np.uint8)).save(out, "PNG")
        return out.getvalue()

    shades = {"cat": (180, 0, 0), "dog": (0, 0, 180)}
    images = {
        f"{split}/{label}/{number}.png": coloured(shade, number + 10 * (split == "test"))
        for split in ("train", "test")
        for label, shade in shades.items()
        for number in range(10)
    }
    (verdict,) = fastdup_checks.check(write_project(tmp_path, "label_consistency: {threshold: 0}", images))
    findings = verdict.measurement.findings
    assert findings
    for finding in findings:
        evidence = dict(finding.evidence)
        near = [path for name, path in evidence.items() if name.startswith("neighbour")]
        assert len(near) <= 3
        assert all(f"/{evidence['suggested']}/" in str(path) for path in near)
        assert near or not evidence["suggested"]

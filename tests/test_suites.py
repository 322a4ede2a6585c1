"""A clean dataset passes the shipped suites; with one kind of problem it fails, and for that reason alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

import fastdup_checks
from fastdup_checks.curate import clean
from fastdup_checks.demo import make_demo

SUITES = """\
version: 1
dataset: {root: images, splits: {train: train, test: test}, labels: parent_folder}
extends: [fastdup_checks/hygiene, fastdup_checks/splits, fastdup_checks/labels]
"""
ALIKE = "train/bubbles/bubbles_train_01.jpg"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The demo without what is planted in it."""
    folder = tmp_path_factory.mktemp("suites")
    planted = make_demo(folder)
    bad = planted.broken | planted.outliers | planted.mislabelled
    for pair in planted.duplicates | planted.near_duplicates:
        bad.add(max(pair, key=len))
    for path in bad:
        (folder / "images" / path).unlink()
    (folder / "data.yml").write_text(SUITES)
    return folder


def failures(folder: Path, good: Path) -> set[str]:
    verdicts = fastdup_checks.check(folder / "data.yml", cache_dir=good / "cache")
    return {verdict.expectation.id for verdict in verdicts.failed}


def change(path: Path, edit) -> None:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    edit(picture).save(path, quality=92)


def break_one(images: Path) -> None:
    (images / ALIKE).write_bytes((images / ALIKE).read_bytes()[:900])


def repeat_one(images: Path) -> None:
    shutil.copy(images / ALIKE, images / "train/bubbles/again.jpg")


def edit_some(images: Path) -> None:
    for number, file in enumerate(sorted((images / "train/hills").iterdir())[:5]):
        shutil.copy(file, images / f"train/hills/small_{number}.jpg")
        change(images / f"train/hills/small_{number}.jpg", lambda p: p.resize((160, 120)))


def leak_one(images: Path) -> None:
    shutil.copy(images / ALIKE, images / "test/bubbles/turned.jpg")
    change(images / "test/bubbles/turned.jpg", ImageOps.mirror)


def contradict_one(images: Path) -> None:
    shutil.copy(images / ALIKE, images / "train/hills/other.jpg")
    change(images / "train/hills/other.jpg", ImageOps.mirror)


def mislabel_some(images: Path) -> None:
    classes = ("bubbles", "hills", "tiles")
    chosen = [sorted((images / "train" / label).iterdir())[:6] for label in classes]
    for number, files in enumerate(chosen):
        for place, file in enumerate(files):
            file.rename(images / "train" / classes[(number + 1 + place % 2) % 3] / file.name)


def add_aliens(images: Path) -> None:
    for number, frame in enumerate(((400, 400), (300, 200), (200, 300))):
        noise = Image.effect_noise(frame, 200 - 40 * number).convert("RGB")
        noise.save(images / f"train/tiles/noise_{number}.png")


def blank_one(images: Path) -> None:
    change(images / ALIKE, lambda p: Image.new("RGB", p.size, (90, 120, 90)))


def darken_one(images: Path) -> None:
    change(images / ALIKE, lambda p: ImageEnhance.Brightness(p).enhance(0.15))


def bleach_one(images: Path) -> None:
    change(images / ALIKE, lambda p: Image.blend(p, Image.new("RGB", p.size, "white"), 0.9))


def blur_one(images: Path) -> None:
    change(images / ALIKE, lambda p: p.filter(ImageFilter.GaussianBlur(0.04 * min(p.size))))


PROBLEMS = {
    "broken_images": break_one,
    "duplicate_rate": repeat_one,
    "near_duplicate_rate": edit_some,
    "leak": leak_one,
    "conflicting_labels": contradict_one,
    "label_consistency": mislabel_some,
    "outlier_rate": add_aliens,
    "low_information": blank_one,
    "dark": darken_one,
    "bright": bleach_one,
    "blurry": blur_one,
}


def test_a_clean_dataset_passes_all_suites(good):
    assert failures(good, good) == set()


@pytest.mark.parametrize("expectation", PROBLEMS)
def test_a_problem_fails_its_own_expectation_and_no_other(good, tmp_path, expectation):
    shutil.copytree(good / "images", tmp_path / "images")
    shutil.copy(good / "data.yml", tmp_path)
    PROBLEMS[expectation](tmp_path / "images")
    assert failures(tmp_path, good) == {expectation}


@pytest.mark.parametrize("seed", [7, 8])
def test_of_copies_with_two_labels_the_right_one_is_kept(tmp_path, good, seed):
    planted = make_demo(tmp_path, seed)
    (twice,) = (path for path in planted.mislabelled if "/twice_" in path)
    (source,) = next(iter(pair - {twice} for pair in planted.duplicates if twice in pair))
    analysis = fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out", cache_dir=good / "cache").analysis
    done = clean(analysis)
    assert twice in {removed.path for removed in done.removed}
    (note,) = (kept.note for kept in done.kept if kept.path == source)
    assert "its copies are labelled" in note

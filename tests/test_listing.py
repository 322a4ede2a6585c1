from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from datasets import CLEAN, PLANTED, write_images

import fastdup_checks
from fastdup_checks.config import load_plan
from fastdup_checks.errors import ConfigError, DatasetError, ExpectationFailed
from fastdup_checks.listing import make_listing, open_listing

YAML = """\
version: 1
dataset:
  root: images
expectations:
  - broken_images
  - leak: {between: [train, valid]}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A folder of images without folders for splits, and the working directory."""
    write_images(tmp_path / "images", {path.replace("/", "-"): content for path, content in PLANTED.items()})
    (tmp_path / "data.yml").write_text(YAML)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data.yml"


def named(*words):
    return [name.replace("/", "-") for name in PLANTED if any(word in name for word in words)]


TRAIN = [f"images/{name}" for name in named("train/cat", "train/dog/1")]
VALID = [f"images/{name}" for name in named("test/cat")]


def test_the_splits_are_the_lists_and_other_files_do_not_count(config):
    verdicts = fastdup_checks.check(config, images={"train": TRAIN, "valid": VALID})
    assert verdicts.passed
    assert set(verdicts.result.images) == {path.removeprefix("images/") for path in (*TRAIN, *VALID)}
    assert verdicts.result.analysis.scan.dataset.splits == ("train", "valid")


def test_a_copy_that_fell_on_the_other_side_stops_the_training(config):
    with pytest.raises(ExpectationFailed, match="leak-train-valid: 1 image, above the 0 allowed") as caught:
        fastdup_checks.require(config, images={"train": TRAIN, "valid": [*VALID, "images/test-dog-leak.png"]})
    assert caught.value.verdicts[0].measurement.findings[0].images == ("test-dog-leak.png", "train-dog-1.png")


def test_a_listed_file_that_is_not_there_is_broken(config):
    verdicts = fastdup_checks.check(config, images={"train": [*TRAIN, "images/gone.png"], "valid": VALID})
    assert [f.images for f in verdicts[0].measurement.findings] == [("gone.png",)]


def test_absolute_paths_and_paths_through_links_are_the_same_files(config, tmp_path):
    if hasattr(os, "symlink"):
        (tmp_path / "link").symlink_to(tmp_path / "images", target_is_directory=True)
        absolute = [str(tmp_path / path.replace("images/", "link/")) for path in TRAIN]
        assert fastdup_checks.check(config, images={"train": absolute, "valid": VALID}).result.images[0] in {
            path.removeprefix("images/") for path in (*TRAIN, *VALID)
        }


def test_links_are_followed_only_where_a_path_does_not_fit_as_it_is(tmp_path, monkeypatch):
    images = write_images(tmp_path / "images", {f"{number}.png": b"x" for number in range(9)})
    followed = []
    real = os.path.realpath
    monkeypatch.setattr("os.path.realpath", lambda path: followed.append(path) or real(path))
    dataset = open_listing(images, make_listing({"train": sorted(images.iterdir())}), None)
    assert len(dataset.records) == 9
    assert len(followed) == 1, "that of the root"


def test_a_file_that_is_drawn_more_often_is_one_image(config):
    verdicts = fastdup_checks.check(config, images={"train": TRAIN * 3, "valid": VALID})
    assert len(verdicts.result.images) == len(TRAIN) + len(VALID)


def test_labels_come_along(config):
    config.write_text(YAML + "  - conflicting_labels\n")
    again = ["images/train-cat-0.png", "images/train-cat-again.png"]
    labelled = {"train": list(zip(again, ["cat", "dog"], strict=True)), "valid": [(VALID[0], "cat")]}
    with pytest.raises(ExpectationFailed, match="conflicting_labels: 1 group"):
        fastdup_checks.require(config, images=labelled)


def test_labels_of_the_file_serve_where_none_are_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / "images", CLEAN)
    (tmp_path / "data.yml").write_text(YAML.replace("root: images", "root: images\n  labels: parent_folder"))
    lists = {"train": ["images/train/cat/0.png"], "valid": ["images/test/dog/0.png"]}
    result = fastdup_checks.check("data.yml", images=lists).result
    assert [r.label for r in result.analysis.images] == ["dog", "cat"]


def test_top_folders_are_told_from_the_splits_that_the_file_names(tmp_path):
    write_images(tmp_path / "images", {"a/train/cat/day1/1.png": b"x", "a/test/dog/2.png": b"y"})
    yaml = YAML.replace("root: images", "root: images\n  labels: top_folder\n  splits: {train: a/train, test: a/test}")
    (tmp_path / "data.yml").write_text(yaml)
    files = {"train": [tmp_path / "images/a/train/cat/day1/1.png"], "valid": [tmp_path / "images/a/test/dog/2.png"]}
    plan = load_plan(tmp_path / "data.yml", listing=make_listing(files)).dataset
    dataset = open_listing(plan.root, plan.listing, plan.labels)
    assert [r.label for r in dataset.records] == ["dog", "cat"]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"train": TRAIN, "valid": [TRAIN[0]]}, "train-cat-0.png is in two lists: 'train' and 'valid'"),
        ({"train": TRAIN, "valid": []}, "there are no images in the list 'valid'"),
        ({"train": TRAIN, "valid": ["elsewhere.png"]}, "elsewhere.png, of the list 'valid', is not below dataset.root"),
        ({"train": [(TRAIN[0], "cat"), (TRAIN[0], "dog")], "valid": VALID}, "has two labels: 'cat' and 'dog'"),
    ],
)
def test_lists_that_make_no_sense_are_told(config, lists, message):
    with pytest.raises(DatasetError, match=message):
        fastdup_checks.check(config, images=lists)


def test_expectations_must_speak_of_the_lists(config):
    with pytest.raises(ConfigError, match="no split 'valid'; known: test, train"):
        fastdup_checks.check(config, images={"train": TRAIN, "test": VALID})
    with pytest.raises(ConfigError, match="the dataset has no splits"):
        fastdup_checks.check(config)


@pytest.mark.parametrize("files", ["images/1.png", Path("images")])
def test_one_path_is_no_list(config, files):
    with pytest.raises(TypeError, match=r"images\['train'\] is one path; a list of files is wanted"):
        fastdup_checks.check(config, images={"train": files, "valid": VALID})


@pytest.mark.parametrize(
    ("images", "error", "words"),
    [
        (TRAIN, TypeError, "images maps splits to files, as {'train'"),
        ({0: TRAIN}, TypeError, "the name of a split is a text, not 0"),
        ({}, DatasetError, "no list of files is given"),
        (
            {"train": [None]},
            TypeError,
            "images['train'] holds None; a path, or a tuple of a path and its label, is wanted",
        ),
        ({"train": [("a.png", "cat", 2)]}, TypeError, "images['train'] holds ('a.png', 'cat', 2); a path"),
        ({"train": [["a.png", "cat"]]}, TypeError, "images['train'] holds ['a.png', 'cat']; a path"),
    ],
)
def test_what_is_no_list_of_files_for_each_split_is_said_to_be_none(config, images, error, words):
    with pytest.raises(error, match=re.escape(words)):
        fastdup_checks.check(config, images=images)


def test_paths_may_be_bytes(config):
    verdicts = fastdup_checks.check(config, images={"train": [os.fsencode(p) for p in TRAIN], "valid": iter(VALID)})
    assert len(verdicts.result.images) == len(TRAIN) + len(VALID)

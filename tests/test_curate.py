"""Cleaning removes what it says for the reason it says, and never a file that it does not name."""

from __future__ import annotations

import csv
import io
import os
import sys

import numpy as np
import pytest
from datasets import BROKEN, write_images
from PIL import Image, ImageFilter, ImageOps
from test_statistics import scene

import fastdup_checks
from fastdup_checks.cli import main
from fastdup_checks.curate import clean
from fastdup_checks.errors import DatasetError


def encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curate")
    files = {
        f"{split}/{label}/{number}.png": encoded(scene(64, seed))
        for seed, (split, label, number) in enumerate(
            (split, label, number) for split in ("train", "test") for label in ("a", "b") for number in range(4)
        )
    }
    files["train/a/again.png"] = files["train/a/0.png"]
    files["test/b/leak.png"] = files["train/b/1.png"]
    files["train/b/broken.png"] = BROKEN
    files["train/b/blank.png"] = encoded(Image.new("RGB", (80, 60), "grey"))
    write_images(folder / "images", files)
    (folder / "data.yml").write_text(
        "version: 1\ndataset: {root: images, splits: {train: train, test: test}, labels: parent_folder}\n"
        "expectations: [{broken_images: {at_most: 0}}, {duplicate_rate: {at_most: 0}}, {leak: {at_most: 0}}]\n"
    )
    return folder


@pytest.fixture(scope="module")
def analysis(folder):
    return fastdup_checks.run(folder / "images", work_dir=folder / "out").analysis


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_kept_or_removed_once(analysis):
    done = clean(analysis)
    paths = sorted([k.path for k in done.kept] + [r.path for r in done.removed])
    assert paths == sorted(r.path for r in analysis.scan.dataset.records)


def test_each_removed_file_has_its_reason_and_the_largest_split_gives_up_leaks(analysis):
    reasons = {r.path: r.reason for r in clean(analysis).removed}
    assert reasons.pop("train/b/broken.png").startswith("broken: ")
    assert reasons == {
        "train/a/again.png": "copy of train/a/0.png",
        "train/b/1.png": "leak: test/b/leak.png in test shows the same picture",
    }


def test_leaks_can_be_removed_from_the_other_split(analysis):
    removed = {r.path for r in clean(analysis, leaks_from="test").removed}
    assert "test/b/leak.png" in removed
    assert "train/b/1.png" not in removed


def test_flawed_pictures_are_noted_and_dropped_on_request(analysis):
    notes = {k.path: k.note for k in clean(analysis).kept}
    assert notes["train/b/blank.png"].startswith("low information")
    removed = {r.path: r.reason for r in clean(analysis, drop=["flawed"]).removed}
    assert removed["train/b/blank.png"] == "low information"


def test_of_a_picture_and_its_spoilt_copy_the_picture_stays(tmp_path):
    files = {f"a/{seed}.png": encoded(scene(96, seed)) for seed in range(12)}
    whole = scene(96, 3)
    large = whole.resize((256, 192))
    files["a/large.png"] = encoded(Image.blend(large, Image.new("RGB", large.size, "white"), 0.9))
    write_images(tmp_path / "images", files)
    analysis = fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out").analysis
    rows = {image.path: row for row, image in enumerate(analysis.images)}
    assert analysis.keep_order([rows["a/3.png"], rows["a/large.png"]])[0] == rows["a/3.png"]
    for drop in ([], ["flawed"]):
        assert "a/3.png" in {kept.path for kept in clean(analysis, drop=drop).kept}


def test_of_a_picture_and_a_copy_with_a_border_the_one_without_stays(tmp_path):
    files = {f"a/{n}.png": encoded(scene(96, n)) for n in range(12)}
    files["a/0-framed.png"] = encoded(ImageOps.expand(scene(96, 3), 12, "black"))
    write_images(tmp_path / "images", files)
    done = clean(fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out").analysis)
    assert [(r.path, r.reason) for r in done.removed] == [("a/0-framed.png", "copy of a/3.png")]


def test_of_a_picture_and_its_grey_copy_the_one_in_colour_stays(tmp_path):
    files = {f"a/{seed}.png": encoded(scene(96, seed)) for seed in range(12)}
    files["a/0-grey.png"] = encoded(scene(96, 3).filter(ImageFilter.SHARPEN).convert("L"))
    write_images(tmp_path / "images", files)
    done = clean(fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out").analysis)
    assert [(r.path, r.reason) for r in done.removed] == [("a/0-grey.png", "copy of a/3.png")]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_of_a_file_and_a_link_to_it_the_file_stays(tmp_path):
    files = {f"b/{n}.png": encoded(scene(96, n)) for n in range(3)}
    write_images(tmp_path / "images", files)
    os.symlink("b", tmp_path / "images" / "a")
    os.symlink("0.png", tmp_path / "images" / "b" / "-.png")
    result = clean(fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out").analysis)
    assert sorted(kept.path for kept in result.kept) == sorted(files)
    assert {removed.path: removed.reason.split("(")[1] for removed in result.removed} == dict.fromkeys(
        ["a/-.png", "a/0.png", "a/1.png", "a/2.png", "b/-.png"],
        "it is the same file, through a link: only the link may go)",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_of_a_file_and_a_link_to_it_in_another_split_the_file_stays(tmp_path):
    write_images(tmp_path / "images", {f"train/{n}.png": encoded(scene(96, n)) for n in range(3)})
    write_images(tmp_path / "images", {"test/9.png": encoded(scene(96, 9))})
    os.symlink("../train/0.png", tmp_path / "images" / "test" / "link.png")
    result = clean(fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out").analysis)
    assert [removed.path for removed in result.removed] == ["test/link.png"]


def test_no_image_goes_for_its_label_where_labels_cannot_be_told(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(["a", "b"], 30))
    write_images(tmp_path / "images", {f"{label}/{n}.png": encoded(scene(96, n)) for n, label in enumerate(labels)})
    result = fastdup_checks.run(tmp_path / "images", work_dir=tmp_path / "out")
    assert not result.label_suspects()
    assert not clean(result.analysis, drop=["suspects"], threshold=0.0).removed


def test_an_unknown_split_is_refused(analysis):
    with pytest.raises(DatasetError, match="the splits are: train, test"):
        clean(analysis, leaks_from="val")


def test_a_second_run_on_the_kept_files_passes_and_the_images_are_untouched(folder, tmp_path):
    before = {p: p.read_bytes() for p in (folder / "images").rglob("*.png")}
    config, tree = str(folder / "data.yml"), tmp_path / "images"
    lists = ["--out", str(tmp_path / "kept.csv"), "--removed", str(tmp_path / "removed.csv")]
    assert main(["check", config, "-q", "--work-dir", str(tmp_path / "before")]) == 1
    assert main(["clean", config, "-q", *lists, "--copy", str(tree)]) == 0
    (tmp_path / "data.yml").write_text((folder / "data.yml").read_text())
    assert main(["check", str(tmp_path / "data.yml"), "-q"]) == 0
    assert {p: p.read_bytes() for p in (folder / "images").rglob("*.png")} == before
    kept = {row["path"] for row in table(tmp_path / "kept.csv")}
    assert {p.relative_to(tree).as_posix() for p in tree.rglob("*.png")} == kept
    assert main(["clean", config, "-q", *lists, "--link", str(tree)]) == 2, "a folder in use is refused"


@pytest.mark.parametrize("command", [["clean"], ["sample", "-n", "3"]])
@pytest.mark.parametrize("option", ["--copy", "--link"])
def test_a_tree_within_the_dataset_is_refused_before_anything_is_written(
    folder, tmp_path, monkeypatch, capsys, command, option
):
    monkeypatch.chdir(tmp_path)
    before = sorted((folder / "images").rglob("*"))
    assert main([*command, str(folder / "data.yml"), "-q", option, str(folder / "images" / "clean")]) == 2
    assert "clean: within the dataset" in capsys.readouterr().err
    assert sorted((folder / "images").rglob("*")) == before
    assert not list(tmp_path.iterdir())


def test_two_lists_do_not_go_into_one_file(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["clean", str(folder / "data.yml"), "-q", "--out", "a.csv", "--removed", "./a.csv"]) == 2
    assert "one file cannot hold both lists" in capsys.readouterr().err
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("arguments", [["clean", "--out"], ["clean", "--removed"], ["sample", "-n", "3", "--out"]])
def test_a_list_does_not_take_the_place_of_the_configuration(folder, tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    before = (folder / "data.yml").read_bytes()
    command, *options = arguments
    assert main([command, str(folder / "data.yml"), "-q", *options, str(folder / "data.yml")]) == 2
    assert "data.yml: that is the configuration; give the list another name" in capsys.readouterr().err
    assert (folder / "data.yml").read_bytes() == before


@pytest.mark.parametrize("arguments", [["clean", "--out"], ["clean", "--removed"], ["sample", "-n", "3", "--out"]])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("images/train/a/0.png", "that is a file of the dataset"),
        ("images/train/a/../a/1.png", "that is a file of the dataset"),
        ("images/outside.png", "that is a file of the dataset"),
        ("labels.csv", "that is the table of dataset.labels"),
        (".", "that is a folder"),
        ("/", "that is a folder"),
        ("images", "that is a folder"),
    ],
)
def test_a_list_does_not_take_the_place_of_what_is_read(tmp_path, monkeypatch, capsys, arguments, name, words):
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / "images", {"train/a/0.png": 0, "train/a/1.png": 1, "outside.png": 2})
    (tmp_path / "labels.csv").write_text("path,label\ntrain/a/0.png,a\n")
    (tmp_path / "data.yml").write_text(
        "version: 1\ndataset: {root: images, splits: {train: train}, labels: {csv: labels.csv}}\n"
        "expectations: [broken_images]\n"
    )
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    command, *options = arguments
    assert main([command, "data.yml", "-q", "--cache-dir", str(tmp_path / "c"), *options, name]) == 2
    err = capsys.readouterr().err
    assert f"{words}; " in err
    assert err.count("\n") == 1
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_list_does_not_take_the_place_of_an_image_behind_a_link(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / "pool", {"0.png": 0, "one": 1})
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a").symlink_to(tmp_path / "pool")
    (tmp_path / "images" / "1.png").symlink_to(tmp_path / "pool" / "one")
    (tmp_path / "data.yml").write_text("version: 1\ndataset: images\nexpectations: [broken_images]\n")
    for name in ("pool/0.png", "pool/one"):
        assert main(["sample", "data.yml", "-q", "-n", "1", "--out", name]) == 2
        assert f"{name}: that is a file of the dataset; give the list another name" in capsys.readouterr().err


def test_lists_take_the_place_of_those_of_an_earlier_run(folder, tmp_path):
    lists = ["--out", str(tmp_path / "kept.csv"), "--removed", str(folder / "images" / "removed.csv")]
    for _ in range(2):
        assert main(["clean", str(folder / "data.yml"), "-q", *lists]) == 0
    (folder / "images" / "removed.csv").unlink()


@pytest.mark.parametrize("score", ["nan", "2", "-1", "half"])
def test_a_threshold_is_a_score(folder, score, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["clean", str(folder / "data.yml"), "--threshold", score])
    assert "is not a score from 0 to 1" in capsys.readouterr().err


def test_sample_lists_as_many_images_as_asked(folder, tmp_path, capsys):
    out = tmp_path / "sample.csv"
    assert main(["sample", str(folder / "data.yml"), "-q", "-n", "6", "--out", str(out)]) == 0
    rows = table(out)
    assert len(rows) == 6
    assert {row["label"] for row in rows} == {"a", "b"}
    assert "in a random subset" in capsys.readouterr().out


def test_a_sample_of_a_split_has_one_of_each_of_its_pictures(folder, tmp_path):
    out = tmp_path / "sample.csv"
    assert main(["sample", str(folder / "data.yml"), "-q", "-n", "99", "--split", "train", "--out", str(out)]) == 0
    picked = {row["path"] for row in table(out)}
    assert {f"train/{label}/{n}.png" for label, n in (("a", 1), ("b", 1), ("b", 3))} < picked
    assert len(picked) == 9
    assert len(picked & {"train/a/0.png", "train/a/again.png"}) == 1


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        ({"a.png": BROKEN}, [], "none of the images can be read"),
        ({"a.png": 1}, ["--split", "val"], "there are no images in val; it has no splits"),
    ],
)
def test_a_sample_of_nothing_says_why(tmp_path, capsys, images, options, message):
    write_images(tmp_path / "images", images)
    (tmp_path / "data.yml").write_text("version: 1\ndataset: images\nexpectations: [broken_images]\n")
    assert main(["sample", str(tmp_path / "data.yml"), "-q", "-n", "1", *options]) == 2
    assert message in capsys.readouterr().err

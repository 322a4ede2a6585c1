from __future__ import annotations

import os
import re
import sys
import unicodedata

import pytest
from datasets import write_images

from fastdup_checks.column import Column
from fastdup_checks.errors import DatasetError
from fastdup_checks.folder import open_folder, read_file
from fastdup_checks.layout import detect_layout
from fastdup_checks.tree import find_files


def paths(dataset):
    return [r.path for r in dataset.records]


def test_files_come_in_the_order_of_their_bytes_and_hidden_ones_do_not(tmp_path):
    write_images(tmp_path, {p: b"x" for p in ("b/2.png", "b.png", "a/1.png", "ä.png", "Z.png", ".git/x.png", ".h.png")})
    assert list(find_files(tmp_path)) == ["Z.png", "a/1.png", "b.png", "b/2.png", "ä.png"]


def test_every_file_is_an_image_or_counted(tmp_path):
    write_images(tmp_path, {p: b"x" for p in ("a.JPG", "b.gif", "c.avif", "notes.txt", "more.txt", "README")})
    dataset = open_folder(tmp_path)
    assert paths(dataset) == ["a.JPG", "b.gif", "c.avif"]
    assert dataset.ignored == ((".txt", 2), ("no suffix", 1))


def test_splits_and_labels_come_from_folders(tmp_path):
    write_images(tmp_path, {p: b"x" for p in ("tr/cat/1.png", "te/dog/2.png", "te/3.png", "other/4.png")})
    dataset = open_folder(tmp_path, splits={"train": ["tr"], "test": ["te"]}, labels="parent_folder")
    assert [(r.path, r.split, r.label) for r in dataset.records] == [
        ("te/3.png", "test", None),
        ("te/dog/2.png", "test", "dog"),
        ("tr/cat/1.png", "train", "cat"),
    ]
    assert dataset.splits == ("train", "test")
    assert dataset.ignored == (("outside the splits", 1),)


@pytest.mark.parametrize("folder", ["train", "./train", "train/", "train/."])
def test_the_folder_of_a_split_is_no_class_however_it_is_written(tmp_path, folder):
    write_images(tmp_path, {"train/1.png": b"x", "train/cat/2.png": b"x"})
    dataset = open_folder(tmp_path, splits={"train": [folder]}, labels="parent_folder")
    assert [(r.path, r.label) for r in dataset.records] == [("train/1.png", None), ("train/cat/2.png", "cat")]


@pytest.mark.parametrize(
    ("splits", "labels"),
    [
        ({}, {"train/cat/day1/1.png": "train", "train/2.png": "train", "dog/test/3.png": "dog", "4.png": None}),
        ({"train": ["./train/"]}, {"train/cat/day1/1.png": "cat", "train/2.png": None}),
        ({"train": ["train/cat", "train"]}, {"train/cat/day1/1.png": "day1", "train/2.png": None}),
        ({"test": ["*/test/**"]}, {"dog/test/3.png": "dog"}),
        ({"train": ["train/**"]}, {"train/cat/day1/1.png": "cat", "train/2.png": None}),
        ({"train": ["train/**/*.png"]}, {"train/cat/day1/1.png": "cat", "train/2.png": None}),
    ],
)
def test_the_top_folder_is_the_first_below_that_of_the_split(tmp_path, splits, labels):
    write_images(tmp_path, dict.fromkeys(("train/cat/day1/1.png", "train/2.png", "dog/test/3.png", "4.png"), b"x"))
    dataset = open_folder(tmp_path, splits=splits or None, labels="top_folder")
    assert {r.path: r.label for r in dataset.records} == labels


@pytest.mark.parametrize("labels", ["parent_folder", "top_folder"])
def test_a_class_that_a_pattern_of_a_split_names_is_a_class(tmp_path, labels):
    write_images(tmp_path, dict.fromkeys(("cat/a_train.png", "cat/b_test.png", "dog/c_train.png"), b"x"))
    splits = {"train": ["cat/*_train.png", "dog/*_train.png"], "test": ["cat/*_test.png"]}
    assert [r.label for r in open_folder(tmp_path, splits=splits, labels=labels).records] == ["cat", "cat", "dog"]


@pytest.mark.parametrize("labels", ["parent_folder", "top_folder"])
@pytest.mark.parametrize(
    "train", [["train/cat", "train/dog"], ["train/cat", "train/dog/*.png"], ["train/cat/**", "train/dog/**"]]
)
def test_folders_side_by_side_that_a_split_names_are_classes(tmp_path, labels, train):
    write_images(tmp_path, dict.fromkeys(("train/cat/1.png", "train/dog/2.png", "test/cat/3.png", "test/4.png"), b"x"))
    dataset = open_folder(tmp_path, splits={"train": train, "test": ["test", "*.png"]}, labels=labels)
    assert [r.label for r in dataset.records] == [None, "cat", "cat", "dog"]


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("labels", ["parent_folder", "top_folder"])
def test_a_folder_that_is_called_like_a_pattern_is_a_folder(tmp_path, labels):
    write_images(tmp_path, {"d*/train/1.png": b"x", "d*/train/cat/2.png": b"x"})
    dataset = open_folder(tmp_path, splits={"train": ["d*/train"]}, labels=labels)
    assert [r.label for r in dataset.records] == [None, "cat"]


def test_a_split_can_be_a_pattern(tmp_path):
    write_images(tmp_path, {p: b"x" for p in ("a/x_train.png", "b/c/y_train.png", "a/z_test.png")})
    dataset = open_folder(tmp_path, splits={"train": ["**/*_train.png"], "test": ["*/*_test.png"]})
    assert [(r.path, r.split) for r in dataset.records] == [
        ("a/x_train.png", "train"),
        ("a/z_test.png", "test"),
        ("b/c/y_train.png", "train"),
    ]


@pytest.mark.parametrize("place", ["odl", "old/a.png", "odl/"])
def test_a_folder_that_is_to_be_taken_out_and_is_not_there_is_refused(tmp_path, place):
    write_images(tmp_path, {p: b"x" for p in ("a/1.png", "old/3.png")})
    with pytest.raises(DatasetError, match=f"exclude names {place}, and there is no such folder or file"):
        open_folder(tmp_path, exclude=[place])


@pytest.mark.parametrize(
    ("place", "meant"),
    [("/old", "; did you mean 'old'?"), ("/old/*.png", "; did you mean 'old/*.png'?"), ("/", ""), ("/o", "")],
)
def test_what_is_to_be_taken_out_lies_below_the_root(tmp_path, place, meant):
    write_images(tmp_path, {p: b"x" for p in ("a/1.png", "old/3.png")})
    with pytest.raises(
        DatasetError, match=re.escape(f"exclude names {place}; what it names lies below the root{meant}")
    ):
        open_folder(tmp_path, exclude=[place])


@pytest.mark.parametrize("place", ["old", "old/", "./old", "old/**"])
def test_images_are_taken_out_by_folder_or_pattern(tmp_path, place):
    write_images(tmp_path, {p: b"x" for p in ("a/1.png", "old/a/2.png", "old/3.png", "older/4.png")})
    dataset = open_folder(tmp_path, exclude=[place])
    assert paths(dataset) == ["a/1.png", "older/4.png"]
    assert dataset.ignored == (("excluded", 2),)


def test_a_folder_that_is_left_out_stays_out_where_a_table_names_its_images(tmp_path):
    write_images(tmp_path, {p: b"x" for p in ("a/1.png", "old/2.png")})
    (tmp_path / "labels.csv").write_text("path,label\na/1.png,cat\nold/2.png,dog\n")
    dataset = open_folder(tmp_path, labels=Column(tmp_path / "labels.csv"), exclude=["old"])
    assert paths(dataset) == ["a/1.png"]


def test_a_pattern_that_takes_no_file_is_named(tmp_path):
    write_images(tmp_path, {"a/1.png": b"x"})
    with pytest.raises(DatasetError, match=r"no images among 1 files; dataset\.include is \*\.png, \*\.jpg; a pattern"):
        open_folder(tmp_path, include=["*.png", "*.jpg"])


@pytest.mark.parametrize(
    ("include", "meant"),
    [("*.png", "**/*.png"), ("a", "a/**"), ("b", "**/b/**"), ("b/", "**/b/**"), ("b/*.png", "**/b/*.png")],
)
def test_what_a_pattern_may_be_meant_to_take_is_said(tmp_path, include, meant):
    write_images(tmp_path, {"a/1.png": b"x", "a/b/2.png": b"x"})
    said = f"dataset.include is {include}; a pattern is of images, relative to the root: {meant} for those in folders"
    with pytest.raises(DatasetError, match=f"{re.escape(said)}$"):
        open_folder(tmp_path, include=[include])
    assert paths(open_folder(tmp_path, include=[meant]))


def test_a_pattern_of_what_is_nowhere_has_no_meaning(tmp_path):
    write_images(tmp_path, {"a/1.png": b"x"})
    with pytest.raises(DatasetError, match=r"dataset\.include is \*\.jpg$"):
        open_folder(tmp_path, include=["*.jpg"])


def test_an_image_in_two_splits_is_an_error(tmp_path):
    write_images(tmp_path, {"a/1.png": b"x"})
    with pytest.raises(DatasetError, match=r"a/1\.png is in two splits"):
        open_folder(tmp_path, splits={"train": ["a"], "all": ["**/*.png"]})


def test_labels_from_a_table_and_what_it_lists_is_not_lost(tmp_path):
    write_images(tmp_path, {"1.png": b"x", "2.png": b"x"})
    (tmp_path / "labels.csv").write_text("file,kind\n1.png,cat\ngone.png,dog\n")
    dataset = open_folder(tmp_path, labels=Column(tmp_path / "labels.csv", "file", "kind"))
    assert [(r.path, r.label) for r in dataset.records] == [("1.png", "cat"), ("2.png", None), ("gone.png", "dog")]


@pytest.mark.parametrize("labels", ["parent_folder", "table"])
def test_what_is_taken_out_stays_out_though_a_table_names_it(tmp_path, labels):
    write_images(tmp_path, {"a/1.png": b"x", "a/2.png": b"x", "bad/3.png": b"x", "b/4.txt": b"x"})
    (tmp_path / "labels.csv").write_text("path,label\na/1.png,cat\nbad/3.png,cat\nbad/gone.png,cat\na/gone.png,dog\n")
    column = Column(tmp_path / "labels.csv") if labels == "table" else labels

    def found(**patterns):
        return [r.path for r in open_folder(tmp_path, labels=column, **patterns).records if "gone" not in r.path]

    assert found(exclude=["bad/**"]) == ["a/1.png", "a/2.png"]
    assert found(include=["a/*", "b/*"]) == ["a/1.png", "a/2.png", "b/4.txt"]
    assert found(include=["**/[0-2].png", "a/?.png"], exclude=["**/2.*"]) == ["a/1.png"]


def test_a_missing_image_that_a_table_names_is_left_out_where_its_folder_is(tmp_path):
    write_images(tmp_path, {"a/1.png": b"x"})
    (tmp_path / "labels.csv").write_text("path,label\na/1.png,cat\na/gone.png,dog\nbad/gone.png,cat\n")
    dataset = open_folder(tmp_path, labels=Column(tmp_path / "labels.csv"), exclude=["bad/**"])
    assert [r.path for r in dataset.records] == ["a/1.png", "a/gone.png"]


def test_the_splits_of_a_table_are_in_their_usual_order_whatever_the_files_are_called(tmp_path):
    write_images(tmp_path, {p: b"x" for p in ("1.png", "2.png", "3.png", "4.png")})
    (tmp_path / "s.csv").write_text("path,split\n1.png,test\n2.png,extra\n3.png,train\n4.png,val\n")
    dataset = open_folder(tmp_path, splits=Column(tmp_path / "s.csv", "path", "split"))
    assert dataset.splits == ("train", "val", "test", "extra")


@pytest.mark.parametrize(("on_disk", "in_table"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_table_names_files_however_their_accents_are_written(tmp_path, on_disk, in_table):
    names = [unicodedata.normalize(on_disk, f"été/{n}.png") for n in range(2)]
    write_images(tmp_path, {name: n for n, name in enumerate(names)})
    rows = "".join(f"{unicodedata.normalize(in_table, name)},{n}\n" for n, name in enumerate(names))
    (tmp_path / "labels.csv").write_text("path,label\n" + rows, encoding="utf-8")
    dataset = open_folder(tmp_path, labels=Column(tmp_path / "labels.csv"))
    assert [r.label for r in dataset.records] == ["0", "1"]
    assert all((tmp_path / r.path).is_file() for r in dataset.records)


def test_of_two_files_that_differ_in_their_accents_alone_the_one_that_is_named_is_meant(tmp_path):
    names = [unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD")]
    write_images(tmp_path, {name: n for n, name in enumerate(names)})
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system takes them for one")
    (tmp_path / "labels.csv").write_text(f"path,label\n{names[1]},apart\n{names[0]},one\n", encoding="utf-8")
    dataset = open_folder(tmp_path, labels=Column(tmp_path / "labels.csv"))
    assert {r.path: r.label for r in dataset.records} == {names[0]: "one", names[1]: "apart"}


@pytest.mark.parametrize(
    ("make", "words"), [("missing", "no such folder"), ("file", "not a folder"), ("empty", "no images")]
)
def test_a_folder_without_images_is_one_clear_error(tmp_path, make, words):
    root = tmp_path / "root"
    if make == "file":
        root.write_text("x")
    elif make == "empty":
        root.mkdir()
    with pytest.raises(DatasetError, match=words):
        open_folder(root)


def test_an_empty_split_is_an_error(tmp_path):
    write_images(tmp_path, {"train/1.png": b"x"})
    for place, said in (
        ("trian", "(trian); did you mean 'train'?"),
        ("elsewhere", "(elsewhere); what a split names lies below the root"),
        ("e*", "(e*); a pattern is of images, relative to the root: e*/** for those in folders"),
    ):
        with pytest.raises(DatasetError, match=re.escape(f"no image in split 'test' {said}")):
            open_folder(tmp_path, splits={"train": ["train"], "test": [place]})


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_class_that_two_splits_are_linked_to_is_in_both(tmp_path):
    write_images(tmp_path / "pool", {"cat/1.png": b"x", "cat/2.png": b"x"})
    for split in ("train", "test"):
        (tmp_path / "images" / split).mkdir(parents=True)
        os.symlink(tmp_path / "pool" / "cat", tmp_path / "images" / split / "cat")
    splits = {"train": ["train"], "test": ["test"]}
    found = open_folder(tmp_path / "images", splits=splits, labels="parent_folder").records
    assert [(r.path, r.split, r.label) for r in found] == [
        (f"{split}/cat/{number}.png", split, "cat") for split in ("test", "train") for number in (1, 2)
    ]


@pytest.mark.parametrize(
    ("files", "splits", "labels"),
    [
        (
            ("seg_train/cat/1.png", "seg_train/dog/1.png", "seg_test/cat/1.png", "seg_test/dog/2.png"),
            {"train": "seg_train", "test": "seg_test"},
            "parent_folder",
        ),
        (("train/1.png", "validation/1.png"), {"train": "train", "val": "validation"}, None),
        (("train/1.png", "train/x/2.png", "test/1.png", "test/x/2.png"), {"train": "train", "test": "test"}, None),
        (("cat/1.png", "dog/1.png"), {}, "parent_folder"),
        (
            ("images/train/1.png", "images/val/1.png", "labels/train/1.txt"),
            {"train": "images/train", "val": "images/val"},
            None,
        ),
        (
            ("pets/v2/train/cat/1.png", "pets/v2/train/dog/1.png", "pets/v2/test/cat/1.png", "pets/v2/test/dog/1.png"),
            {"train": "pets/v2/train", "test": "pets/v2/test"},
            "parent_folder",
        ),
        (
            ("cat/train/1.png", "cat/test/1.png", "dog/train/1.png", "dog/test/1.png"),
            {"train": "*/train/**", "test": "*/test/**"},
            "top_folder",
        ),
        (
            ("d/north/train/cat/1.png", "d/north/test/dog/1.png", "d/south/train/dog/1.png"),
            {"train": "d/*/train/**", "test": "d/*/test/**"},
            "parent_folder",
        ),
        (("cat/train/1.png", "cat/test/1.png", "dog/train/1.png", "dog/masks/1.png"), {}, None),
        (
            ("train/n01/images/1.png", "train/n02/images/2.png", "val/n01/images/3.png", "val/n02/images/4.png"),
            {"train": "train", "val": "val"},
            "top_folder",
        ),
        (
            ("train/pet/cat/1.png", "train/wild/fox/2.png", "test/pet/cat/3.png", "test/wild/fox/4.png"),
            {"train": "train", "test": "test"},
            "parent_folder",
        ),
        (("cat/day1/1.png", "dog/day1/1.png", "dog/day2/1.png"), {}, "top_folder"),
        (("data/cat/day1/1.png", "data/dog/day1/1.png"), {}, "parent_folder"),
        (("images/train/1.png", "images/val/1.png", "docs/1.png"), {}, None),
        (("train/1.png", "train/2.png"), {}, None),
        (("a.png", "images/train/1.png"), {}, None),
        (("train/1.png", "trainer/1.png"), {}, "parent_folder"),
        (("1.png",), {}, None),
    ],
)
def test_the_layout_is_guessed_from_names(tmp_path, files, splits, labels):
    write_images(tmp_path, dict.fromkeys(files, b"x"))
    layout = detect_layout(tmp_path)
    assert (layout.splits, layout.labels) == (splits, labels)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX only")
def test_what_is_no_file_and_no_folder_is_listed_and_cannot_be_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    os.symlink("loop.jpg", tmp_path / "loop.jpg")
    os.symlink("nowhere.jpg", tmp_path / "gone.jpg")
    os.symlink("/dev/zero", tmp_path / "zero.jpg")
    dataset = open_folder(tmp_path)
    assert paths(dataset) == ["gone.jpg", "loop.jpg", "pipe.jpg", "zero.jpg"]
    for record in dataset.records:  # and at once: nobody will ever write into the pipe
        with pytest.raises(OSError, match="No such file|Too many levels|not a regular file"):
            dataset.reader.read(record, at_most=1000)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_seen_is_one_clear_message(tmp_path):
    (tmp_path / "closed" / "images").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    with pytest.raises(DatasetError, match=r"images: the folder cannot be seen \(Permission denied\)"):
        open_folder(tmp_path / "closed" / "images")
    (tmp_path / "closed").chmod(0o700)


def test_a_name_that_no_file_system_knows_is_one_clear_message(tmp_path):
    with pytest.raises(DatasetError, match="the folder cannot be seen"):
        open_folder(tmp_path / ("x" * 5000))


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 12, 100])
def test_no_more_is_read_than_one_byte_beyond_the_limit(tmp_path, size):
    (tmp_path / "a.png").write_bytes(bytes(range(size)))
    assert read_file(str(tmp_path / "a.png"), 10) == bytes(range(min(size, 11)))

from __future__ import annotations

import os

import pytest

from fastdup_checks.column import Column
from fastdup_checks.errors import DatasetError
from fastdup_checks.folder import open_folder


def load(tmp_path, text):
    file = tmp_path / "labels.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Column(file, "file", "kind").load(tmp_path / "images")


@pytest.mark.parametrize("path", ["a/1.png", "./a/1.png", "a//1.png", "b/../a/1.png", r"a\1.png", "{root}/a/1.png"])
def test_all_ways_to_name_an_image_below_the_root_are_one(tmp_path, path):
    root = tmp_path / "images"
    assert load(tmp_path, f"file,kind\n{path.format(root=root)},cat\n") == {"a/1.png": "cat"}


@pytest.mark.skipif(os.sep == "\\", reason="a name cannot hold a backslash here")
def test_a_backslash_is_one_where_a_file_is_so_called(tmp_path):
    (tmp_path / "images" / "a").mkdir(parents=True)
    for name in (r"a\1.png", "a/1.png", r"a/b\2.png"):
        (tmp_path / "images" / name).write_bytes(b"")
    rows = [r"a\1.png,cat", "a/1.png,dog", r"a/b\2.png,cat", r"{root}/a/b\2.png,cat", r"a\3.png,dog"]
    text = "\n".join(["file,kind", *rows]).format(root=tmp_path / "images")
    assert load(tmp_path, text) == {r"a\1.png": "cat", "a/1.png": "dog", r"a/b\2.png": "cat", "a/3.png": "dog"}


def test_an_absolute_path_by_way_of_a_link_is_below_the_root(tmp_path):
    (tmp_path / "images").symlink_to(tmp_path / "real")
    (tmp_path / "real").mkdir()
    assert load(tmp_path, f"file,kind\n{tmp_path}/real/1.png,cat\n") == {"1.png": "cat"}


@pytest.mark.parametrize(
    "rows", ["1.png,cat\n1.png,\n", "1.png,\n1.png,cat\n", "\n1.png,cat\n\n", "1.png,cat\n1.png,cat\n"]
)
def test_a_row_without_a_value_says_nothing(tmp_path, rows):
    assert load(tmp_path, "file,kind\n" + rows) == {"1.png": "cat"}


def test_a_value_in_quotes_may_hold_a_comma_and_a_line_feed(tmp_path):
    assert load(tmp_path, 'file,kind\n1.png,"cat,\nsmall"\n') == {"1.png": "cat,\nsmall"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column 'file'; the columns are none"),
        ("name,kind\n1.png,cat\n", "no column 'file'; the columns are 'name', 'kind'"),
        ("file;kind\n1.png;cat\n", "columns are divided by commas"),
        ("file,kind,kind\n1.png,cat,dog\n", "two columns are called 'kind'"),
        ("file,kind\n1.png,cat\n".encode("utf-16"), "must be UTF-8, not UTF-16"),
        ("file,kind\n1.png\n", "no row has a value in column 'kind'"),
        ("file,kind\n1.png,cat\n1.png,dog\n", "csv:3: 1.png has two values for 'kind': 'cat' and 'dog'"),
        ("file,kind\n1.png,cat, small\n", "csv:2: more cells than columns"),
        ('file,kind\n1.png,"cat\n2.png,dog\n', "labels.csv:2: cannot be read from here on"),
        ("file,kind\n,cat\n", "csv:2: a row that has a value names no image"),
        ("file,kind\n../1.png,cat\n", r"csv:2: ../1.png is not below dataset.root"),
        ("file,kind\n/etc/1.png,cat\n", r"csv:2: /etc/1.png is not below dataset.root"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_clear_error(tmp_path, text, words):
    with pytest.raises(DatasetError) as error:
        load(tmp_path, text)
    assert words in str(error.value)


def test_a_table_of_other_images_is_an_error(tmp_path):
    (tmp_path / "1.png").write_bytes(b"x")
    (tmp_path / "labels.csv").write_text("file,kind\nother/1.png,cat\n")
    with pytest.raises(DatasetError, match="none of its 1 paths is an image below"):
        open_folder(tmp_path, labels=Column(tmp_path / "labels.csv", "file", "kind"))

"""Files behind links are found, and known for what they are."""

from __future__ import annotations

import os
import sys

import pytest
from datasets import write_images

from fastdup_checks.tree import find_files, other_names


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_other_names_of_files_that_are_there_are_told(tmp_path):
    write_images(tmp_path / "images", {"a/1.png": b"x", "2.png": b"x"})
    os.symlink("a", tmp_path / "images" / "b")
    os.symlink("2.png", tmp_path / "images" / "3.png")
    os.symlink("images", tmp_path / "same")
    paths = ["2.png", "3.png", "a/1.png", "b/1.png"]
    for root in (tmp_path / "images", tmp_path / "same", tmp_path / "images" / "." / "a" / ".."):
        assert other_names(root, paths) == [False, True, False, True]
        assert other_names(root, paths[1::2]) == [False, False]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_back_up_does_not_go_round_for_ever(tmp_path):
    write_images(tmp_path, {"a/1.png": b"x"})
    os.symlink(tmp_path, tmp_path / "a" / "up")
    assert list(find_files(tmp_path)) == ["a/1.png"]

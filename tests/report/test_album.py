from __future__ import annotations

from fastdup_checks.report.album import Album
from fastdup_checks.report.page import Facts


def test_files_of_equal_bytes_share_one_picture() -> None:
    asked: list[str] = []

    def thumbnail(path: str) -> bytes:
        asked.append(path)
        return b"jpeg"

    album = Album(lambda _: Facts(sha256="aa"), thumbnail, 100)
    assert album.picture("a") == album.picture("b") == 0
    assert asked == ["a"]


def test_pictures_of_equal_bytes_are_stored_once() -> None:
    album = Album(lambda path: Facts(sha256=path), lambda _: b"jpeg", 100)
    assert album.picture("a") == album.picture("b") == 0
    assert album.stylesheet().count("base64") == 1


def test_pictures_stop_when_the_budget_is_spent_and_the_early_ones_stay() -> None:
    album = Album(lambda _: None, lambda path: path.encode() * 10, 25)
    assert [album.picture(path) for path in ("a", "b", "c", "a")] == [0, 1, None, 0]
    assert album.full


def test_an_image_without_a_thumbnail_has_no_picture_and_costs_nothing() -> None:
    album = Album(lambda _: None, lambda _: None, 10)
    assert album.picture("a") is None
    assert not album.full


def test_images_are_numbered_in_the_order_of_mention() -> None:
    album = Album(lambda _: None, lambda _: None, 10)
    assert [album.entry(path).number for path in ("b", "a", "b")] == [0, 1, 0]
    assert [entry.path for entry in album.entries] == ["b", "a"]


def test_a_path_is_shown_as_folder_and_name() -> None:
    entry = Album(lambda _: None, lambda _: None, 10).entry("train/two\nlines/\udcff.jpg")
    assert entry.folder == "train/two\\nlines/"
    assert entry.name == "\\xff.jpg"

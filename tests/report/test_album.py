from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from studio import jpeg

from fastdup_checks.report.album import Album
from fastdup_checks.report.page import Facts
from fastdup_checks.report.shrink import shrink


def photo(seed: int) -> bytes:
    """A picture with enough in it that a smaller version saves bytes."""
    pixels = np.random.default_rng(seed).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def test_files_of_equal_bytes_share_one_picture() -> None:
    asked: list[str] = []

    def thumbnail(path: str) -> bytes:
        asked.append(path)
        return jpeg(0)

    album = Album(lambda _: Facts(sha256="aa"), thumbnail, 10**6)
    album.want("a")
    album.want("b")
    album.settle()
    assert album.picture("a") == album.picture("b") == 0
    assert asked == ["a"]


def test_pictures_of_equal_bytes_are_stored_once() -> None:
    album = Album(lambda path: Facts(sha256=path), lambda _: jpeg(0), 10**6)
    album.want("a")
    album.want("b")
    album.settle()
    album.take("c")
    assert album.picture("a") == album.picture("b") == album.picture("c") == 0
    assert "".join(album.stylesheets(())).count("base64") == 1


def test_within_the_budget_pictures_stay_as_they_are() -> None:
    album = Album(lambda _: None, lambda path: photo(int(path)), 10**6)
    for path in "01234":
        album.want(path)
    album.settle()
    assert album.complete
    assert "".join(album.stylesheets(())).count("image/jpeg") == 5


def test_over_the_budget_the_last_ones_are_made_smaller_and_the_first_stay() -> None:
    budget = 4 * len(photo(0))
    album = Album(lambda _: None, lambda path: photo(int(path)), budget)
    for path in "01234567":
        album.want(path)
    album.settle()
    kinds = [line.partition("data:")[2].partition(";")[0] for line in "".join(album.stylesheets(())).splitlines()]
    assert album.complete
    assert (
        kinds
        == sorted(kinds)
        == ["image/jpeg"] * kinds.count("image/jpeg") + ["image/webp"] * kinds.count("image/webp")
    )
    assert kinds[0] == "image/jpeg"
    assert kinds[-1] == "image/webp"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0, 2.5])
def test_the_budget_is_never_overdrawn(share: float) -> None:
    budget = int(share * len(photo(0)))
    album = Album(lambda _: None, lambda path: photo(int(path)), budget)
    for path in "012":
        album.want(path)
    album.settle()
    album.take("3")
    embedded = "".join(album.stylesheets(()))
    assert sum(len(line.partition("base64,")[2]) * 3 / 4 for line in embedded.splitlines()) <= budget * 1.01 + 4
    assert album.complete == (embedded.count("base64") >= 3)


def test_extra_pictures_only_take_what_is_left() -> None:
    album = Album(lambda _: None, lambda path: photo(int(path)), int(1.5 * len(photo(0))))
    album.want("0")
    album.settle()
    album.take("1")
    assert album.picture("0") == 0
    assert album.picture("1") is None
    assert album.complete


def test_an_image_without_a_thumbnail_has_no_picture_and_costs_nothing() -> None:
    album = Album(lambda _: None, lambda _: None, 10**6)
    album.want("a")
    album.settle()
    assert album.picture("a") is None
    assert album.complete


def test_images_are_numbered_in_the_order_of_mention() -> None:
    album = Album(lambda _: None, lambda _: None, 10)
    assert [album.entry(path).number for path in ("b", "a", "b")] == [0, 1, 0]
    assert [entry.path for entry in album.entries] == ["b", "a"]


def test_a_path_is_shown_as_folder_and_name() -> None:
    entry = Album(lambda _: None, lambda _: None, 10).entry("train/two\nlines/\udcff.jpg")
    assert entry.folder == "train/two\\nlines/"
    assert entry.name == "\\xff.jpg"


def test_a_smaller_picture_keeps_its_shape_and_is_no_larger() -> None:
    with Image.open(io.BytesIO(shrink(photo(1)))) as small:
        assert small.size == (112, 84)
    assert shrink(small_one := jpeg(1, 8, 6)) in (small_one, shrink(small_one))
    assert len(shrink(small_one)) <= len(small_one)

"""The gallery's pictures, where the image file can be read and where it cannot."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fastdup_checks.analysis import Analysis
from fastdup_checks.folder import open_folder
from fastdup_checks.limits import Limits
from fastdup_checks.report import contents
from fastdup_checks.report.contents import Thumbnails
from fastdup_checks.report.shrink import shrink
from fastdup_checks.scan import Settings, scan
from fastdup_checks.store import Store


def test_a_file_that_is_gone_shows_what_the_scan_has_kept_and_shows_itself_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    ramp = np.linspace(0, 255, 300).astype(np.uint8)
    Image.fromarray(np.stack([np.tile(ramp, (100, 1))] * 3, axis=2)).save(folder / "a.png")
    analysis = Analysis(scan(open_folder(folder), Settings(tmp_path / "cache", Limits())))
    data = (folder / "a.png").read_bytes()
    (folder / "a.png").unlink()
    with Store(tmp_path / "cache") as store:
        find = Thumbnails(analysis, store)
        kept = Image.open(io.BytesIO(find("a.png") or b""))
        assert kept.size == (64, 21)
        assert np.asarray(kept)[10, 5].mean() < 50 < 200 < np.asarray(kept)[10, 60].mean()
        (folder / "a.png").write_bytes(data)
        assert Image.open(io.BytesIO(find("a.png") or b"")).size == (160, 53)
        assert find("unknown.png") is None


def test_a_file_that_is_another_by_now_is_not_shown_in_the_place_of_the_one_that_was_scanned(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (200, 200), "white").save(folder / "a.png")
    white = (folder / "a.png").read_bytes()
    analysis = Analysis(scan(open_folder(folder), Settings(tmp_path / "cache", Limits())))
    Image.new("RGB", (200, 200), "black").save(folder / "a.png")
    with Store(tmp_path / "cache") as store:
        for data in ((folder / "a.png").read_bytes(), white):
            (folder / "a.png").write_bytes(data)
            picture = Image.open(io.BytesIO(Thumbnails(analysis, store)("a.png") or b""))
            assert np.asarray(picture).min() > 250


def test_a_picture_is_made_smaller_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (150, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "a.png")
    analysis = Analysis(scan(open_folder(folder), Settings(tmp_path / "cache", Limits())))
    made: list[bytes] = []
    monkeypatch.setattr(contents, "shrink", lambda jpeg: made.append(shrink(jpeg)) or made[-1])
    for _ in range(2):
        with Store(tmp_path / "cache") as store:
            find = Thumbnails(analysis, store)
            jpeg = find("a.png")
            assert jpeg is not None
            assert find.smaller(jpeg) == shrink(jpeg) != jpeg
    assert len(made) == 1

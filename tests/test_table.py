"""Rows of a table become records: all of them, under names that do not depend on their order."""

from __future__ import annotations

import dataclasses
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fastdup_checks.errors import DatasetError
from fastdup_checks.folder import FolderReader, open_folder
from fastdup_checks.limits import Limits
from fastdup_checks.records import Record, order_splits
from fastdup_checks.scan import Scan, Settings, scan
from fastdup_checks.table import Row, dress, image_name, image_of, open_table, text_of

NAMES = ("a.png", "b/c.png", "broken.png", "gone.png")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("images")
    (root / "b").mkdir()
    for number, name in enumerate(NAMES[:2]):
        Image.new("RGB", (20, 10 + number), (number * 90, 20, 30)).save(root / name)
    (root / "broken.png").write_bytes(b"no image")
    return root


@pytest.fixture(scope="module")
def how(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(tmp_path_factory.mktemp("cache"), Limits())


@pytest.fixture(scope="module")
def bare(folder: Path, how: Settings) -> Scan:
    return scan(open_table([Row(name) for name in NAMES], folder), how)


ROWS = st.lists(
    st.builds(
        Row, st.sampled_from(NAMES), split=st.sampled_from([None, "train", "test"]),
        label=st.sampled_from([None, "cat"]),
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


@given(rows=ROWS, seed=st.integers(0, 9))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_row_is_a_record_and_their_order_means_nothing(bare: Scan, rows: list[Row], seed: int) -> None:
    found = dress(bare, rows)
    records = found.dataset.records
    assert len(records) == len(rows) == found.size
    assert len({record.path for record in records}) == len(records)
    assert sorted(map(str, ((r.split, r.label) for r in records))) == sorted(str((r.split, r.label)) for r in rows)
    assert [r.path for r in found.images] == sorted(r.path for r in found.images)
    shuffled = rows.copy()
    random.Random(seed).shuffle(shuffled)
    again = dress(bare, shuffled)
    assert again.dataset.records == records
    assert again.contents == found.contents
    for record in found.images:
        assert found.dataset.reader.read(record, at_most=10_000)


def test_dressing_takes_every_column_along(bare: Scan) -> None:
    found = dress(bare, [Row("a.png"), Row("a.png"), Row("b/c.png"), Row("broken.png")])
    assert [r.path for r in found.images] == ["a.png", "a.png (2)", "b/c.png"]
    assert [b.record.path for b in found.broken] == ["broken.png"]
    of_images = [f.name for f in dataclasses.fields(Scan) if len_of(getattr(bare, f.name)) == len(bare.images)]
    for name in of_images:
        assert len_of(getattr(found, name)) == 3 or name == "broken", name
    assert found.height.tolist() == [10, 10, 11]
    assert np.array_equal(found.vectors[0], found.vectors[1])


def len_of(value: object) -> int:
    return len(value) if isinstance(value, tuple | np.ndarray) else -1


def test_a_name_that_looks_like_a_second_listing_stays_apart(folder: Path, how: Settings) -> None:
    rows = [Row("a.png"), Row("a.png"), Row("a.png (2)")]
    found = dress(scan(open_table(rows, folder), how), rows)
    assert [r.path for r in found.images] == ["a.png", "a.png (3)"]
    assert [b.record.path for b in found.broken] == ["a.png (2)"]


def test_a_table_over_a_folder_is_known_to_the_store_and_gives_the_same_scan(folder: Path, how: Settings) -> None:
    of_folder = scan(open_folder(folder), how)
    of_table = scan(open_table([Row(record.path) for record in of_folder.dataset.records], folder), how)
    assert of_table.measured == 0
    assert of_table.fingerprint() == of_folder.fingerprint()
    assert of_table.broken == of_folder.broken
    assert of_table.dataset.reader.key == FolderReader(folder).key


@pytest.mark.parametrize(
    "name", ["gone.png", "", "a\0b.png", "half a surrogate \ud800.png", "b", "file:///nowhere.png"]
)
def test_what_no_file_has_for_a_name_is_a_broken_image(name: str, folder: Path, how: Settings) -> None:
    found = scan(open_table([Row(name)], folder), how)
    (broken,) = found.broken
    assert broken.reason.startswith("cannot be read: ")


def test_bytes_are_images_without_a_file(folder: Path, how: Settings) -> None:
    data = (folder / "a.png").read_bytes()
    found = scan(open_table([Row(data), Row(data), Row(b"")], folder), how)
    assert [r.path for r in found.images] == [image_name(data)]
    assert found.images[0].path.startswith("bytes-")
    assert [b.reason for b in found.broken] == ["empty file"]


def test_urls_are_read_through_fsspec(folder: Path, how: Settings) -> None:
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    files.pipe_file("/bucket/a.png", (folder / "a.png").read_bytes())
    rows = [Row("memory://bucket/a.png"), Row("memory://bucket/gone.png"), Row("nosuch://x/y.png")]
    found = scan(open_table(rows, folder), how)
    assert [r.path for r in found.images] == ["memory://bucket/a.png"]
    assert len(found.broken) == 2
    assert found.contents == scan(open_table([Row("a.png")], folder), how).contents


def test_file_urls_need_nothing(folder: Path, how: Settings) -> None:
    found = scan(open_table([Row((folder / "b/c.png").as_uri())], folder), how)
    assert len(found.images) == 1


def test_without_fsspec_a_url_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(DatasetError, match="pip install fsspec"):
        open_table([Row("https://example.org/a.png")], folder)


def test_an_empty_table_is_refused(folder: Path) -> None:
    with pytest.raises(DatasetError, match="no row"):
        open_table([], folder)


def test_training_comes_before_testing_and_the_rest_by_name() -> None:
    assert order_splits(["zoo", "test", "Train", "val", "ark"]) == ("Train", "val", "test", "ark", "zoo")


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (3.0, "3"), (0.5, "0.5"), ("x", "x"), ("", None), (None, None), (float("nan"), None), (True, "True")],
)
def test_labels_are_text(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_a_cell_that_is_no_image_is_refused() -> None:
    assert image_of(memoryview(b"x"), "image") == b"x"
    assert image_of(Path("a/b"), "image") == "a/b"
    with pytest.raises(DatasetError, match="column 'image' holds int values"):
        image_of(3, "image")


def test_records_are_stamped_under_both_names(folder: Path) -> None:
    rows = [Row("a.png"), Row("a.png")]
    dataset = open_table(rows, folder)
    assert dataset.reader.stamp(Record("a.png")) == FolderReader(folder).stamp(Record("a.png"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX only")
@pytest.mark.parametrize("absolute", [False, True])
def test_a_pipe_is_a_broken_image_and_nobody_waits_for_it(tmp_path: Path, absolute: bool) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    name = str(tmp_path / "pipe.png") if absolute else "pipe.png"
    dataset = open_table([Row(name)], tmp_path)
    with pytest.raises(OSError, match="not a regular file"):
        dataset.reader.read(dataset.records[0], at_most=1000)

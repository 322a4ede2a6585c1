"""What a batch may be: any table of images, whatever names them and in whatever order."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("great_expectations")

import numpy as np
import pandas as pd
from great_expectations.expectations.row_conditions import Column
from rules import BATCH_RULES, make

import fastdup_checks.gx as images
from fastdup_checks.gx import report as report_module
from fastdup_checks.pipeline import run


def test_one_unreadable_file_is_found_and_takes_nothing_else_along(
    root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    table = pd.DataFrame({"path": [*frame["path"][frame["path"].str.startswith("train/tiles")][:6], "gone.jpg"]})
    readable, duplicated = validate(
        table,
        [make(images.ExpectColumnImagesToBeReadable, root), make(images.ExpectColumnImagesNotToBeDuplicated, root)],
    )
    assert readable.result["partial_unexpected_list"] == ["gone.jpg"]
    assert not readable.success
    assert duplicated.result["partial_unexpected_list"] == ["gone.jpg"]
    assert "(1 of 7 rows are not, 1 of them unreadable)" in images.message_of(duplicated)
    for rule in (images.ExpectColumnImagesToBeReadable, images.ExpectColumnImagesNotToBeDuplicated):
        assert validate(table, make(rule, root, mostly=0.8)).success
    of_batch = validate(table, make(images.ExpectImageDuplicateRateToBeAtMost, root))
    assert of_batch.success
    assert images.message_of(of_batch).endswith("; 1 unreadable image is not counted")


def test_images_held_as_bytes_are_not_written_out_to_name_the_batch(
    root: str, frame: pd.DataFrame, validate: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    peaks: list[int] = []
    real = report_module._key

    def measured(*arguments: object) -> str:
        tracemalloc.start()
        key = real(*arguments)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        return key

    monkeypatch.setattr(report_module, "_key", measured)
    picture = (Path(root) / frame["path"][frame["label"] == "hills"].iloc[0]).read_bytes()
    held = [picture + bytes([end]) * 1_000_000 for end in range(4)]  # what follows a JPEG is no part of it
    rule = images.ExpectImageDuplicateRateToBeAtMost(at_most=0.75)
    assert validate(pd.DataFrame({"path": held}), rule).success
    assert not validate(pd.DataFrame({"path": [*held, held[0]]}), rule).success  # another batch
    assert max(peaks) < 100_000


def test_null_rows_are_no_images(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    table = pd.DataFrame({"path": [None, *frame["path"][:3], np.nan]})
    result = validate(table, make(images.ExpectUnreadableImageCountToBeAtMost, root, at_most=3))
    assert result.result["element_count"] == 3


def test_a_file_listed_in_two_splits_leaks_and_is_there_twice(
    root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    some = frame[frame["label"] == "hills"][:8].assign(split="train")
    table = pd.concat([some, some[:1].assign(split="test")])
    leak, duplicate = validate(
        table,
        [
            make(images.ExpectNoImageLeakBetweenSplits, root, kind="exact"),
            make(images.ExpectColumnImagesNotToBeDuplicated, root),
        ],
    )
    name = some["path"].iloc[0]
    assert leak.result["observed_value"] == 1
    assert set(leak.result["partial_unexpected_list"]) == {name, f"{name} (2)"}
    assert duplicate.result["partial_unexpected_list"] == [name, name]


def test_shuffled_rows_give_the_same_results(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    rules = [make(rule, root) for rule in BATCH_RULES]
    frame = frame.assign(group=frame["label"])
    table = pd.concat([frame, frame[::9].assign(label="tiles")], ignore_index=True)
    shuffled = table.sample(frac=1, random_state=3)
    for one, other in zip(validate(table, rules), validate(shuffled, rules), strict=True):
        assert one.result == other.result


def test_bytes_are_judged_like_the_files_they_come_from(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    frame = frame.assign(group=frame["label"])
    table = frame.assign(image=[(Path(root) / path).read_bytes() for path in frame["path"]])
    # Of copies the first by name speaks for all on labels and outliers, and bytes have other names: no copies there.
    clusters = run(root).clusters
    alone = ~table["path"].isin({path for cluster in clusters for path in cluster[1:]})
    by_name = {"outlier_rate", "label_consistency"}
    for names, some in ((False, table), (True, table[alone].reset_index(drop=True))):
        rules = [make(rule, root) for rule in BATCH_RULES if (rule.check in by_name) is names]
        held = [rule.copy(update={"image_column": "image"}) for rule in rules]
        files = some.drop(columns="image")
        for of_files, of_bytes in zip(validate(files, rules), validate(some, held), strict=True):
            name = of_files.expectation_config.type
            assert of_bytes.result["observed_value"] == of_files.result["observed_value"], name
    rows = validate(
        table,
        images.ExpectColumnImagesToBeReadable(column="image"),
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["path"]},
    )
    planted = {path for path in frame["path"] if not is_image(Path(root) / path)}
    assert {row["path"] for row in rows.result["unexpected_index_list"]} == planted
    assert all(name.startswith("bytes-") for name in rows.result["unexpected_list"])


def is_image(path: Path) -> bool:
    data = path.read_bytes()
    return data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9")


def test_absolute_paths_and_path_objects_are_the_same_images(
    root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    rule = images.ExpectColumnImagesToBeReadable(column="path")
    for table in (
        frame.assign(path=[f"{root}/{path}" for path in frame["path"]]),
        frame.assign(path=pd.Series([Path(root) / path for path in frame["path"]], dtype=object)),
        frame.assign(path=[f"file://{root}/{path}" for path in frame["path"]]),
    ):
        assert validate(table, rule).result["unexpected_count"] == 3


def test_a_table_on_disk_is_a_batch_too(context: object, root: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "images.csv", index=False)
    asset = context.data_sources.add_pandas("csv").add_csv_asset("images", filepath_or_buffer=tmp_path / "images.csv")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch()
    result = batch.validate(make(images.ExpectUnreadableImageCountToBeAtMost, root, split="train", at_most=2))
    assert result.success
    assert result.result["element_count"] == (frame["split"] == "train").sum()


def test_urls_are_judged_like_paths(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    files = pytest.importorskip("fsspec").filesystem("memory")
    some = frame[frame["label"] == "hills"]
    for path in some["path"]:
        files.pipe_file(f"/bucket/{path}", (Path(root) / path).read_bytes())
    rules = [images.ExpectColumnImagesToBeReadable(column="path"), images.ExpectNoImageLeakBetweenSplits(kind="exact")]
    expected = validate(some, [rule.copy(update={"root": root}) for rule in rules])
    found = validate(some.assign(path="memory://bucket/" + some["path"]), rules)
    for of_path, of_url in zip(expected, found, strict=True):
        assert of_url.success is of_path.success
        assert of_url.result["unexpected_count"] == of_path.result["unexpected_count"]


def test_a_row_condition_looks_at_its_rows_only(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    rules = [
        make(images.ExpectUnreadableImageCountToBeAtMost, root, row_condition=Column("split") == "train"),
        make(images.ExpectColumnImagesToBeReadable, root, row_condition=Column("split") == "train"),
    ]
    batch, rows = validate(frame, rules)
    assert batch.result["element_count"] == rows.result["element_count"] == (frame["split"] == "train").sum()
    assert batch.result["observed_value"] == rows.result["unexpected_count"] == 2


@pytest.mark.parametrize("rule", [images.ExpectNovelImageRateToBeAtMost, images.ExpectColumnImagesNotToBeNovel])
def test_what_is_new_to_a_reference_needs_no_splits(
    root: str, frame: pd.DataFrame, validate: Callable, tmp_path: Path, rule: type
) -> None:
    one = run(root, work_dir=tmp_path / "out").embeddings[:1]
    noise = np.random.default_rng(0).normal(0, 1e-3, (200, one.shape[1]))
    np.save(tmp_path / "known.npy", one + noise.astype(one.dtype))
    table = pd.DataFrame({"path": frame["path"][:40]})
    known = validate(table, make(rule, root, split=None, against=None, reference=str(tmp_path / "known.npy")))
    assert known.result["unexpected_percent"] > 90
    alone = validate(table, make(rule, root, split=None, against=None))
    assert "novelty_rate needs splits" in str(alone.exception_info)

"""Spark batches: looked at on the executors, judged like pandas batches."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("great_expectations")
pytest.importorskip("pyspark")
pytest.importorskip("pyarrow")
import great_expectations as gx
import pandas as pd
from great_expectations.expectations.row_conditions import Column
from pyspark.sql import SparkSession

import fastdup_checks.gx as images
from fastdup_checks.gx import report as report_module
from fastdup_checks.gx.suite import RULES
from fastdup_checks.table import TableReader

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine")


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def validate_spark(context: object) -> Callable[..., list[object]]:
    source = context.data_sources.add_spark("spark")
    definition = source.add_dataframe_asset("images").add_batch_definition_whole_dataframe("whole")

    def run(frame: object, rules: list[object], **options: object) -> list[object]:
        batch = definition.get_batch({"dataframe": frame})
        results = batch.validate(gx.ExpectationSuite("suite", expectations=rules), **options).results
        by_type = {r.expectation_config.type: r for r in results}
        return [by_type[rule.expectation_type] for rule in rules]

    return run


@pytest.fixture
def executors_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is known yet, and this process reads no image."""

    def refuse(*_: object, **__: object) -> bytes:
        raise OSError("only the executors can read this")

    monkeypatch.setenv("FASTDUP_CHECKS_CACHE", str(tmp_path / "own"))
    monkeypatch.setattr(TableReader, "read", refuse)
    monkeypatch.setattr(report_module, "_memory", report_module._Memory())


def comparable(result: object) -> object:
    """What does not depend on the order of the rows, nor on who can make a picture."""
    kept = {k: v for k, v in result.result.items() if "index" not in k}
    details = kept.pop("details")["fastdup_checks"]
    lists = {k: sorted(map(str, v)) for k, v in kept.items() if isinstance(v, list)}
    return result.success, {**kept, **lists}, details["verdict"]


def test_paths_are_judged_as_in_pandas_without_being_read_here(
    spark: SparkSession, root: str, frame: pd.DataFrame, validate: Callable, validate_spark: Callable,
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    frame = frame.assign(group=frame["label"])

    def rules() -> list[object]:
        train = {"row_condition": Column("split") == "train"}
        of_batches = [rule(root=root, **(train if rule.check == "broken_images" else {})) for rule in RULES.values()]
        return [*of_batches, images.ExpectColumnImagesNotToBeDuplicated(column="path", root=root, mostly=0.5)]

    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["label"]}
    of_pandas = validate(frame, rules(), result_format=wanted)
    request.getfixturevalue("executors_only")
    nothing = pd.DataFrame({"path": [None], "split": ["train"], "label": ["tiles"], "group": ["tiles"]})
    table = pd.concat([frame.astype(str), nothing])
    of_spark = validate_spark(spark.createDataFrame(table), rules(), result_format=wanted)
    for one, other in zip(of_pandas[:-1], of_spark[:-1], strict=True):
        assert comparable(one) == comparable(other)
        pictures = other.result["details"]["fastdup_checks"]["pictures"]
        assert all(picture.startswith("data:image/jpeg") for picture in pictures.values())
    assert sum(len(r.result["details"]["fastdup_checks"]["pictures"]) for r in of_spark) > 20
    one, other = of_pandas[-1], of_spark[-1]
    assert one.success is other.success
    assert sorted(one.result["unexpected_list"]) == sorted(other.result["unexpected_list"])
    named = {(row["label"], row["path"]) for row in other.result["unexpected_index_list"]}
    assert named == {(path.split("/")[1], path) for path in one.result["unexpected_list"]}
    assert other.result["missing_count"] == 1


def test_rows_are_judged_as_in_pandas(
    spark: SparkSession, root: str, frame: pd.DataFrame, validate: Callable, validate_spark: Callable
) -> None:
    nothing = pd.DataFrame({"path": [None, "nowhere.jpg"], "split": ["test", "train"], "label": ["tiles", None]})
    table = pd.concat([frame, nothing], ignore_index=True)
    rules = [
        images.ExpectColumnImagesNotToBeTiny(column="path", root=root, mostly=0.9),
        images.ExpectColumnImagesNotToBeNovel(column="path", root=root, mostly=0.9, p_value=0.4),
        images.ExpectColumnImagesNotToHaveConflictingLabels(column="path", root=root, mostly=0.9),
    ]
    of_pandas = validate(table, rules, result_format="COMPLETE")
    rows = [tuple(None if pd.isna(value) else value for value in row) for row in table.itertuples(index=False)]
    frame_there = spark.createDataFrame(rows, "path string, split string, label string")
    for one, other in zip(of_pandas, validate_spark(frame_there, rules, result_format="COMPLETE"), strict=True):
        assert one.success is other.success
        assert sorted(one.result["unexpected_list"]) == sorted(other.result["unexpected_list"])
        for name in ("unexpected_count", "unexpected_percent", "missing_count", "missing_percent", "details"):
            assert one.result[name] == other.result[name], name
        assert one.result["missing_count"] == 1


def test_a_checkpoint_over_spark_writes_the_gallery(
    spark: SparkSession, guide: Callable, frame: pd.DataFrame, tmp_path: Path
) -> None:
    done = guide(spark.createDataFrame(frame.astype(str)))
    (validation,) = done["result"].run_results.values()
    assert len(validation.results) == 7
    galleries = {r.result["details"]["fastdup_checks"]["gallery"] for r in validation.results}
    assert len(galleries) == 1
    page = tmp_path / "gx/uncommitted/data_docs/local_site/fastdup_checks" / galleries.pop().rpartition("/")[2]
    assert "hills_train_13_copy.jpg" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("executors_only")
def test_bytes_are_hashed_where_they_are(
    spark: SparkSession, root: str, frame: pd.DataFrame, validate_spark: Callable
) -> None:
    some = frame[frame["label"] == "hills"]
    table = pd.DataFrame({"image": [(Path(root) / path).read_bytes() for path in some["path"]]})
    (rows,) = validate_spark(
        spark.createDataFrame(table), [images.ExpectColumnImagesToBeReadable(column="image")], result_format="COMPLETE"
    )
    assert rows.result["unexpected_count"] == 1
    assert rows.result["element_count"] == len(some)
    (name,) = rows.result["unexpected_list"]
    assert name == "bytes-e3b0c44298fc1c14"  # the empty file


def test_nothing_to_look_at_never_passes(spark: SparkSession, validate_spark: Callable) -> None:
    empty = spark.createDataFrame([], "path string")
    rules = [
        images.ExpectUnreadableImageCountToBeAtMost(at_most=9),
        images.ExpectColumnImagesToBeReadable(column="path", mostly=0.0),
    ]
    for result in validate_spark(empty, rules):
        assert not result.success
        assert "no row that names one" in result.exception_info["exception_message"]


def test_a_long_list_of_names_is_held_against_rows_as_a_short_one_is(spark: SparkSession) -> None:
    from fastdup_checks import spark as spark_module

    frame = spark.createDataFrame([(f"{n}.jpg" if n % 5 else None,) for n in range(20)], "`a.b` string")
    names = {f"{n}.jpg" for n in range(0, 20, 3)}
    more = frozenset(names | {f"none {n}" for n in range(spark_module._LITERALS)})
    found = [
        {
            row["a.b"]
            for row in frame.where("`a.b` is not null").where(spark_module.not_among(frame, "a.b", some)).collect()
        }
        for some in (frozenset(names), more, None)
    ]
    assert found[0] == found[1] == {f"{n}.jpg" for n in range(20) if n % 5} - names
    assert found[2] == set()

"""Rules about rows count the rows that they judge, and no image that cannot be read is as wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("great_expectations")

import numpy as np
import pandas as pd
from PIL import Image
from rules import ROW_RULES, make

import fastdup_checks.gx as images

FORMATS = ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]


def message(result: object) -> str:
    return images.message_of(result).partition(": ")[2]


@pytest.fixture
def tiny(tmp_path: Path) -> pd.DataFrame:
    """10 images, all too small, and 90 that are not there."""
    pixels = np.random.default_rng(0).integers(0, 256, (10, 12, 12, 3), np.uint8)
    for number in range(10):
        Image.fromarray(pixels[number]).save(tmp_path / f"{number:02}.png")
    return pd.DataFrame({"path": [f"{number:02}.png" for number in range(100)]})


def test_what_cannot_be_read_is_not_as_wanted(tiny: pd.DataFrame, tmp_path: Path, validate: Callable) -> None:
    rules = [
        images.ExpectColumnImagesNotToBeDuplicated(column="path", root=str(tmp_path)),
        images.ExpectColumnImagesNotToBeTiny(column="path", root=str(tmp_path), mostly=0.9),
        images.ExpectColumnImagesToBeReadable(column="path", root=str(tmp_path), mostly=0.1),
    ]
    duplicated, small, readable = validate(tiny, rules, result_format="COMPLETE")
    assert not duplicated.success
    assert duplicated.result["unexpected_list"] == tiny["path"].tolist()[10:]
    assert message(duplicated) == "10% as wanted, 100% needed (90 of 100 rows are not, 90 of them unreadable)"
    assert not small.success
    assert small.result["unexpected_count"] == 100
    assert message(small) == "0% as wanted, 90% needed (100 of 100 rows are not, 90 of them unreadable)"
    verdict = small.result["details"]["fastdup_checks"]["verdict"]
    assert verdict["findings_total"] == 100
    assert verdict["findings"][-1]["note"].startswith("cannot be read: ")
    assert readable.success
    assert message(readable) == "10% as wanted, 10% needed (90 of 100 rows are not)"


@pytest.mark.parametrize("rule", ROW_RULES, ids=lambda rule: rule.__name__)
def test_every_rule_finds_what_it_would_have_to_look_at_and_cannot_read(
    rule: type, root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    split = frame["split"].where(frame.index != 3)  # one row in neither split
    table = pd.DataFrame({"path": ["train/none.jpg", "test/none.jpg", "bare.jpg"], "split": ["train", "test", None]})
    table["label"] = ["hills", "hills", None]
    table = pd.concat([frame.assign(split=split), table], ignore_index=True)
    result = validate(table, make(rule, root), result_format="COMPLETE")
    found = set(result.result["unexpected_list"])
    assert "test/none.jpg" in found
    assert ("train/none.jpg" in found) is (rule.check != "novelty_rate")
    assert ("bare.jpg" in found) is (
        rule.check not in {"novelty_rate", "leak", "label_consistency", "conflicting_labels"}
    )
    assert "not counted" not in message(result)
    known = frame["path"].loc[result.result["unexpected_index_list"][0]]
    assert known == result.result["unexpected_list"][0]


@pytest.fixture
def table(frame: pd.DataFrame) -> pd.DataFrame:
    """12 new images, one of which cannot be read, and many old ones."""
    new = frame[frame["split"] == "test"]
    old = frame[frame["split"] == "train"]
    damaged = pd.DataFrame({"path": ["nowhere.jpg", None], "split": ["test"] * 2, "label": ["hills"] * 2})
    return pd.concat([new.iloc[::3].head(11), damaged, old], ignore_index=True)


@pytest.mark.parametrize("result_format", FORMATS)
def test_the_reference_does_not_count_among_new_images(
    result_format: str, root: str, table: pd.DataFrame, validate: Callable
) -> None:
    def judge(mostly: float, how: str) -> object:
        rule = images.ExpectColumnImagesNotToBeNovel(column="path", root=root, p_value=0.4, mostly=mostly)
        return validate(table, rule, result_format=how)

    complete = judge(1.0, "COMPLETE").result
    bad = complete["unexpected_count"]
    assert 2 <= bad <= 10  # the unreadable one, and what is somewhat unusual
    assert complete["unexpected_percent"] == complete["unexpected_percent_nonmissing"] == pytest.approx(100 * bad / 12)
    assert complete["element_count"] == len(table)
    assert (complete["missing_count"], complete["missing_percent"]) == (1, pytest.approx(100 / len(table)))
    fine = (12 - bad) / 12
    assert judge(fine, result_format).success
    result = judge(fine + 0.01, result_format)
    assert not result.success
    if result_format == "BOOLEAN_ONLY":
        assert result.result == {}
    else:
        others = len(table) - 13
        assert (
            f"({bad} of 12 rows are not, 1 of them unreadable); {others} rows outside test are not judged"
            in message(result)
        )


@pytest.mark.parametrize(
    "rule", [images.ExpectColumnImagesToHaveConsistentLabels, images.ExpectColumnImagesNotToHaveConflictingLabels]
)
def test_rows_without_a_label_do_not_count_where_labels_are_judged(
    rule: type, root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    labelled = validate(frame, make(rule, root)).result
    assert labelled["unexpected_count"] > 3
    bare = pd.DataFrame({"path": [f"nowhere {n}.jpg" for n in range(200)]})
    result = validate(pd.concat([frame, bare], ignore_index=True), make(rule, root))
    assert result.result["unexpected_count"] == labelled["unexpected_count"]
    assert result.result["unexpected_percent"] == labelled["unexpected_percent"]
    rows = f"({labelled['unexpected_count']} of {len(frame)} rows are not, 3 of them unreadable)"
    assert message(result).endswith(f"{rows}; 200 rows without a label are not judged")


def test_rows_outside_the_compared_splits_do_not_count(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    rule = images.ExpectColumnImagesNotToBeInTwoSplits
    alone = validate(frame, make(rule, root)).result
    other = frame[frame["split"] == "test"].assign(split="val").head(7)
    more = pd.concat([frame, other.assign(path=[f"{n}.jpg" for n in range(7)])], ignore_index=True)
    result = validate(more, make(rule, root, between=["train", "test"]))
    assert result.result["unexpected_percent"] == alone["unexpected_percent"]
    assert message(result).endswith("; 7 rows outside the splits that are compared are not judged")


def test_one_row_that_is_not_judged_is_spoken_of_as_one(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    table = frame.assign(label=frame["label"].where(frame.index != 7))
    result = validate(table, make(images.ExpectColumnImagesNotToHaveConflictingLabels, root))
    assert message(result).endswith("; 1 row without a label is not judged")


def test_an_image_that_is_both_known_and_new_counts_once(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    both = frame[frame["split"] == "test"].assign(split="train")
    rule = make(images.ExpectColumnImagesNotToBeNovel, root)
    result = validate(pd.concat([frame, both], ignore_index=True), rule, result_format="COMPLETE").result
    new = int((frame["split"] == "test").sum())
    # A row of the reference is shown where its image is not as wanted, and then it counts, too.
    assert result["unexpected_list"].count("test/tiles/not_found.jpg") == 2
    once = set(result["unexpected_list"])
    assert result["unexpected_count"] == 2 * len(once)
    assert result["unexpected_percent"] == pytest.approx(100 * 2 * len(once) / (new + len(once)))


def test_a_rule_fails_that_can_read_no_row_that_it_judges(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    table = frame[frame["split"] == "train"].assign(label=None).head(20)
    table = pd.concat([table, pd.DataFrame({"path": ["nowhere.jpg"], "split": ["test"], "label": ["hills"]})])
    for rule in (images.ExpectColumnImagesNotToBeNovel, images.ExpectColumnImagesNotToHaveConflictingLabels):
        assert not validate(table, make(rule, root, mostly=0.0)).success

"""Rules over data frames: they say what the checks say, and never pass for want of something to look at."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("great_expectations")

import great_expectations as gx
import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from rules import BATCH_RULES, ROW_RULES, lenient, make

import fastdup_checks.gx as images
from fastdup_checks.checks import CHECKS
from fastdup_checks.gx import report as report_module
from fastdup_checks.pipeline import check

FORMATS = ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images each scan had to look at, one entry a scan."""
    made: list[int] = []
    real = report_module.scan

    def counted(*arguments: object, **options: object) -> object:
        done = real(*arguments, **options)
        made.append(done.size)
        return done

    monkeypatch.setattr(report_module, "scan", counted)
    monkeypatch.setattr(report_module, "_memory", report_module._Memory())
    return made


def test_rules_follow_the_registry_of_checks() -> None:
    about_batches = [rule.check for rule in BATCH_RULES]
    assert set(about_batches) <= set(CHECKS)
    assert len(set(about_batches)) == len(about_batches) >= 22  # one rule a check
    assert {rule.check for rule in ROW_RULES} <= set(about_batches)
    # Rows can be told by what finds images; a class, a split and a group are no rows.
    assert set(about_batches) - {rule.check for rule in ROW_RULES} == {
        "group_leak",
        "class_balance",
        "missing_class",
        "split_drift",
    }


def test_every_rule_takes_the_parameters_of_its_check_with_its_defaults() -> None:
    for rule in BATCH_RULES:
        found = CHECKS[rule.check]
        fields = rule.__fields__
        assert fields[found.bound.direction].default == found.bound.value
        for name, about in found.parameters().items():
            assert fields[name].default in {None, about["default"]}, (rule, name)


def test_row_rules_take_the_parameters_of_their_checks_with_their_defaults() -> None:
    for rule in ROW_RULES:
        for name, about in CHECKS[rule.check].parameters().items():
            if name in rule.__fields__:
                assert rule.__fields__[name].default in {None, about["default"]}, (rule, name)
            else:
                assert about["kind"] in {"split", "label"}, (rule, name)  # a row condition says it


def test_batch_rules_measure_what_check_measures(
    demo: Path, root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    expected = {v.expectation.check: v for v in check(demo / "data.yml", work_dir=demo / "report")}
    rules = [
        make(
            rule,
            root,
            **{k: v for k, v in vars_of(expected[rule.check].expectation.params).items() if v is not None},
            **{expected[rule.check].expectation.bound.direction: expected[rule.check].expectation.bound.value},
        )
        for rule in BATCH_RULES
        if rule.check in expected
    ]
    assert len(rules) == len(expected) >= 7
    for rule, result in zip(rules, validate(frame, rules, result_format="COMPLETE"), strict=True):
        verdict = expected[rule.check]
        assert result.result["observed_value"] == verdict.measurement.value
        assert result.success is (verdict.outcome == "passed")
        found = {path for f in verdict.measurement.findings for path in f.images}
        assert set(result.result["unexpected_list"]) == found


def vars_of(params: object) -> dict[str, object]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in dataclasses.asdict(params).items()}


def test_row_rules_find_the_rows_of_the_findings_and_those_that_cannot_be_read(
    root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    frame = frame.assign(group=frame["label"])
    rules = [make(rule, root) for rule in ROW_RULES]
    batch = {rule.check: make(rule, root) for rule in BATCH_RULES}
    unreadable = validate(frame, batch["broken_images"], result_format="COMPLETE").result["unexpected_list"]
    assert len(unreadable) == 3
    for rule, result in zip(rules, validate(frame, rules, result_format="COMPLETE"), strict=True):
        of_check = validate(frame, batch[rule.check], result_format="COMPLETE").result["unexpected_list"]
        looked_at = [path for path in unreadable if rule.check != "novelty_rate" or path.startswith("test/")]
        assert sorted(result.result["unexpected_list"]) == sorted({*of_check, *looked_at})
        rows = result.result["unexpected_index_list"]
        assert frame["path"].loc[rows].tolist() == result.result["unexpected_list"]


def test_ten_rules_cost_one_scan_and_so_do_more_validations_of_the_same_batch(
    root: str, frame: pd.DataFrame, definition: object, context: object, scans: list[int]
) -> None:
    rules = [make(rule, root) for rule in (*BATCH_RULES, *ROW_RULES)]
    assert len(rules) >= 10
    suites = [
        context.suites.add(gx.ExpectationSuite(name, expectations=[copy.copy(rule) for rule in rules]))
        for name in ("first", "second")
    ]
    definitions = [
        context.validation_definitions.add(gx.ValidationDefinition(name=suite.name, data=definition, suite=suite))
        for suite in suites
    ]
    checkpoint = context.checkpoints.add(gx.Checkpoint(name="both", validation_definitions=definitions))
    result = checkpoint.run(batch_parameters={"dataframe": frame})
    assert len(result.run_results) == 2
    assert scans == [len(frame)]


def test_a_file_that_changes_is_looked_at_again(
    tmp_path: Path, root: str, frame: pd.DataFrame, validate: Callable, scans: list[int]
) -> None:
    whole = (Path(root) / frame["path"][frame["split"] == "train"].iloc[5]).read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[:500])
    table = pd.DataFrame({"path": ["a.jpg"]})
    rule = images.ExpectColumnImagesToBeReadable(column="path", root=str(tmp_path))
    assert not validate(table, rule).success
    (tmp_path / "a.jpg").write_bytes(whole)
    assert validate(table, rule).success
    assert len(scans) == 2


def test_a_failing_scan_is_tried_once(
    root: str, frame: pd.DataFrame, validate: Callable, scans: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def fail(*_: object, **__: object) -> object:
        calls.append(1)
        raise RuntimeError("out of <b>order</b>")

    monkeypatch.setattr(report_module, "scan", fail)
    result = validate(frame, make(images.ExpectImageDuplicateRateToBeAtMost, root))
    assert calls == [1]
    assert not result.success
    assert "RuntimeError" in result.exception_info["exception_message"]


def test_a_check_that_breaks_fails_its_rules_and_no_others(
    root: str, frame: pd.DataFrame, validate: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise IndexError("<b>index</b>")

    broken = dataclasses.replace(CHECKS["duplicate_rate"], measure=fail)
    monkeypatch.setattr("fastdup_checks.gx.report.CHECKS", {**CHECKS, "duplicate_rate": broken})
    monkeypatch.setattr("fastdup_checks.judgement.CHECKS", {**CHECKS, "duplicate_rate": broken})
    monkeypatch.setattr(report_module, "_memory", report_module._Memory())
    rules = [
        make(images.ExpectImageDuplicateRateToBeAtMost, root, at_most=1.0),
        make(images.ExpectColumnImagesNotToBeDuplicated, root, mostly=0.0),
        make(images.ExpectColumnImagesToBeReadable, root, mostly=0.5),
    ]
    batch, rows, other = validate(frame, rules)
    assert not batch.success
    assert not rows.success
    assert other.success
    for result in (batch, rows):
        assert result.exception_info["exception_message"] == "IndexError: <b>index</b>"
        assert result.exception_info["exception_traceback"] == ""


def test_the_bound_itself_passes_and_one_step_below_fails(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    rule = images.ExpectImageDuplicateRateToBeAtMost
    rate = validate(frame, rule(root=root)).result["observed_value"]
    assert 0 < rate < 1
    assert validate(frame, rule(root=root, at_most=rate)).success
    assert not validate(frame, rule(root=root, at_most=float(np.nextafter(rate, 0)))).success


NOTHING = {
    "no rows": [],
    "only nulls": [None, None],
    "only missing files": ["nowhere.jpg", "", "a\0b"],
    "only unreadable files": ["empty.jpg", "text.jpg"],
}


@pytest.mark.parametrize("result_format", FORMATS)
@pytest.mark.parametrize("what", NOTHING)
def test_nothing_to_look_at_never_passes(what: str, result_format: str, tmp_path: Path, validate: Callable) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("no image")
    paths = pd.Series(NOTHING[what], dtype=object)
    table = pd.DataFrame({"path": paths, "split": ["train"] * len(paths), "label": ["cat"] * len(paths)})
    rules = [make(rule, str(tmp_path), **lenient(rule)) for rule in (*BATCH_RULES, *ROW_RULES)]
    for rule, result in zip(rules, validate(table, rules, result_format=result_format), strict=True):
        if rule.check == "broken_images" and "files" in what:
            continue  # there it is, measured and bound by the user
        assert not result.success, rule
        assert result_format != "BOOLEAN_ONLY" or result.result == {}
        assert images.message_of(result).startswith(f"{rule.expectation_type}: ")


def test_suite_parameters_are_bounds(root: str, frame: pd.DataFrame, definition: object) -> None:
    suite = gx.ExpectationSuite(
        "suite", expectations=[images.ExpectImageDuplicateRateToBeAtMost(root=root, at_most={"$PARAMETER": "rate"})]
    )
    batch = definition.get_batch({"dataframe": frame})
    assert batch.validate(suite, expectation_parameters={"rate": 0.5}).success
    assert not batch.validate(suite, expectation_parameters={"rate": 0.0}).success


def test_severity_is_kept_and_a_warning_still_is_no_success(root: str, frame: pd.DataFrame, validate: Callable) -> None:
    result = validate(frame, make(images.ExpectUnreadableImageCountToBeAtMost, root, severity="warning"))
    assert not result.success
    assert result.result["details"]["fastdup_checks"]["verdict"]["outcome"] == "warned"


def test_names_and_pictures_stay_out_of_results_that_exclude_values(
    root: str, frame: pd.DataFrame, validate: Callable
) -> None:
    quiet = {"result_format": "COMPLETE", "exclude_unexpected_values": True}
    for rule in (images.ExpectImageDuplicateRateToBeAtMost, images.ExpectColumnImagesNotToBeDuplicated):
        result = validate(frame, make(rule, root), result_format=quiet)
        assert result.result["unexpected_count"] > 0
        assert ".jpg" not in str({k: v for k, v in result.result.items() if k != "unexpected_index_list"})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"file": ["a.jpg"]}), "no column 'path'; its columns are 'file'"),
        (pd.DataFrame({"path": [1, 2]}), "holds int values"),
        (pd.DataFrame({"path": ["a.jpg"]}), "no image can be read; a.jpg"),
        (
            pd.DataFrame({"path": ["train/hills/page.jpg"]}),
            "leak needs splits, and the batch has none",
        ),
    ],
)
def test_what_cannot_be_judged_fails_and_says_why(
    table: pd.DataFrame, message: str, root: str, validate: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    result = validate(table, images.ExpectNoImageLeakBetweenSplits())
    assert not result.success
    assert message in str(result.exception_info)
    assert images.message_of(result).startswith("expect_no_image_leak_between_splits: could not be judged: ")


@pytest.mark.parametrize(
    "arguments",
    [{"at_most": 1.5}, {"at_most": -1}, {"at_most": float("nan")}, {"at_most": True}, {"at_most": None}, {"atmost": 0}],
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"at_?most"):
        images.ExpectImageDuplicateRateToBeAtMost(**arguments)


SENSELESS = {
    "leak": [
        {"threshold": 98},
        {"threshold": float("nan")},
        {"threshold": True},
        {"kind": "exakt"},
        {"between": ["train", "train"]},
    ],
    "near_duplicate_rate": [{"threshold": 98}, {"threshold": 0}],
    "outlier_rate": [{"threshold": 50}],
    "label_consistency": [{"threshold": 50}],
    "novelty_rate": [{"p_value": 3}, {"p_value": -1}, {"p_value": 0}],
    "dark": [{"threshold": -1}],
    "broken_images": [{"megabytes": -1}, {"megabytes": True}, {"megapixels": 0}],
}


@pytest.mark.parametrize("rule", [rule for rule in (*BATCH_RULES, *ROW_RULES) if rule.check in SENSELESS])
def test_arguments_out_of_the_range_that_data_yml_knows_are_refused(rule: type, root: str) -> None:
    for arguments in SENSELESS[rule.check]:
        (name,) = arguments
        with pytest.raises(ValueError, match=rf"(?:{rule.check}|limits)\.{name}"):
            make(rule, root, **arguments)


def test_all_that_is_wrong_with_a_rule_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"leak\.kind: 'exakt' is not known; .*leak\.threshold must lie between"):
        images.ExpectNoImageLeakBetweenSplits(kind="exakt", threshold=98)
    with pytest.raises(ValueError, match="counts images and must be a whole number"):
        images.ExpectNoImageLeakBetweenSplits(at_most=0.5)


def test_a_suite_parameter_out_of_range_passes_nothing(root: str, frame: pd.DataFrame, definition: object) -> None:
    batch = definition.get_batch({"dataframe": frame[frame["split"] == "train"]})
    for rule in (images.ExpectImageOutlierRateToBeAtMost, images.ExpectColumnImagesNotToBeOutliers):
        made = make(rule, root, threshold={"$PARAMETER": "score"})
        suite = gx.ExpectationSuite(rule.__name__, expectations=[made])
        with pytest.raises(ValueError, match=r"outlier_rate\.threshold must lie between"):
            batch.validate(suite, expectation_parameters={"score": 98})


def test_every_row_that_has_a_copy_is_unexpected_where_a_finding_names_one_of_several(
    demo: Path, tmp_path: Path, validate: Callable
) -> None:
    with Image.open(demo / "images/train/hills/hills_train_03.jpg") as picture:
        for name in ("a", "b", "c"):
            picture.save(tmp_path / f"{name}.png")
        ImageOps.mirror(picture).save(tmp_path / "d.png")
        ImageOps.grayscale(picture).save(tmp_path / "e.png")
    for number in range(20):
        source = demo / f"images/train/hills/hills_train_{number + 10:02}.jpg"
        (tmp_path / f"x{number:02}.jpg").write_bytes(source.read_bytes())
    paths = sorted(path.name for path in tmp_path.iterdir())
    frame = pd.DataFrame({"path": paths, "split": ["test" if path == "a.png" else "train" for path in paths]})
    rules = [images.ExpectColumnImagesNotToBeInTwoSplits, images.ExpectColumnImagesNotToBeNearDuplicated]
    for rule in rules:
        result = validate(frame, rule(column="path", root=str(tmp_path)), result_format="COMPLETE")
        assert sorted(result.result["unexpected_list"]) == ["a.png", "b.png", "c.png", "d.png", "e.png"]

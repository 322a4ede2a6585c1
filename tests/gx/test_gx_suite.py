"""A data.yml in Great Expectations judges as it does everywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("great_expectations")

import great_expectations as gx
import pandas as pd

import fastdup_checks.gx as images
from fastdup_checks.cli import main
from fastdup_checks.errors import ConfigError, DatasetError
from fastdup_checks.gx import suite as suite_module
from fastdup_checks.pipeline import check
from fastdup_checks.suite import shipped_suites

DATA_YML = """\
version: 1
dataset:
  root: images
  splits: {test: test, train: train}
  labels: parent_folder
limits: {megabytes: 1}
expectations:
  - broken_images: {at_most: 3}
  - broken_images: {at_most: 1, split: train, id: broken-train}
  - duplicate_rate: {at_most: 50%, severity: warn}
  - duplicate_rate: {at_most: 0, label: hills, severity: warn, id: warned}
  - near_duplicate_rate: {at_most: 0, xfail: augmented by hand}
  - near_duplicate_rate: {at_most: 100%, xfail: mended since, id: mended}
  - leak: {between: [train, test], at_most: 0, kind: exact}
  - leak: {at_most: 100}
  - outlier_rate: {at_most: 1%, threshold: 0.9}
  - outlier_rate: {at_most: 0, skip: not yet, id: skipped}
  - label_consistency: {at_least: 50%}
  - conflicting_labels: {at_most: 0}
"""


@pytest.fixture
def config(demo: Path) -> Path:
    path = demo / "many.yml"
    path.write_text(DATA_YML, encoding="utf-8")
    return path


def test_verdicts_agree_with_check(config: Path, demo: Path, definition: object) -> None:
    expected = {v.expectation.id: v for v in check(config, work_dir=demo / "many") if v.outcome != "skipped"}
    batch = definition.get_batch({"dataframe": images.frame_from_config(config)})
    results = batch.validate(images.suite_from_config(config)).results
    found = {r.result["details"]["fastdup_checks"]["verdict"]["id"]: r for r in results}
    assert found.keys() == expected.keys()
    assert len({v.outcome for v in expected.values()}) == 4  # every outcome but skipped is among them
    for name, verdict in expected.items():
        payload = found[name].result["details"]["fastdup_checks"]["verdict"]
        assert payload["outcome"] == verdict.outcome
        assert payload["message"] == verdict.message
        assert found[name].success is (verdict.outcome in {"passed", "xfailed"})
        assert found[name].expectation_config.severity == (
            "warning" if verdict.expectation.severity == "warn" else "critical"
        )


@pytest.mark.parametrize("suite", shipped_suites())
def test_verdicts_on_a_shipped_suite_agree_with_check_and_pytest(
    suite: str, demo: Path, definition: object, pytester: pytest.Pytester
) -> None:
    config = demo / f"{suite.split('/')[1]}.yml"
    config.write_text(
        "version: 1\ndataset: {root: images, splits: {train: train, test: test}, labels: parent_folder}\n"
        f"extends: [{suite}]\n"
    )
    expected = {v.expectation.id: v for v in check(config)}
    batch = definition.get_batch({"dataframe": images.frame_from_config(config)})
    results = batch.validate(images.suite_from_config(config)).results
    found = {r.result["details"]["fastdup_checks"]["verdict"]["id"]: r for r in results}
    said = {name: (r.success, images.message_of(r)) for name, r in found.items()}
    assert said == {name: (v.outcome == "passed", v.message) for name, v in expected.items()}
    assert any(not success for success, _ in said.values())

    done = pytester.runpytest_subprocess("--fastdup-config", config, "-p", "no:xdist", "--junitxml=cases.xml")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    cases = ET.parse(pytester.path / "cases.xml").iter("testcase")
    assert {case.get("name"): case.find("failure") is None for case in cases} == {
        name: success for name, (success, _) in said.items()
    }


def test_a_check_without_a_rule_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(suite_module.RULES, "outlier_rate")
    with pytest.raises(ConfigError, match=r"many\.yml:16: Great Expectations has no rule for outlier_rate"):
        images.suite_from_config(config)


def test_a_baseline_is_kept_to(
    demo: Path, definition: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "data.yml"
    config.write_text((demo / "data.yml").read_text().replace("root: images", f"root: {demo / 'images'}"))
    assert main(["baseline", str(config), "--accept", "--reason", "old data", "--author", "me", "-q"]) == 0
    capsys.readouterr()
    expected = {v.expectation.id: v.message for v in check(config)}
    suite = images.suite_from_config(config)
    batch = definition.get_batch({"dataframe": images.frame_from_config(config)})
    results = batch.validate(suite).results
    assert all(r.success for r in results)
    said = {r.result["details"]["fastdup_checks"]["verdict"]["id"]: images.message_of(r) for r in results}
    assert said == expected
    assert "accepted" in expected["broken_images"]


def test_splits_from_a_table_are_in_their_usual_order(tmp_path: Path, demo: Path, validate: Callable) -> None:
    """The order says which of two images leaks: training first, others by name, whichever image comes first."""
    folder = tmp_path / "set"
    folder.mkdir()
    source = demo / "images/train/hills/hills_train_03.jpg"
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(source.read_bytes())
    (tmp_path / "splits.csv").write_text("path,split\na.jpg,ark\nb.jpg,train\nc.jpg,ark\n")
    config = tmp_path / "data.yml"
    config.write_text(
        "version: 1\ndataset: {root: set, splits: {csv: splits.csv}}\nexpectations: [leak: {at_most: 0}]\n"
    )
    (verdict,) = check(config)
    frame = images.frame_from_config(config)
    result = validate(frame.sample(frac=1, random_state=1), images.suite_from_config(config).expectations[0])
    assert result.result["details"]["fastdup_checks"]["verdict"]["message"] == verdict.message
    assert "against train" in verdict.message


def test_a_suite_survives_storing(config: Path, tmp_path: Path) -> None:
    context = gx.get_context(mode="file", project_root_dir=str(tmp_path / "project"))
    stored = images.suite_from_config(config, "stored")
    context.suites.add(stored)
    again = context.suites.get("stored")
    assert sorted(e.configuration.to_json_dict()["type"] for e in again.expectations) == sorted(
        e.expectation_type for e in stored.expectations
    )
    assert [e.meta for e in again.expectations] == [e.meta for e in stored.expectations]


def test_the_frame_lists_what_the_configuration_names(config: Path, frame: pd.DataFrame) -> None:
    found = images.frame_from_config(config)
    assert found.to_dict("list") == frame.to_dict("list")


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="names of files are text there")
def test_names_that_are_no_text_are_judged_as_check_judges_them(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = sorted((demo / "images/train").rglob("*.jpg"))[:3]
    for number, picture in enumerate(pictures):
        for folder in ("photos/train/a", "photos/test/\udcfe"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / f"\udcff{number}.jpg").write_bytes(picture.read_bytes())
    (tmp_path / "photos/train/a/\udcffempty.jpg").write_bytes(b"")
    config = tmp_path / "data.yml"
    config.write_text(
        "version: 1\ndataset: {root: photos, splits: {train: train, test: test}, labels: parent_folder}\n"
        "expectations: [broken_images, duplicate_rate, leak, conflicting_labels]\n"
    )
    expected = [verdict.message for verdict in check(config)]
    assert main(["gx", "init", "data.yml"]) == 0
    context = images.open_project(tmp_path)
    suite = context.suites.get("images")
    suite.add_expectation(images.ExpectColumnImagesNotToBeInTwoSplits(column="path", config="data.yml"))
    suite.add_expectation(images.ExpectColumnImagesToBeReadable(column="path", config="data.yml"))
    capsys.readouterr()
    assert main(["gx", "run", "data.yml"]) == 1
    said = capsys.readouterr().out
    assert all(f"FAILED   {message}\n" in said for message in expected)
    assert "expect_column_images_to_be_readable: 85.71% as wanted" in said
    assert "expect_column_images_not_to_be_in_two_splits: 0% as wanted" in said
    (stored,) = tmp_path.glob("gx/uncommitted/validations/**/fastdup_checks-images.json")
    assert r"train/a/\\xffempty.jpg" in stored.read_text(encoding="utf-8")


def test_a_wrong_configuration_is_told_at_once_and_when_rules_run(
    tmp_path: Path, validate: Callable, frame: pd.DataFrame
) -> None:
    (tmp_path / "data.yml").write_text("version: 1\n")
    with pytest.raises(ConfigError, match="'dataset' is missing"):
        images.suite_from_config(tmp_path / "data.yml")
    result = validate(frame, images.ExpectImageDuplicateRateToBeAtMost(config="data.yml"))
    assert not result.success
    assert "'dataset' is missing" in result.exception_info["exception_message"]


def test_commands_add_a_project_and_run_it(
    demo: Path, frame: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Path(os.path.relpath(demo / "data.yml", tmp_path))
    assert main(["gx", "run", str(config)]) == 2
    assert main(["gx", "init", str(config)]) == 0
    assert "module_name: fastdup_checks.gx" in (tmp_path / "gx/great_expectations.yml").read_text()
    assert main(["gx", "init", str(config)]) == 2
    assert main(["gx", "init", str(config), "--overwrite"]) == 0
    capsys.readouterr()
    assert main(["gx", "run", str(config)]) == 1
    said = capsys.readouterr().out
    assert f"FAILED   broken_images: 3 images, above the 0 allowed (among {len(frame)} images)" in said
    assert "data docs: file://" in said
    assert list((tmp_path / "gx/uncommitted/data_docs/local_site/fastdup_checks").glob("gallery-*.html"))


def test_suites_of_one_project_leave_each_other_alone(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, checks in {"a": "broken_images: {at_most: 3}", "b": "broken_images: {at_most: 4}"}.items():
        text = f"version: 1\ndataset: {{root: {demo / 'images'}}}\nexpectations: [{checks}]\n"
        (tmp_path / f"{name}.yml").write_text(text)
        assert main(["gx", "init", f"{name}.yml", "--name", name]) == 0
    assert main(["gx", "init", "b.yml", "--name", "b", "--overwrite"]) == 0
    capsys.readouterr()
    assert main(["gx", "run", "a.yml", "--name", "a"]) == 0
    assert "broken_images: 3 images, within the 3 allowed" in capsys.readouterr().out
    assert main(["gx", "run", "b.yml", "--name", "b"]) == 0


def test_a_checkpoint_that_has_lost_its_data_is_an_error_in_words(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(demo / "data.yml")
    assert main(["gx", "init", config]) == 0
    context = images.open_project(tmp_path)
    for lose in (
        lambda: context.data_sources.get("fastdup_checks").delete_asset("images"),
        lambda: context.data_sources.delete("fastdup_checks"),
        lambda: context.suites.delete("images"),
    ):
        lose()
        capsys.readouterr()
        assert main(["gx", "run", config]) == 2
        (said,) = capsys.readouterr().err.splitlines()
        assert said.startswith("fastdup-checks: checkpoint 'images' cannot be loaded: ")
    assert main(["gx", "init", config, "--overwrite"]) == 0
    assert main(["gx", "run", config]) == 1


@pytest.mark.parametrize("command", ["init", "run"])
@pytest.mark.parametrize("name", ["a/b", "a\\b", "", " ", "../x", ".", "..", "a\nb", "a\udcff", "x" * 300])
def test_names_that_gx_cannot_store_are_refused_before_anything_is_made(
    name: str, command: str, demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["gx", command, str(demo / "data.yml"), "--name", name])
    assert left.value.code == 2
    assert "argument --name: " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a/b", "a\\b", "", "..", "a\nb", "x" * 300])
def test_a_suite_whose_name_gx_cannot_store_is_refused_before_anything_is_added(
    name: str, demo: Path, tmp_path: Path
) -> None:
    context = images.open_project(tmp_path)
    suite = gx.ExpectationSuite("images", expectations=[images.ExpectUnreadableImageCountToBeAtMost(at_most=3)])
    suite.name = name
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DatasetError, match="^the suite cannot be called .*: "):
        images.add_checkpoint(context, suite)
    assert sorted(tmp_path.rglob("*")) == before


def test_running_makes_no_project(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(demo / "data.yml")
    (tmp_path / "empty").mkdir()
    for folder in ("nowhere", "empty"):
        assert main(["gx", "run", config, "--project", folder]) == 2
        said = capsys.readouterr().err
        assert f"no checkpoint 'images'; first: fastdup-checks gx init {config} --project {folder}" in said
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_a_project_that_has_another_store_is_not_changed(tmp_path: Path) -> None:
    context = gx.get_context(mode="file", project_root_dir=str(tmp_path))
    path = Path(context.root_directory) / "great_expectations.yml"
    text = path.read_text().replace(
        "class_name: ExpectationsStore", "class_name: ExpectationsStore\n    module_name: own"
    )
    path.write_text(text)
    with pytest.raises(DatasetError, match="import fastdup_checks.gx in that module"):
        images.register_in_project(context)
    assert path.read_text() == text
    with pytest.raises(DatasetError, match="on disk"):
        images.register_in_project(gx.get_context(mode="ephemeral"))

"""A data.yml becomes tests beside the user's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from datasets import write_project

Run = Callable[..., pytest.RunResult]

IDS = [
    "data.yml::broken_images",
    "data.yml::duplicate_rate",
    "data.yml::duplicate_rate-train",
    "data.yml::leak-train-test",
    "data.yml::conflicting_labels",
]


def listed(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


def test_each_expectation_is_a_test_in_the_order_of_the_file(run: Run) -> None:
    result = run("--collect-only", "-q")
    assert result.ret == 0
    assert listed(result) == [*IDS, "test_own.py::test_own"] or listed(result) == ["test_own.py::test_own", *IDS]


def test_collecting_scans_nothing(project: pytest.Pytester, run: Run) -> None:
    (project.path / "images").rename(project.path / "elsewhere")
    assert run("--collect-only", "-q").ret == 0
    assert not (project.path / "fastdup-report").exists()


def test_the_option_may_be_written_with_a_space(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess("--fastdup-config", "data.yml", "--collect-only", "-q")
    assert set(listed(result)) == {*IDS, "test_own.py::test_own"}


def test_a_file_named_as_an_argument_too_is_collected_once(run: Run) -> None:
    assert listed(run("data.yml", "--collect-only", "-q")) == IDS


def test_a_file_in_a_folder_that_pytest_passes_over_is_collected(project: pytest.Pytester, run: Run) -> None:
    (project.path / ".hidden").mkdir()
    (project.path / "data.yml").rename(project.path / ".hidden" / "data.yml")
    ids = listed(run("test_own.py", "--collect-only", "-q", config=".hidden/data.yml"))
    assert ids == ["test_own.py::test_own", *(f".hidden/{name}" for name in IDS)]
    shutil.copytree(project.path / "images", project.path / ".hidden" / "images")
    for folder in (".hidden", ".hidden/images"):
        (project.path / folder / "test_not_ours.py").write_text("def test(): pass")
    everything = listed(run("--collect-only", "-q", config=".hidden/data.yml"))
    assert everything == [*(f".hidden/{name}" for name in IDS), "test_own.py::test_own"]


def test_one_expectation_can_be_named(run: Run) -> None:
    assert listed(run("data.yml::duplicate_rate", "--collect-only", "-q")) == ["data.yml::duplicate_rate"]


def test_expectations_are_selected_by_keyword_and_by_mark(run: Run) -> None:
    assert listed(run("-k", "leak", "--collect-only", "-q")) == ["data.yml::leak-train-test"]
    assert listed(run("-m", "not fastdup", "--collect-only", "-q")) == ["test_own.py::test_own"]


def test_the_mark_is_known_where_marks_are_strict(run: Run) -> None:
    assert set(listed(run("--strict-markers", "--collect-only", "-q"))) == {*IDS, "test_own.py::test_own"}


def test_marks_of_the_file_select(project: pytest.Pytester, run: Run) -> None:
    write_project(project.path, "broken_images: {marks: [slow]}\nduplicate_rate: {at_most: 1%}")
    project.makeini("[pytest]\nmarkers = slow: takes long")
    assert listed(run("-m", "slow", "--collect-only", "-q", "--strict-markers")) == ["data.yml::broken_images"]


def test_without_a_configuration_nothing_is_collected_or_said(run: Run) -> None:
    result = run(config=None)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("fastdup-checks [0-9]*")
    result.stdout.no_fnmatch_line("*gallery*")


def test_the_ini_file_can_name_the_configuration(project: pytest.Pytester, run: Run) -> None:
    project.makeini("[pytest]\nfastdup_config = data.yml")
    assert set(listed(run("--collect-only", "-q", config=None))) == {*IDS, "test_own.py::test_own"}
    assert listed(run("--collect-only", "-q", "--no-fastdup", config=None)) == ["test_own.py::test_own"]


def test_a_file_of_the_ini_file_stays_out_of_a_run_of_named_tests(project: pytest.Pytester, run: Run) -> None:
    project.makeini("[pytest]\nfastdup_config = data.yml")
    assert listed(run("test_own.py", "--collect-only", "-q", config=None)) == ["test_own.py::test_own"]
    assert listed(run("data.yml::leak-train-test", "--collect-only", "-q", config=None)) == [
        "data.yml::leak-train-test",
    ]

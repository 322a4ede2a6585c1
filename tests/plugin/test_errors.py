"""What cannot be done is told in one clear message, and is never taken for a verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from datasets import CLEAN, write_project

from fastdup_checks.cli import main

Run = Callable[..., pytest.RunResult]


def test_every_problem_of_the_configuration_is_told_at_once(
    project: pytest.Pytester,
    run: Run,
    xdist_args: tuple[str, ...],
) -> None:
    write_project(project.path, "duplicate_rat: {at_most: 1%}\nleak: {at_mst: 0}")
    result = run(*xdist_args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: data.yml:7: unknown check 'duplicate_rat'; did you mean 'duplicate_rate'?",
            "data.yml:8: unknown key 'at_mst' in leak; did you mean 'at_most'?",
        ],
    )
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_a_missing_configuration_is_a_usage_error(run: Run) -> None:
    result = run(config="nowhere.yml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: nowhere.yml: cannot be read: No such file or directory"])


@pytest.mark.parametrize("text", [None, "version: 1\n"], ids=["missing", "wrong"])
def test_a_file_of_the_ini_file_that_cannot_be_read_stops_no_run_of_others(
    project: pytest.Pytester, run: Run, text: str | None
) -> None:
    (project.path / "below").mkdir()
    project.makeini("[pytest]\nfastdup_config = below/nope.yml")
    if text is not None:
        (project.path / "below" / "nope.yml").write_text(text)
    project.makepyfile(test_data="def test(fastdup_scan): pass")
    run("test_own.py", config=None).assert_outcomes(passed=1)
    assert run("--help", config=None).ret == pytest.ExitCode.OK
    assert run("--markers", config=None).ret == pytest.ExitCode.OK
    asked = run("test_data.py", config=None)
    asked.assert_outcomes(errors=1)
    asked.stdout.fnmatch_lines(["below/nope.yml: *"])
    for named in ((), (".",), ("below",), ("test_own.py", "below")):
        result = run(*named, config=None)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: below/nope.yml: *"])


def test_a_report_that_would_take_the_place_of_an_input_is_a_usage_error(project: pytest.Pytester, run: Run) -> None:
    config = project.path / "data.yml"
    config.write_text(config.read_text().replace("labels: parent_folder", "labels: {csv: labels.csv}"))
    (project.path / "labels.csv").write_text("path,label\ntrain/cat/0.png,cat\n")
    result = run("--fastdup-report=.")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: labels.csv: that is the table of dataset.labels; the report would take *"])


def test_a_scan_that_cannot_be_done_is_an_error_of_every_expectation(
    project: pytest.Pytester,
    run: Run,
    xdist_args: tuple[str, ...],
) -> None:
    (project.path / "images").rename(project.path / "elsewhere")
    result = run(*xdist_args)
    result.assert_outcomes(errors=4, passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*ERROR at setup of broken_images*", "*images: no such folder*"])
    assert "Traceback" not in result.stdout.str()
    assert "gallery" not in result.stdout.str()
    assert not (project.path / "fastdup-report").exists()


def test_a_known_failure_does_not_hide_a_scan_that_cannot_be_done(project: pytest.Pytester, run: Run) -> None:
    write_project(project.path, "broken_images: {xfail: ticket 7}", {})
    run("data.yml").assert_outcomes(errors=1)


def test_what_a_dataset_lacks_for_a_check_is_one_line(project: pytest.Pytester, run: Run) -> None:
    one_class = {path: seed for path, seed in CLEAN.items() if "/cat/" in path}
    write_project(project.path, "broken_images: {at_most: 0}\nlabel_consistency: {at_least: 95%}", one_class)
    result = run("data.yml")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["label_consistency needs two classes, and the dataset has 1; check dataset.labels"])
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("which", "outcomes"), [("duplicate_rate", {"passed": 2, "warnings": 1}), ("leak", {"failed": 1})]
)
def test_a_report_that_cannot_be_written_is_told_and_is_exit_status_3_as_of_check(
    project: pytest.Pytester, run: Run, xdist_args: tuple[str, ...], which: str, outcomes: dict[str, int]
) -> None:
    (project.path / "fastdup-report").write_text("in the way")
    result = run("data.yml", "-k", which, *xdist_args)
    result.assert_outcomes(**outcomes)
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR == main(["check", str(project.path / "data.yml"), "-q"])
    result.stdout.fnmatch_lines(["the report could not be written: *fastdup-report: *"])
    result.stdout.no_fnmatch_line("gallery: *")


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_failed_item_names_no_gallery_that_was_not_written(
    project: pytest.Pytester, run: Run, workers: tuple[str, ...]
) -> None:
    (project.path / "fastdup-report").write_text("in the way")
    result = run("data.yml", *workers)
    result.stdout.fnmatch_lines(["*: worst findings*", "the report could not be written: *"])
    assert "gallery: " not in result.stdout.str()
    (project.path / "fastdup-report").unlink()
    run("data.yml", *workers).stdout.fnmatch_lines(["*: worst findings*", "gallery: *", "*- fastdup-checks -*"])


def test_what_a_report_lacks_is_told_without_a_terminal_reporter(project: pytest.Pytester, run: Run) -> None:
    (project.path / "fastdup-report").write_text("in the way")
    run("-k", "duplicate_rate", "-p", "no:terminal").stderr.fnmatch_lines(
        ["fastdup-checks: the report could not be written: *"],
    )


@pytest.mark.parametrize("dist", ["load", "loadgroup"])
def test_a_scan_that_has_failed_is_not_tried_again_by_other_workers(
    project: pytest.Pytester, run: Run, dist: str
) -> None:
    project.makeconftest(
        """
        from pathlib import Path
        from fastdup_checks.errors import ScanError
        from fastdup_checks.plugin import run

        def analyse(plan, **options):
            with open(plan.path.parent / "tried", "a") as file:
                file.write("x")
            raise ScanError("the disk is full")

        run.analyse = analyse
        """
    )
    result = run("data.yml", "-n2", f"--dist={dist}")
    result.assert_outcomes(errors=4, skipped=1)
    assert result.outlines.count("the disk is full") == 4  # once for each test, and not again as its own cause
    assert (project.path / "tried").read_text() == "x"

"""Accepted findings no longer fail, and accepting them never happens by accident."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import CLEAN, encoded, write_project

Run = Callable[..., pytest.RunResult]

BAD = "broken_images\nduplicate_rate\nleak\nconflicting_labels: {skip: later}"
UPDATE = ("--fastdup-update-baseline", "--fastdup-reason=seen and fine")


@pytest.fixture
def baseline(project: pytest.Pytester) -> Path:
    """A dataset with four findings, and where its baseline will be."""
    write_project(project.path, BAD)
    return project.path / "fastdup-baseline.yml"


def test_from_failing_to_accepted_to_passing(
    project: pytest.Pytester, run: Run, baseline: Path, xdist_args: tuple[str, ...]
) -> None:
    result = run(*UPDATE, *xdist_args)
    result.assert_outcomes(passed=1, failed=3, skipped=1)
    result.stdout.fnmatch_lines(["fastdup-baseline.yml: 4 findings accepted"])
    assert baseline.read_text().count('reason: "seen and fine"') == 4
    result = run(*xdist_args)
    result.assert_outcomes(passed=4, skipped=1)
    result.stdout.fnmatch_lines_random(["passed   leak: 0 images, within the 0 allowed *; 1 accepted"])
    (project.path / "images/test/cat/new.png").write_bytes(encoded(CLEAN["train/cat/2.png"]))
    result = run(*xdist_args)
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["leak: 1 image, above the 0 allowed *; 1 accepted"])
    assert "test/dog/leak.png" not in result.stdout.str()


def test_updating_twice_changes_nothing_and_keeps_reasons(run: Run, baseline: Path) -> None:
    run(*UPDATE)
    baseline.write_text(baseline.read_text().replace("seen and fine", "by hand", 1))
    before = baseline.read_bytes()
    run(*UPDATE).stdout.fnmatch_lines(["fastdup-baseline.yml: 0 findings accepted"])
    assert baseline.read_bytes() == before


def test_entries_that_no_longer_occur_are_told_after_a_complete_run_and_do_not_fail(
    project: pytest.Pytester, run: Run, baseline: Path
) -> None:
    run(*UPDATE)
    write_project(project.path, BAD, CLEAN)
    result = run()
    result.assert_outcomes(passed=4, skipped=1)
    result.stdout.fnmatch_lines(["fastdup-baseline.yml: 4 entries no longer occur; *"])
    run("-k", "leak").stdout.no_fnmatch_line("*no longer occur*")


@pytest.mark.parametrize(
    "partial", [("-k", "leak"), ("-m", "fastdup"), ("--lf",), ("--deselect=data.yml::leak",), ("data.yml::leak",)]
)
def test_a_run_of_a_part_may_not_update(run: Run, baseline: Path, partial: tuple[str, ...]) -> None:
    result = run(*UPDATE, *partial)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --fastdup-update-baseline needs a run of everything, not with *"])
    assert not baseline.exists()


@pytest.mark.parametrize("half", [UPDATE[:1], UPDATE[1:]])
def test_an_update_needs_a_reason_and_a_reason_an_update(run: Run, baseline: Path, half: tuple[str, ...]) -> None:
    assert run(*half).ret == pytest.ExitCode.USAGE_ERROR
    assert not baseline.exists()


def test_a_run_that_stopped_early_updates_nothing(run: Run, baseline: Path) -> None:
    run(*UPDATE, "-x").stdout.fnmatch_lines(["the baseline was not updated: not all expectations were judged"])
    assert not baseline.exists()


def test_a_scan_that_failed_updates_nothing(project: pytest.Pytester, run: Run, baseline: Path) -> None:
    (project.path / "images").rename(project.path / "elsewhere")
    run(*UPDATE).assert_outcomes(errors=3, passed=1, skipped=1)
    assert not baseline.exists()


def test_another_file_can_be_named(project: pytest.Pytester, run: Run, baseline: Path) -> None:
    run(*UPDATE, "--fastdup-baseline=reviewed.yml")
    assert not baseline.exists()
    assert (project.path / "reviewed.yml").exists()
    project.makeini("[pytest]\nfastdup_baseline = reviewed.yml")
    run().assert_outcomes(passed=4, skipped=1)


def test_a_damaged_baseline_is_a_usage_error(run: Run, baseline: Path) -> None:
    baseline.write_text("version: 1\naccepted:\n  - {check: leek}\n")
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: fastdup-baseline.yml:3: *", "fastdup-baseline.yml:3: unknown check 'leek'*"])

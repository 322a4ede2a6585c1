"""The plugin in the company of other options, plugins and places."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import CLEAN, write_project

Run = Callable[..., pytest.RunResult]


def listed(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


@pytest.fixture
def second(project: pytest.Pytester) -> str:
    """Another dataset, with a data.yml of its own."""
    folder = project.path / "other"
    folder.mkdir()
    write_project(folder, "broken_images\nduplicate_rate", CLEAN)
    return "other/data.yml"


def test_several_configurations_run_side_by_side(
    project: pytest.Pytester, run: Run, second: str, xdist_args: tuple[str, ...]
) -> None:
    result = run(f"--fastdup-config={second}", *xdist_args)
    result.assert_outcomes(passed=5, failed=2, skipped=1, warnings=1)
    result.stdout.fnmatch_lines(["fastdup-checks *: data.yml, other/data.yml, 7 expectations"])
    assert (project.path / "fastdup-report" / "data" / "gallery.html").exists()
    assert (project.path / "other" / "fastdup-report" / "other-data" / "report.json").exists()


def test_images_outside_the_splits_are_told(project: pytest.Pytester, run: Run) -> None:
    (project.path / "images" / "spare").mkdir()
    shutil.copy(project.path / "images" / "train" / "cat" / "1.png", project.path / "images" / "spare" / "1.png")
    run("-k", "broken_images").stdout.fnmatch_lines(["1 image outside the splits: not looked at"])


def test_several_configurations_share_a_report_directory(project: pytest.Pytester, run: Run, second: str) -> None:
    run(f"--fastdup-config={second}", "--fastdup-report=out")
    assert sorted(p.parent.name for p in project.path.glob("out/*/gallery.html")) == ["data", "other-data"]


def test_the_problems_of_all_configurations_are_told_together(project: pytest.Pytester, run: Run, second: str) -> None:
    (project.path / "data.yml").write_text("version: 1\n")
    (project.path / second).write_text("version: 1\n")
    result = run(f"--fastdup-config={second}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: data.yml: the key 'dataset' is missing*", "other/data.yml: the key 'dataset'*"]
    )


def test_a_fixture_that_could_mean_several_datasets_asks_which(project: pytest.Pytester, run: Run, second: str) -> None:
    project.makepyfile(test_data="def test(fastdup_scan): pass")
    result = run(f"--fastdup-config={second}", "test_data.py", "-k", "test_data")
    result.assert_outcomes(errors=1, deselected=7)
    result.stdout.fnmatch_lines(
        ["which of data.yml, other/data.yml? Override the fixture fastdup_config (scope=*session*) to say so"]
    )


@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each"])
def test_every_way_of_distributing_tests_gives_the_same_verdicts(run: Run, report: Callable, dist: str) -> None:
    arguments = ("--dist=each", "--tx=2*popen") if dist == "each" else ("-n2", f"--dist={dist}")
    result = run("data.yml", *arguments, apart=True)
    times = 2 if dist == "each" else 1
    result.assert_outcomes(passed=2 * times, failed=2 * times, skipped=times, warnings=times)
    assert [v["outcome"] for v in report()["verdicts"]] == ["failed", "passed", "warned", "failed", "skipped"]


def test_workers_share_one_scan(
    project: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, report: Callable
) -> None:
    monkeypatch.setenv("FASTDUP_CHECKS_CACHE", str(project.path / "cache"))
    run("data.yml", "-n2", "--dist=load")
    assert report()["meta"]["measured"] == 0  # the controller found everything in the store
    assert len(list((project.path / "cache").glob("scan.sqlite"))) == 1


@pytest.mark.parametrize("off", ["no:cacheprovider", "no:xdist", "no:terminal", "no:warnings", "no:junitxml"])
def test_no_other_plugin_is_needed(run: Run, report: Callable, off: str) -> None:
    assert run("-p", off, apart=True).ret == pytest.ExitCode.TESTS_FAILED
    assert len(report()["verdicts"]) == 5


def test_without_the_plugin_of_skips_known_failures_fail_and_skips_are_kept(project: pytest.Pytester, run: Run) -> None:
    write_project(project.path, "broken_images: {xfail: ticket 7}\nduplicate_rate: {skip: ticket 8}")
    result = run("data.yml", "-p", "no:skipping")
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["broken_images: 1 image, above the 0 allowed *; known to fail (ticket 7)"])
    assert "Traceback" not in result.stdout.str()
    assert "runxfail" not in result.stdout.str()


def test_a_file_outside_the_project_has_an_id_that_can_be_named(project: pytest.Pytester, run: Run) -> None:
    inside = project.path / "inside"
    inside.mkdir()
    (inside / "pytest.ini").write_text("[pytest]\nfilterwarnings = default\n")
    project.chdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inside)
        assert listed(run("-k", "leak", "--collect-only", "-q", config="../data.yml")) == [
            "../data.yml::leak-train-test"
        ]
        result = run(config="../data.yml")
        result.stdout.fnmatch_lines(
            ["rootdir: *inside", "configfile: pytest.ini", "FAILED ../data.yml::leak-train-test*"]
        )
        run("--lf", config="../data.yml").assert_outcomes(failed=2)


@pytest.mark.parametrize("settings", ["pytest.ini", "pyproject.toml"])
def test_settings_that_an_option_without_an_equals_sign_hides_are_told(
    project: pytest.Pytester, run: Run, settings: str
) -> None:
    inside = project.path / "inside"
    inside.mkdir()
    (project.path / "tox.ini").unlink()
    section = "[tool.pytest.ini_options]\n" if settings == "pyproject.toml" else "[pytest]\n"
    (inside / settings).write_text(section)
    (inside / "test_inside.py").write_text("def test_inside(): pass")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inside)
        apart = run("-k", "inside", "--fastdup-config", "../data.yml", config=None)
        apart.stdout.fnmatch_lines(
            [f"*FastdupWarning: pytest has not read {settings}: it took ../data.yml for a place of tests. *"]
        )
        heard = (
            run("-k", "inside", config="../data.yml"),
            run("-k", "inside", "--fastdup-config", "../data.yml", "-c", settings, config=None),
            run("--fastdup-config", "../data.yml", "test_inside.py", "-k", "inside", config=None),
        )
        for result in heard:
            result.stdout.fnmatch_lines([f"configfile: {settings}"])
            result.stdout.no_fnmatch_line("*FastdupWarning*")


def test_settings_that_are_hidden_stop_a_run_whose_warnings_are_errors(project: pytest.Pytester, run: Run) -> None:
    (project.path / "tox.ini").unlink()
    inside = project.path / "inside"
    inside.mkdir()
    (inside / "pytest.ini").write_text("[pytest]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inside)
        result = run("-W", "error", "--fastdup-config", "../data.yml", config=None)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: pytest has not read pytest.ini: it took ../data.yml for a place of tests. *"])


def test_an_option_without_an_equals_sign_hides_nothing_inside_the_project(project: pytest.Pytester, run: Run) -> None:
    result = run("-k", "own", "--fastdup-config", "data.yml", config=None)
    result.stdout.no_fnmatch_line("*FastdupWarning*")
    result.stdout.fnmatch_lines(["configfile: tox.ini"])


def test_the_report_goes_where_it_is_told_to(project: pytest.Pytester, run: Run) -> None:
    run("--fastdup-report=artifacts/images").stdout.fnmatch_lines(["gallery: file://*/artifacts/images/gallery.html"])
    assert not (project.path / "fastdup-report").exists()
    project.makeini("[pytest]\nfastdup_report = elsewhere")
    run()
    assert (project.path / "elsewhere" / "report.json").exists()


def test_the_cache_goes_where_it_is_told_to(
    project: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FASTDUP_CHECKS_CACHE")
    run("data.yml", "--fastdup-cache-dir=cache")
    assert (project.path / "cache" / "scan.sqlite").exists()
    assert not (project.path / ".fastdup_cache").exists()


def test_a_cache_that_cannot_be_made_is_an_error_of_every_expectation(project: pytest.Pytester, run: Run) -> None:
    (project.path / "cache").write_text("in the way")
    result = run("data.yml", "--fastdup-cache-dir=cache/below")
    result.assert_outcomes(errors=4, skipped=1)
    result.stdout.fnmatch_lines(["*the cache cannot be opened*"])
    assert "Traceback" not in result.stdout.str()


def test_a_file_called_after_the_tool_needs_no_option(project: pytest.Pytester, run: Run) -> None:
    shutil.copy(project.path / "data.yml", project.path / "scenes.fastdup.yml")
    assert listed(run("scenes.fastdup.yml::leak-train-test", "--collect-only", "-q", config=None)) == [
        "scenes.fastdup.yml::leak-train-test",
    ]
    assert listed(run("--collect-only", "-q", config=None)) == ["test_own.py::test_own"]


def test_a_mark_that_nobody_registered_is_told_where_marks_are_strict(project: pytest.Pytester, run: Run) -> None:
    write_project(project.path, "broken_images: {marks: [slwo]}")
    result = run("data.yml", "--strict-markers")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["'slwo' not found in `markers` configuration option"])
    assert "Traceback" not in result.stdout.str()


def test_what_only_warns_does_not_fail_where_warnings_are_errors(run: Run, xdist_args: tuple[str, ...]) -> None:
    result = run("data.yml", "-W", "error", *xdist_args)
    result.assert_outcomes(passed=2, failed=2, skipped=1, warnings=1)
    result.stdout.fnmatch_lines(["*FastdupWarning: duplicate_rate-train: 14.29%, above the 0% allowed *"])


def test_what_only_warns_can_be_made_a_failure_or_be_silenced_by_name(run: Run) -> None:
    result = run("data.yml", "-W", "error::fastdup_checks.plugin.FastdupWarning")
    result.assert_outcomes(passed=1, failed=3, skipped=1)
    result.stdout.fnmatch_lines(["duplicate_rate-train: 14.29%, above the 0% allowed *"])
    silent = run("data.yml", "-W", "ignore::fastdup_checks.plugin.FastdupWarning")
    silent.assert_outcomes(passed=2, failed=2, skipped=1, warnings=0)


def test_reports_of_pytest_html_show_the_pictures(
    project: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, xdist_args: tuple[str, ...]
) -> None:
    pytest.importorskip("pytest_html")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    run("data.yml", "--html=report.html", "--self-contained-html", *xdist_args, apart=True)
    text = Path(project.path / "report.html").read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 2
    assert "test/dog/leak.png" in text

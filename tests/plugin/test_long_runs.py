"""What is seen of work that takes its time, and what is left of it when somebody loses patience."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import CLEAN, write_project

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def impatient(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every scan takes long; nothing is known from earlier ones."""
    monkeypatch.setenv("FASTDUP_CHECKS_CACHE", str(project.path / "cache"))
    project.makeconftest("import fastdup_checks.plugin.progress as progress\n\nprogress._PATIENCE_SECONDS = -1.0\n")


@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_a_long_scan_shows_how_far_it_has_come(
    project: pytest.Pytester, run: Run, impatient: None, capture: str
) -> None:
    write_project(project.path, "broken_images", CLEAN)
    result = run("data.yml", f"--capture={capture}", apart=True)
    result.stderr.fnmatch_lines(["scanning: 12 of 12 images in *"])
    assert "scanning" not in result.stdout.str()


def test_a_short_scan_says_nothing(project: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTDUP_CHECKS_CACHE", str(project.path / "cache"))
    project.makeconftest("import fastdup_checks.plugin.progress as progress\n\nprogress._PATIENCE_SECONDS = 1e9\n")
    result = run("data.yml", apart=True)
    assert "scanning" not in result.stdout.str() + result.stderr.str()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
def test_workers_that_are_interrupted_leave_the_verdicts_they_had(
    project: pytest.Pytester, report: Callable[[], dict[str, Any]]
) -> None:
    started = Path(project.path / "started")
    project.makepyfile(
        test_slow=f"""
        import pathlib, time

        def test_slow():
            pathlib.Path({str(started)!r}).touch()
            time.sleep(600)
        """,
    )
    command = [sys.executable, "-m", "pytest", "-n1", "--fastdup-config=data.yml", "data.yml", "test_slow.py"]
    # A shell that starts this in the background may have taught us, and so our children, to pass over the signal.
    heed = "import signal, sys, runpy; signal.signal(signal.SIGINT, signal.default_int_handler); del sys.argv[0]; "
    wrapped = [sys.executable, "-c", heed + "runpy.run_module('pytest', run_name='__main__', alter_sys=True)"]
    process = subprocess.Popen(
        [*wrapped, *command[2:]], cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        while not started.exists() and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output.decode()
    assert [v["outcome"] for v in report()["verdicts"]] == ["failed", "passed", "warned", "failed", "skipped"]

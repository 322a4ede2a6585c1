"""A project with a dataset, and pytest run in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Libraries that cannot be imported twice: pytest in this process forgets what it has imported.
import faiss  # noqa: F401
import onnxruntime  # noqa: F401
import pytest
from datasets import PLANTED, write_project

import fastdup_checks.plugin.session
import fastdup_checks.report.gallery  # noqa: F401

EXPECTATIONS = """
broken_images: {at_most: 0}
duplicate_rate: {at_most: 50%}
duplicate_rate: {at_most: 0, split: train, severity: warn}
leak: {between: [train, test], at_most: 0}
conflicting_labels: {skip: labels are reviewed next week}
"""
"""Of the planted dataset: failed, passed, warned, failed, skipped."""


@pytest.fixture(scope="session")
def scan_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all runs, so that few pictures are embedded twice."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    scan_cache: Path,
) -> pytest.Pytester:
    """A folder with images/, data.yml and a test of the user's own."""
    monkeypatch.setenv("FASTDUP_CHECKS_CACHE", str(scan_cache))
    monkeypatch.delenv("CI", raising=False)
    # Other plugins cost more time than all of ours, and have nothing to do with what is tested.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest -p no:html -p no:metadata -p no:randomly")
    write_project(pytester.path, EXPECTATIONS)
    pytester.makeini("[pytest]\nfilterwarnings = default")
    pytester.makepyfile(test_own="def test_own(): pass")
    return pytester


@pytest.fixture(params=[(), ("-n0",), ("-n2",)], ids=["plain", "n0", "n2"])
def xdist_args(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The ways in which pytest may distribute tests."""
    return request.param


@pytest.fixture
def run(project: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Run pytest in the project, with the data.yml unless `config=None`; in this process where nothing forbids it."""

    def run(*args: str, config: str | None = "data.yml", apart: bool = False) -> pytest.RunResult:
        given = () if config is None else (f"--fastdup-config={config}",)
        if apart or any(arg.startswith("-n") for arg in args):
            return project.runpytest_subprocess(*given, *args)
        return project.runpytest_inprocess(*given, *args)

    return run


@pytest.fixture
def report(project: pytest.Pytester) -> Callable[[], dict[str, Any]]:
    """The report.json of the last run."""
    return lambda: json.loads((project.path / "fastdup-report" / "report.json").read_text(encoding="utf-8"))


__all__ = ("EXPECTATIONS", "PLANTED")

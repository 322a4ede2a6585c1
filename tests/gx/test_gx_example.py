"""The example goes from nothing to Data Docs."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytest.importorskip("great_expectations")

EXAMPLE = Path(__file__).parents[2] / "examples/great_expectations/run.py"


def test_the_example_runs_and_finds_what_is_planted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLE))["main"](tmp_path / "demo")
    said = capsys.readouterr().out
    assert said.count("FAILED") + said.count("passed") == 7
    assert "FAILED expect_no_image_leak_between_splits" in said
    assert "could not be judged" not in said
    site = tmp_path / "demo/gx/uncommitted/data_docs/local_site"
    assert f"Data Docs: file://{site}/index.html" in said
    assert list((site / "fastdup_checks").glob("gallery-*.html"))
    assert "module_name: fastdup_checks.gx" in (tmp_path / "demo/gx/great_expectations.yml").read_text()

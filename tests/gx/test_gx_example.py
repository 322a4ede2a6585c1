"""The example goes from nothing to Data Docs, and the guide does what it says."""

from __future__ import annotations

import runpy
from collections.abc import Callable
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


def test_the_guide_does_what_it_says(guide: Callable, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    done = guide()
    said = capsys.readouterr().out
    assert "passed" not in said
    assert "FAILED expect_column_images_to_be_readable: 98.47% as wanted, 99% needed (3 of 196 rows are not)" in said
    assert f"file://{tmp_path}/gx/uncommitted/data_docs/local_site/index.html" in said
    assert len(done["suite"].expectations) == 7
    assert done["checkpoint"].name == "images"
    assert len(list((tmp_path / "gx/uncommitted/data_docs/local_site/fastdup_checks").glob("*.html"))) == 2

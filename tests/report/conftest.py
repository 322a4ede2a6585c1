"""A page with one expectation of every kind and with hostile names, and a browser to open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from studio import HOSTILE, Studio, verdict

from fastdup_checks.expectation import Bound
from fastdup_checks.findings import Finding
from fastdup_checks.report.gallery import render_gallery
from fastdup_checks.report.page import Distribution, Map, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from visiting import Visit, sync_api


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.fixture
def full_page(studio: Studio) -> Page:
    """One expectation of every kind: 2 broken, 3 sets, 4 single, 1 beside, 2 label; the last expectation has none."""
    add = studio.image
    broken = [Finding((add(path),), 1.0, "empty", (("reason", "the file is empty"),)) for path in ("x.jpg", "y.jpg")]
    pairs = [
        Finding((add("train/cat/a.jpg", 1), add("test/cat/a.jpg", 1)), 1.0, "exact", (("edit", "exact copy"),)),
        Finding((add("train/cat/b.jpg", 2), add("test/dog/b.jpg", 3)), 0.97, "mirror", (("edit", "mirror"),)),
        Finding(
            tuple(add(f"train/dog/{i}.jpg", 10 + i) for i in range(5)),
            0.9,
            "5 alike",
            (("keep", "train/dog/3.jpg"),),
        ),
    ]
    hostile = [Finding((add(path, 30 + i),), 0.5, "dark <b>") for i, path in enumerate(HOSTILE)]
    odd = [Finding((add("train/dog/odd.jpg", 40),), 0.8, "far", (("nearest", "train/dog/1.jpg"), ("similarity", 0.31)))]
    wrong = [
        Finding(
            (add(f"train/cat/wrong{i}.jpg", 50 + i),),
            0.9 - i / 10,
            "looks like dog",
            (("suggested", "dog"), ("chance", 0.9 - i / 10), ("neighbour", "train/dog/2.jpg")),
        )
        for i in range(2)
    ]
    rng = np.random.default_rng(0)
    return studio.page(
        verdict("broken_images", broken),
        verdict("leak", pairs, unit="pairs"),
        verdict("dark_images", hostile, bound=Bound("at_most", 10)),
        verdict("outlier_rate", odd, unit="share", value=0.01, bound=Bound("at_most", 0.05)),
        verdict("label_consistency", wrong, unit="share", value=0.9, bound=Bound("at_least", 0.95), severity="warn"),
        verdict("conflicting_labels", [], unit="groups"),
        unreadable=2,
        distributions=(
            Distribution("Similarity of the nearest neighbour", rng.uniform(0, 1, 200), 0.9),
            Distribution("Brightness", rng.normal(120, 30, 200)),
        ),
        map=Map(tuple(studio.facts), rng.normal(size=(len(studio.facts), 2))),
        tables={"leak": "leaks.csv"},
        about=(("fastdup-checks", "0.1.0"), ("configuration", "data.yml")),
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    from visiting import CHROMIUM, sync_api

    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def gallery(full_page: Page, tmp_path: Path) -> Path:
    path = tmp_path / "gallery.html"
    path.write_text(render_gallery(full_page), encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def visit(browser: sync_api.Browser, gallery: Path) -> Iterator[Visit]:
    from visiting import Visit

    opened = Visit(browser, gallery)
    yield opened
    opened.close()

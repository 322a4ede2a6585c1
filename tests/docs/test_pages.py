"""The pages that are made from the code are up to date."""

from __future__ import annotations

import pytest
from blocks import ROOT

from fastdup_checks.checks import CHECKS
from fastdup_checks.reference import PAGES, checks_page


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_the_one_the_code_gives(name, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    file, make = PAGES[name]
    # By words: versions of Python break the lines of --help differently.
    assert (ROOT / file).read_text(encoding="utf-8").split() == make().split(), "run: make pages"


def test_every_check_says_population_numerator_unit_and_what_to_do():
    for check in CHECKS.values():
        paragraphs = check.doc.split("\n\n")
        assert len(paragraphs) >= 3, f"{check.name}: summary, population, and what to do"
        for word in ("Population:", "Unit:"):
            assert word in check.doc, f"{check.name}: {word}"


def test_the_page_of_checks_names_each_parameter():
    page = checks_page()
    for check in CHECKS.values():
        section = page.split(f"\n## {check.name}\n")[1].split("\n## ")[0]
        for name, about in check.parameters().items():
            assert f"| `{name}` | " in section
            assert about["doc"] in section

"""What the documents show is what happens."""

from __future__ import annotations

import re

import pytest
from blocks import DOCUMENTS, ROOT, blocks_of

from fastdup_checks.checks import CHECKS
from fastdup_checks.copies.calibration import REPORTING_FLOOR

PAGES = sorted({*DOCUMENTS, ROOT / "CHANGELOG.md", *(ROOT / ".github").glob("*.md"), *ROOT.glob("examples/*/**/*.md")})
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_block_does_what_the_document_says(document, sandbox):
    for block in blocks_of(document):
        sandbox.carry_out(block)
    assert not sandbox.unused


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document):
    for target in _LINK.findall(document.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        assert file.exists(), f"{document.name}: {target}"
        if anchor:
            assert anchor in _anchors(file.read_text(encoding="utf-8")), f"{document.name}: {target}"


def test_the_options_of_pytest_are_those_of_the_guide(sandbox):
    guide = (ROOT / "examples/guides/pytest.md").read_text(encoding="utf-8")
    _, help_text = sandbox.run("pytest --help")
    table = guide.split("| command line |")[1].split("\n\n")[0]
    for pattern in (r"--(?:no-)?fastdup[a-z-]*", r"(?<![.\w])fastdup_\w+"):
        assert set(re.findall(pattern, table)) == set(re.findall(pattern, help_text))


def test_the_thresholds_that_are_told_are_the_defaults():
    guide = (ROOT / "examples/guides/thresholds.md").read_text(encoding="utf-8")
    assert f"| {CHECKS['leak'].parameters()['threshold']['default']} | the default |" in guide
    assert f"| {REPORTING_FLOOR} | the least there is" in guide
    assert CHECKS["label_consistency"].parameters()["threshold"]["default"] == 0.5
    assert CHECKS["outlier_rate"].parameters()["threshold"]["default"] == 0.5


def _anchors(text):
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_names_every_file_of_a_run_and_its_columns(sandbox):
    status, said = sandbox.run("fastdup-checks run demo/images --work-dir out")
    assert status == 0, said
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (`.+`) \| (.+) \|$", readme.split("## What a run writes")[1], re.MULTILINE))
    named = {name: about for names, about in rows.items() for name in re.findall(r"`([^`]+)`", names)}
    written = {path.relative_to(sandbox.folder / "out").as_posix() for path in (sandbox.folder / "out").iterdir()}
    assert set(named) == {name for name in written if not name.startswith(".")}
    for name in sorted(named):
        if name.endswith(".csv") and name != "images.csv":
            columns = (sandbox.folder / "out" / name).read_text(encoding="utf-8").splitlines()[0].split(",")
            said_of = re.findall(r"\w+", re.sub(r"\(.*?\)", "", named[name].split(":")[0]))
            assert said_of == columns, name

"""Decisions on findings and the files made of them, in a real browser."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
from pathlib import Path

import yaml
from visiting import Visit, in_browser, press, saved, sync_api

from fastdup_checks.baseline_file import parse_baseline
from fastdup_checks.ledger import render, revise
from fastdup_checks.report.page import Page

pytestmark = in_browser


def test_everything_is_decided_and_exported_by_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    press(page, "n", "d", "k")  # the two broken files
    press(page, "d", "a", "2")  # exact copy: drop the second; mirror: accept; group: keep its second picture
    press(page, *"aaaa", "d", "k", "d")
    sync_api.expect(page.locator("#decided")).to_have_text("12 of 12 decided")
    press(page, "e")
    page.fill("#author", 'Ada "the" Reviewer')
    page.fill("#why", "campaign: same studio")
    removed = saved(page, "#save-removals")
    assert removed.decode().splitlines() == [
        "test/cat/a.jpg",
        "train/cat/wrong1.jpg",
        "train/dog/1.jpg",
        "train/dog/2.jpg",
        "train/dog/3.jpg",
        "train/dog/4.jpg",
        "train/dog/odd.jpg",
        "x.jpg",
    ]
    baseline = yaml.safe_load(saved(page, "#save-baseline"))
    assert baseline["version"] == 1
    assert [entry["check"] for entry in baseline["accepted"]] == ["dark_images"] * 4 + ["leak"]
    assert {entry["author"] for entry in baseline["accepted"]} == {'Ada "the" Reviewer'}
    assert {entry["reason"] for entry in baseline["accepted"]} == {"campaign: same studio"}
    leak = baseline["accepted"][-1]["images"]
    assert {image["path"] for image in leak} == {"train/cat/b.jpg", "test/dog/b.jpg"}
    assert all(re.fullmatch("[0-9a-f]{64}", image["sha256"]) for image in leak)


def test_an_exported_baseline_is_the_one_that_the_command_writes(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.locator("#f3 [data-do=accept]").click()
    page.locator("#f10 [data-do=accept]").click()
    press(page, "e")
    page.fill("#author", '\u00c4da \\ "x" \u2028')
    page.fill("#why", "a: b # c\u0085")
    text = saved(page, "#save-baseline")
    read = parse_baseline(tmp_path / "b.yml", text)
    assert [entry.check for entry in read.accepted] == ["label_consistency", "leak"]
    assert [[p.label for p in entry.pictures] for entry in read.accepted] == [["cat"], [None, None]]
    assert revise(text.decode()) == text.decode()
    assert "".join(render(entry) for entry in read.accepted) == text.decode().partition("accepted:\n")[2]


def test_a_baseline_is_saved_with_an_author_and_a_reason_only(visit: Visit) -> None:
    page = visit.page
    page.locator("#f3 [data-do=accept]").click()
    press(page, "e")
    page.click("#save-baseline")
    assert page.evaluate("document.activeElement.id") == "author"
    page.fill("#author", "Ada")
    page.click("#save-baseline")
    assert page.evaluate("document.activeElement.id") == "why"
    page.fill("#why", "same studio")
    assert saved(page, "#save-baseline")


def test_right_suggestions_are_exported_as_a_table(visit: Visit) -> None:
    page = visit.page
    assert not page.locator("#f2 [data-do=relabel]").is_visible()
    page.locator("#f10 [data-do=relabel]").click()
    press(page, "n", "l", "e")
    rows = list(csv.reader(io.StringIO(saved(page, "#save-labels").decode())))
    assert rows == [
        ["path", "label", "suggested"],
        ["train/cat/wrong0.jpg", "cat", "dog"],
        ["train/cat/wrong1.jpg", "cat", "dog"],
    ]


def test_names_that_would_break_a_line_are_exported_as_git_reads_them(
    visit: Visit, tmp_path: Path, full_page: Page
) -> None:
    page = visit.page
    page.locator("#e3 .bulk select").select_option("drop")
    press(page, "e")
    listed = tmp_path / "remove.txt"
    listed.write_bytes(saved(page, "#save-removals"))
    lines = listed.read_bytes().splitlines()
    assert b"train/cat/\xff\xfe.jpg" in lines
    assert b'"train/cat/two\\012lines.jpg"' in lines
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*arguments: str) -> bytes:
        return subprocess.run(("git", *arguments), cwd=repository, check=True, capture_output=True).stdout

    git("init", "-q")
    for finding in full_page.verdicts[2].measurement.findings:
        file = os.fsencode(repository) + b"/" + os.fsencode(finding.images[0])
        Path(os.fsdecode(file)).parent.mkdir(parents=True, exist_ok=True)
        Path(os.fsdecode(file)).touch()
    git("add", ".")
    git("rm", "-q", "--cached", f"--pathspec-from-file={listed}")
    assert git("ls-files") == b""


def test_a_decision_can_be_taken_back(visit: Visit) -> None:
    page = visit.page
    press(page, "n", "d", "a")
    sync_api.expect(page.locator("#decided")).to_have_text("2 of 12 decided")
    press(page, "u")
    sync_api.expect(page.locator("#decided")).to_have_text("1 of 12 decided")
    press(page, "u")
    sync_api.expect(page.locator("#decided")).to_have_text("0 of 12 decided")


def test_decisions_are_there_after_a_reload(visit: Visit) -> None:
    page = visit.page
    page.locator("#f3 [data-do=accept]").click()
    page.locator("#f3 .reason").fill("the same studio")
    page.locator("#f3 .reason").press("Enter")
    page.reload()
    sync_api.expect(page.locator("#decided")).to_have_text("1 of 12 decided")
    assert page.locator("#f3").get_attribute("data-decision") == "accept"
    assert page.locator("#f3 .reason").input_value() == "the same studio"


def test_a_section_is_decided_at_once_and_earlier_decisions_stay(visit: Visit) -> None:
    page = visit.page
    page.locator("#f2 [data-do=keep]").click()
    page.locator("#e2 .bulk select").select_option("accept")
    decided = page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.dataset.decision)")
    assert decided == ["keep", "accept", "accept"]


def test_keys_are_left_alone_while_somebody_types(visit: Visit) -> None:
    page = visit.page
    page.locator("#search").press_sequentially("dad")
    sync_api.expect(page.locator("#decided")).to_have_text("0 of 12 decided")
    assert page.locator("#search").input_value() == "dad"

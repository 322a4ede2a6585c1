from __future__ import annotations

import json
from dataclasses import replace

import pytest
from datasets import CLEAN, write_project

import fastdup_checks
from fastdup_checks.cli import main
from fastdup_checks.result import Result
from fastdup_checks.standing import stand

EXPECTATIONS = "broken_images\nduplicate_rate\nleak"


@pytest.fixture
def accepted(tmp_path):
    """A data.yml whose findings are all accepted: four entries, the last of which has lapsed."""
    config = write_project(tmp_path, EXPECTATIONS)
    arguments = ["baseline", str(config), "--accept", "--author", "Ada", "-q"]
    assert main([*arguments, "--only", "broken_images", "--only", "duplicate_rate", "--reason", "known <b>"]) == 0
    assert main([*arguments, "--only", "leak", "--reason", "old", "--expires", "2999-01-01"]) == 0
    file = config.with_name("fastdup-baseline.yml")
    file.write_text(file.read_text().replace("2999", "2020"))
    return config


def test_the_entry_behind_an_accepted_finding_is_found(accepted):
    result = fastdup_checks.check(accepted).result
    for verdict in result.verdicts[:2]:
        for finding in verdict.accepted:
            entry = result.standing.entry(verdict.expectation.check, finding)
            assert (entry.reason, entry.author) == ("known <b>", "Ada")
            assert entry.check == verdict.expectation.check
    assert result.standing.entry("leak", result.verdicts[2].measurement.findings[0]) is None


def test_without_entries_there_is_nothing_to_say(tmp_path):
    assert fastdup_checks.check(write_project(tmp_path, EXPECTATIONS)).result.standing is None


def test_nothing_is_called_stale_while_an_expectation_was_not_judged(accepted):
    write_project(accepted.parent, EXPECTATIONS, CLEAN)
    verdicts = fastdup_checks.check(accepted)
    result = verdicts.result
    assert {e.check for e in result.standing.stale} == {"broken_images", "duplicate_rate"}
    assert Result(result.analysis, verdicts[:2], baseline=result.baseline, whole=False).standing.stale == ()
    # One of two expectations on a check was skipped: the finding may be its.
    skipped = replace(verdicts[0], outcome="skipped")
    standing = stand(result.baseline, [*verdicts, skipped], result.analysis)
    assert {e.check for e in standing.stale} == {"duplicate_rate"}
    unmeasured = replace(verdicts[0], measurement=replace(verdicts[0].measurement, value=float("nan")))
    standing = stand(result.baseline, [unmeasured, *verdicts[1:]], result.analysis)
    assert {e.check for e in standing.stale} == {"duplicate_rate"}


def test_the_report_for_programs_carries_what_is_accepted_and_what_counts_no_longer(accepted):
    fastdup_checks.check(accepted)
    file = accepted.parent / "fastdup-report" / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    (finding,) = report["verdicts"][0]["accepted_findings"]
    assert finding["images"] == ["train/dog/broken.jpg"]
    assert (finding["reason"], finding["author"], finding["expires"]) == ("known <b>", "Ada", None)
    assert report["verdicts"][2]["accepted_findings"] == []
    assert report["baseline"]["stale"] == []
    (lapsed,) = report["baseline"]["lapsed"]
    assert (lapsed["check"], lapsed["expires"]) == ("leak", "2020-01-01")

    write_project(accepted.parent, EXPECTATIONS, CLEAN)
    fastdup_checks.check(accepted)
    report = json.loads(file.read_text(encoding="utf-8"))
    assert [entry["check"] for entry in report["baseline"]["stale"]] == ["broken_images", *["duplicate_rate"] * 2]
    assert report["baseline"]["stale"][0]["images"][0]["path"] == "train/dog/broken.jpg"
    assert report["baseline"]["entries"] == 4


def test_the_gallery_and_the_summary_tell_of_both(accepted):
    write_project(accepted.parent, EXPECTATIONS, {**CLEAN, "train/cat/again.png": CLEAN["train/cat/0.png"]})
    fastdup_checks.check(accepted)
    page = (accepted.parent / "fastdup-report" / "gallery.html").read_text(encoding="utf-8")
    assert '<p class="word">known &lt;b&gt; (Ada)</p>' in page
    table = page.split('id="gone"')[1].split("</table>")[0]
    rows = [row.split("<td>") for row in table.split("<tr>")[2:]]
    assert [(row[0].strip(), row[3].split("<")[0]) for row in rows] == [
        ('<th scope="row">leak</th>', "lapsed on 2020-01-01"),
        ('<th scope="row">broken_images</th>', "no longer occurs"),
        ('<th scope="row">duplicate_rate</th>', "no longer occurs"),
    ]
    summary = (accepted.parent / "fastdup-report" / "summary.md").read_text(encoding="utf-8")
    assert "1 entry has lapsed" in summary
    assert "2 entries no longer occur" in summary


def test_no_entry_is_stale_that_was_accepted_just_now(tmp_path, capsys):
    again = CLEAN["train/cat/0.png"]
    images = {**CLEAN, "train/cat/again.png": again, "train/dog/again.png": again, "test/cat/again.png": again}
    checks = ("duplicate_rate", "conflicting_labels")
    entries = "\n".join(f"{check}\n{check}: {{split: train}}" for check in checks)
    config = write_project(tmp_path, entries, images)
    assert main(["baseline", str(config), "--accept", "--reason", "known", "--author", "Ada", "-q"]) == 0
    assert main(["check", str(config), "-q"]) == 0
    assert "no longer occur" not in capsys.readouterr().out

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest
from datasets import CLEAN, PLANTED, encoded, write_project
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.baseline import Accepted, Baseline, Picture, Reached, pictures_of
from fastdup_checks.baseline_file import parse_baseline, read_baseline
from fastdup_checks.checks import CHECKS
from fastdup_checks.config import load_plan
from fastdup_checks.errors import ConfigError
from fastdup_checks.expectation import Bound, Expectation
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.judgement import evaluate, measurable
from fastdup_checks.ledger import accept, revise
from fastdup_checks.pipeline import analyse, check
from fastdup_checks.standing import stand
from fastdup_checks.verdict import judge

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
TODAY = dt.date(2026, 11, 22)


def entry(*sha256: str, check: str = "leak", expires: dt.date | None = None) -> Accepted:
    return Accepted(check, tuple(Picture(s) for s in sorted(sha256)), "reviewed", "ada", expires)


def accepts(baseline: Baseline, *sha256: str, check: str = "leak") -> bool:
    return baseline.share_out(check, [[Picture(s, "cat") for s in sha256]]) != [None]


def test_a_finding_is_accepted_by_content_in_any_order():
    baseline = Baseline(None, [entry(A, B)])
    assert accepts(baseline, B, A)
    assert not accepts(baseline, A, C)
    assert not accepts(baseline, A, B, check="duplicate_rate")


def test_a_group_that_has_shrunk_stays_accepted_and_one_that_has_grown_does_not():
    baseline = Baseline(None, [entry(A, B, C)])
    assert accepts(baseline, A, C)
    assert not accepts(Baseline(None, [entry(A, B)]), A, B, C)


def test_another_copy_of_an_accepted_content_is_new():
    baseline = Baseline(None, [entry(A, A)])
    assert accepts(baseline, A, A)
    assert not accepts(baseline, A, A, A)


def test_a_relabelled_image_is_no_longer_accepted_where_the_label_was_part_of_it():
    named = Accepted("label_consistency", (Picture(A, "cat"),), "a cat", "ada")
    baseline = Baseline(None, [named])
    assert baseline.share_out("label_consistency", [[Picture(A, "dog")], [Picture(A, "cat")]]) == [None, named]


def test_an_entry_accepts_one_finding_and_first_the_one_that_is_where_it_says():
    here, there = (Accepted("broken_images", (Picture(A, path=path),), "empty", "ada") for path in ("a", "b"))
    files = [[Picture(A, path=path)] for path in ("0", "a", "b")]
    shared = [entry and entry.pictures[0].path for entry in Baseline(None, [there]).share_out("broken_images", files)]
    assert shared == [None, None, "b"]
    assert Baseline(None, [here, there, there]).share_out("broken_images", files)[0] is None
    moved = Baseline(None, [here]).share_out("broken_images", files[:1])
    assert moved == [here]


def test_a_group_that_fell_in_two_stays_accepted():
    whole = Accepted("near_duplicate_rate", tuple(Picture(s) for s in (A, A, B, C)), "series", "ada")
    found = [[Picture(A), Picture(B)], [Picture(A), Picture(C)], [Picture(B), Picture(C)]]
    assert Baseline(None, [whole]).share_out("near_duplicate_rate", found) == [whole, whole, None]


def test_more_files_like_accepted_ones_are_new(tmp_path):
    config = write_project(tmp_path, "broken_images\nleak", {**CLEAN, "train/cat/a.png": b""})
    plan = load_plan(config)

    def judged(baseline=None):
        analysis = analyse(plan)
        return [evaluate(e, analysis, baseline) for e in plan.expectations], pictures_of(analysis)

    verdicts, pictures = judged()
    entries, _ = accept(verdicts, pictures, reason="ok", author="ada")
    for name in ("b", "c"):
        (tmp_path / f"images/train/cat/{name}.png").write_bytes(b"")
    verdicts, pictures = judged(Baseline(None, entries))
    assert [v.measurement.count for v in verdicts] == [2, 0]
    more, _ = accept(verdicts, pictures, reason="ok", author="ada")
    text = revise(revise("", add=entries), add=more)
    verdicts, _ = judged(parse_baseline(Path("x"), text.encode()))
    assert [(v.measurement.count, len(v.accepted)) for v in verdicts] == [(0, 3), (0, 0)]


def test_an_entry_counts_on_its_last_day_and_not_after():
    until = [entry(A, B, expires=TODAY)]
    assert accepts(Baseline(None, until, today=TODAY), A, B)
    after = Baseline(None, until, today=TODAY + dt.timedelta(1))
    assert not accepts(after, A, B)
    assert after.lapsed == tuple(until)


@given(st.integers(0, 8), st.integers(0, 8), st.sampled_from(["at_most", "at_least"]))
def test_what_is_accepted_leaves_the_count_and_nothing_else_does(accepted, new, direction):
    shas = [f"{i:064x}" for i in range(accepted + new)]
    findings = tuple(Finding((s,), 1.0, "") for s in shas)
    baseline = Baseline(None, [entry(s, check="x") for s in shas[:accepted]])
    population, bad = 20, accepted + new
    count = bad if direction == "at_most" else population - bad
    measurement = Measurement(count / population, "share", count, population, "images", findings)
    left, taken = baseline.waive(
        Expectation("x", "x", Bound(direction, 0), "share", None), measurement, {s: Picture(s) for s in shas}
    )
    assert taken == findings[:accepted]
    assert left.findings == findings[accepted:]
    assert left.count == (new if direction == "at_most" else population - new)
    assert left.value == left.count / population


def test_a_file_whose_bytes_could_not_be_read_is_never_accepted():
    measurement = Measurement(1, "images", 1, 2, "images", (Finding(("x.jpg",), 1.0, "no permission"),))
    baseline = Baseline(None, [entry(A, check="broken_images")])
    expectation = Expectation("broken_images", "broken_images", Bound("at_most", 0), "images", None)
    assert baseline.waive(expectation, measurement, {}) == (measurement, ())


def test_nothing_to_measure_stays_that_whatever_is_accepted():
    findings = tuple(Finding((s,), 0.9, "") for s in (A, B))
    measurement = Measurement(math.nan, "share", 8, 10, "labelled images", findings)
    expectation = Expectation("x", "x", Bound("at_least", 0.9), "share", None)
    baseline = Baseline(None, [entry(s, check="x") for s in (A, B)])
    left, taken = baseline.waive(expectation, measurement, {s: Picture(s) for s in (A, B)})
    assert (taken, left.findings, left.count) == (findings, (), 10)
    assert math.isnan(left.value)
    assert judge(expectation, left, taken).outcome == "failed"


@pytest.mark.parametrize(("stated", "reached", "counts"), [(0.05, 0.01, 0.01), (0.01, 0.05, 0.01)])
def test_a_value_once_reached_is_held_and_never_loosens_a_bound(stated, reached, counts):
    expectation = Expectation("x", "x", Bound("at_most", stated), "share", None)
    tight = Baseline(None, (), [Reached("x", Bound("at_most", reached))]).tighten(expectation)
    assert tight.bound == Bound("at_most", counts)


def test_the_weights_of_findings_make_up_the_count_of_every_check(tmp_path):
    """Otherwise accepting findings would not take an expectation to where it would be without them."""
    images = {
        **PLANTED,
        "train/cat/third.png": CLEAN["train/cat/0.png"],
        "train/dog/as_cat.png": CLEAN["test/cat/1.png"],
    }
    analysis = analyse(load_plan(write_project(tmp_path, "broken_images", images)))
    checks = [c for c in measurable(analysis) if c.unit != "statistic"]
    assert {"duplicate_rate", "leak", "broken_images", "conflicting_labels"} <= {c.name for c in checks}
    for measured in checks:
        found = CHECKS[measured.name].measure(analysis, measured.params())
        bad = found.count if measured.bound.direction == "at_most" else found.population - found.count
        assert sum(f.weight for f in found.findings) == bad, measured.name


def test_a_failing_dataset_passes_when_its_findings_are_accepted_and_fails_with_new_ones(tmp_path):
    config = write_project(tmp_path, "broken_images\nduplicate_rate\nleak")
    plan = load_plan(config)
    analysis = analyse(plan)
    pictures = pictures_of(analysis)
    entries, _ = accept([evaluate(e, analysis) for e in plan.expectations], pictures, reason="ok", author="ada")
    assert len(entries) == 4
    baseline = Baseline(tmp_path / "b.yml", entries)
    verdicts = [evaluate(e, analysis, baseline) for e in plan.expectations]
    assert [v.outcome for v in verdicts] == ["passed"] * 3
    assert [len(v.accepted) for v in verdicts] == [1, 2, 1]
    assert verdicts[2].message.endswith("; 1 accepted")
    assert stand(baseline, verdicts, analysis).stale == ()

    (tmp_path / "images/test/cat/new.png").write_bytes(encoded(CLEAN["train/cat/2.png"]))
    (tmp_path / "images/train/dog/broken.jpg").rename(tmp_path / "images/train/cat/moved.jpg")
    (tmp_path / "images/test/dog/leak.png").unlink()
    analysis = analyse(plan)
    verdicts = [evaluate(e, analysis, baseline) for e in plan.expectations]
    assert [v.outcome for v in verdicts] == ["passed", "failed", "failed"]
    assert [f.images[0] for f in verdicts[2].measurement.findings] == ["test/cat/new.png"]
    assert [e.check for e in stand(baseline, verdicts, analysis).stale] == ["duplicate_rate", "leak"]


def test_the_file_beside_the_configuration_is_used_unless_another_is_named(tmp_path):
    config = write_project(tmp_path, "broken_images")
    assert load_plan(config).baseline == tmp_path / "fastdup-baseline.yml"
    config.write_text(config.read_text() + "baseline: reviewed/ok.yml\n")
    assert load_plan(config).baseline == tmp_path / "reviewed" / "ok.yml"
    config.write_text(config.read_text().replace("reviewed/ok.yml", "none"))
    assert load_plan(config).baseline is None


def test_a_broken_baseline_stops_the_check(tmp_path):
    config = write_project(tmp_path, "broken_images")
    (tmp_path / "fastdup-baseline.yml").write_text("version: 1\naccepted: [{check: leek}]\n")
    with pytest.raises(ConfigError, match="fastdup-baseline.yml:2: unknown check 'leek'; did you mean 'leak'"):
        check(config)


def test_where_there_is_no_file_nothing_is_accepted(tmp_path):
    assert read_baseline(tmp_path / "none.yml").accepted == ()
    assert read_baseline(None).accepted == ()


GOOD = f"""\
version: 1
accepted:
  - {{check: leak, images: [{{sha256: {A}, path: "x.jpg"}}], reason: "a: b", author: Ada, expires: 2027-01-31}}
  - check: label_consistency
    images:
      - {{sha256: {B.upper()}, label: no}}
    reason: |
      several
      lines
    author: Bob
reached:
  - {{id: leak, at_most: 0}}
"""


def test_a_file_is_read_whole():
    baseline = parse_baseline(Path("b.yml"), GOOD.encode())
    assert [(e.check, e.reason, e.author, e.expires, e.line) for e in baseline.accepted] == [
        ("leak", "a: b", "Ada", dt.date(2027, 1, 31), 3),
        ("label_consistency", "several\nlines\n", "Bob", None, 4),
    ]
    assert baseline.accepted[1].pictures == (Picture(B, "no"),)
    assert baseline.reached == (Reached("leak", Bound("at_most", 0)),)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version: 1", "version: 2", "b.yml:1: a baseline begins with 'version: 1'"),
        ("check: leak, ", "", "b.yml:3: check is missing: which check is it?"),
        ('reason: "a: b", ', "", "b.yml:3: reason is missing: why is it accepted?"),
        ('reason: "a: b"', 'reason: " "', "b.yml:3: reason is missing: why is it accepted?"),
        ("author: Ada, ", "", "b.yml:3: author is missing: who accepts it?"),
        ("author: Ada", "auther: Ada", "b.yml:3: unknown key 'auther' in an accepted finding; did you mean 'author'?"),
        (A, A[1:], "b.yml:3: sha256 must be the 64 hexadecimal digits of the file's SHA-256"),
        ("2027-01-31", "soon", "b.yml:3: expires must be a day, written YYYY-MM-DD"),
        ("2027-01-31", "20270131", "b.yml:3: expires must be a day, written YYYY-MM-DD"),
        ("{id: leak, at_most: 0}", "{at_most: 0}", "b.yml:12: id is missing: which expectation is it?"),
        ("{id: leak, at_most: 0}", "{id: leak}", "b.yml:12: at_most or at_least is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old, new, problem):
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        parse_baseline(Path("b.yml"), GOOD.replace(old, new, 1).encode())
    assert problem in str(caught.value).splitlines()

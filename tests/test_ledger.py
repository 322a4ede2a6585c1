from __future__ import annotations

import datetime as dt
import math
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.baseline import Accepted, Picture, Reached
from fastdup_checks.baseline_file import parse_baseline
from fastdup_checks.expectation import Bound, Expectation
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.ledger import accept, reach, render, revise
from fastdup_checks.verdict import judge

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
SHA256 = st.integers(0, 2**256 - 1).map(lambda n: f"{n:064x}")
PICTURE = st.builds(Picture, SHA256, st.none() | TEXT, TEXT)
ENTRY = st.builds(
    Accepted,
    st.sampled_from(["leak", "duplicate_rate", "label_consistency"]),
    st.lists(PICTURE, min_size=1, max_size=3).map(
        lambda some: tuple(sorted(some, key=lambda p: (p.sha256, p.label or "")))
    ),
    TEXT,
    TEXT,
    st.none() | st.dates(),
)


def entry(letter: str, reason: str = "same studio", check: str = "leak") -> Accepted:
    return Accepted(check, (Picture(letter * 64, None, f"{letter}.jpg"),), reason, "ada")


def parse(text: str):
    return parse_baseline(Path("b.yml"), text.encode())


@given(st.lists(ENTRY, max_size=4))
def test_what_is_written_is_read_back(entries):
    read = parse(revise("", add=entries))
    # Of several about the same, the last one that counts.
    each = {e.name: e for e in sorted(entries, key=lambda e: not e.lapsed(dt.date.today()))}  # noqa: DTZ011
    assert list(read.accepted) == [each[name] for name in sorted(each)]


@given(ENTRY)
def test_an_entry_is_one_line(written):
    assert render(written).count("\n") == 1
    assert len(render(written).splitlines()) == 1


HEAD = "# our own header\nversion: 1\naccepted:\n"
BY_HAND_B = f"""\
  # checked with the studio
  - {{check: leak, images: [{{sha256: {"b" * 64}, path: b.jpg}}], reason: 'my words', author: me}}
"""
BY_HAND_D = f"""\
  - check: leak   # laid out by hand
    images: [{{sha256: {"d" * 64}}}]
    reason: >-
      folded
      words
    author: me
"""


def test_new_entries_take_their_place_and_the_rest_stays_as_people_wrote_it():
    revised = revise(HEAD + BY_HAND_B + BY_HAND_D, add=[entry("c"), entry("a"), entry("b", "other words")])
    assert revised == HEAD + render(entry("a")) + BY_HAND_B + render(entry("c")) + BY_HAND_D
    assert revise(revised) == revised


def test_dropped_entries_go_with_their_comments():
    text = revise("", add=[entry("a"), entry("b")]).replace(
        "  - {check: leak, images: [{sha256: bb", "  # why b\n  - {check: leak, images: [{sha256: bb"
    )
    assert "# why b" in text
    left = revise(text, drop=[entry("b")])
    assert "# why b" not in left
    assert [e.key for e in parse(left).accepted] == [entry("a").key]
    assert parse(revise(left, drop=[entry("a")])).accepted == ()


def test_an_acceptance_that_has_lapsed_can_be_renewed():
    lapsed = replace(entry("b"), expires=dt.date(2020, 1, 1))
    renewed = replace(lapsed, reason="still so", expires=dt.date(2999, 1, 1))
    text = revise("", add=[entry("a"), lapsed])
    assert parse(revise(text, add=[renewed])).accepted == (entry("a"), renewed)
    assert parse(revise(text, add=[renewed, replace(lapsed, reason="z")])).accepted == (entry("a"), renewed)
    assert revise(text, add=[replace(lapsed, reason="other words")]) == text


def test_to_drop_an_entry_leaves_its_renewal_and_others_of_its_content():
    lapsed = replace(entry("b"), expires=dt.date(2020, 1, 1))
    renewed = replace(lapsed, expires=dt.date(2999, 1, 1))
    elsewhere = replace(lapsed, pictures=(Picture("b" * 64, None, "elsewhere.jpg"),))
    text = revise("", add=[elsewhere]) + render(lapsed) + render(renewed)
    left = parse(revise(text, drop=[lapsed])).accepted
    assert [(e.pictures[0].path, e.expires) for e in left] == [
        ("b.jpg", renewed.expires),
        ("elsewhere.jpg", lapsed.expires),
    ]
    assert parse(revise(revise("", add=[lapsed]), add=[renewed], drop=[lapsed])).accepted == (renewed,)


def test_a_layout_that_lines_do_not_divide_keeps_every_reason():
    one_list = (
        "version: 1\naccepted: [" + ",".join(render(entry(x, f"words for {x}"))[4:].strip() for x in "ba") + "]\n"
    )
    revised = parse(revise(one_list, add=[entry("c")]))
    assert [e.reason for e in revised.accepted] == ["words for a", "words for b", "same studio"]
    dashes = (
        f"version: 1\naccepted:\n-\n  check: leak\n  images:\n  - sha256: {'b' * 64}\n  reason: kept\n  author: me\n"
    )
    assert [e.reason for e in parse(revise(dashes, add=[entry("a")])).accepted] == ["same studio", "kept"]


def test_an_empty_list_takes_entries():
    assert parse(revise("version: 1\naccepted: []\n", add=[entry("a")])).accepted == (entry("a"),)


def test_branches_that_accept_different_findings_merge_as_text(tmp_path):
    base = revise("", add=[entry("a"), entry("f")])
    ours = revise(base, add=[entry("b"), entry("c", "one more")])
    theirs = revise(base, add=[entry("d"), entry("c", "one more"), entry("e", check="duplicate_rate")])
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (tmp_path / name).write_text(text)
    merged = subprocess.run(
        ["git", "merge-file", "-p", "--union", "ours", "base", "theirs"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    wanted = [*(entry(x).key for x in "abcdf"), entry("e", check="duplicate_rate").key]
    assert sorted({e.key for e in parse(merged).accepted}) == sorted(wanted)
    assert [e.key for e in parse(revise(merged)).accepted] == sorted(wanted)


def verdict(check="leak", found=(("x.jpg",),), value=1.0, unit="images", **expectation):
    measurement = Measurement(value, unit, len(found), 10, "images", tuple(Finding(f, 1.0, "") for f in found))
    return judge(Expectation(check, check, Bound("at_most", 0), unit, None, **expectation), measurement)


PICTURES = {name: Picture(letter * 64, "cat", name) for letter, name in (("b", "x.jpg"), ("a", "y.jpg"))}


def test_unmet_expectations_are_accepted_finding_by_finding():
    unmet = verdict(found=[("x.jpg", "y.jpg"), ("y.jpg",)], severity="warn")
    entries, impossible = accept([unmet], PICTURES, reason="ok", author="ada", expires=dt.date(2027, 1, 1))
    assert impossible == 0
    assert [[p.path for p in e.pictures] for e in entries] == [["y.jpg"], ["y.jpg", "x.jpg"]]
    assert {(e.reason, e.author, str(e.expires)) for e in entries} == {("ok", "ada", "2027-01-01")}
    assert {p.label for e in entries for p in e.pictures} == {None}


def test_the_label_is_part_of_what_a_label_check_accepts():
    entries, _ = accept([verdict("conflicting_labels")], PICTURES, reason="ok", author="ada")
    assert entries[0].pictures[0].label == "cat"


@pytest.mark.parametrize("met", [verdict(value=0.0), verdict(xfail="known")])
def test_met_and_known_expectations_need_no_entries(met):
    assert accept([met], PICTURES, reason="ok", author="ada") == ([], 0)


def test_what_has_no_content_cannot_be_accepted():
    assert accept([verdict(found=[("gone.jpg",)])], PICTURES, reason="ok", author="ada") == ([], 1)
    assert accept([verdict("missing_class", found=[()])], PICTURES, reason="ok", author="ada") == ([], 1)
    assert accept([verdict(unit="statistic")], PICTURES, reason="ok", author="ada") == ([], 1)


def test_that_there_is_nothing_to_measure_cannot_be_accepted():
    unmeasured = verdict("label_consistency", found=[("x.jpg",), ("y.jpg",)], value=math.nan, unit="share")
    assert unmeasured.outcome == "failed"
    assert accept([unmeasured], PICTURES, reason="ok", author="ada") == ([], 1)


@given(st.integers(0, 1000), st.integers(1, 1000), st.sampled_from(["at_most", "at_least"]))
def test_a_value_reached_holds_for_itself_and_survives_the_file(count, population, direction):
    value = count / population
    expectation = Expectation("x-train", "x", Bound(direction, 1.0 if direction == "at_most" else 0.0), "share", None)
    (mark,) = reach([judge(expectation, Measurement(min(value, 1.0), "share", count, population, "images"))])
    assert mark.bound.holds(min(value, 1.0))
    assert abs(mark.bound.value - min(value, 1.0)) < 1e-5
    assert parse(revise("", reached=[mark])).reached == (mark,)


def test_a_value_reached_only_ever_gets_stricter():
    def text(old, new):
        return revise(
            revise("", reached=[Reached("x", Bound("at_most", old))]), reached=[Reached("x", Bound("at_most", new))]
        )

    assert parse(text(0.3, 0.2)).reached[0].bound.value == 0.2
    assert parse(text(0.2, 0.3)).reached[0].bound.value == 0.2

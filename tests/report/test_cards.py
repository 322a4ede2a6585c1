from __future__ import annotations

import pytest
from studio import verdict

from fastdup_checks.findings import Finding
from fastdup_checks.report.album import Album
from fastdup_checks.report.cards import Card, Tile, deal, lay_out
from fastdup_checks.report.page import Facts


def card(finding: Finding, *, most: int = 12, readable: bool = True) -> Card:
    facts = Facts("train", "cat", 64 if readable else 0, 48 if readable else 0, "")
    return lay_out(finding, Album(lambda _: facts, lambda _: None, 0), most)


@pytest.mark.parametrize(
    ("finding", "kind"),
    [
        (Finding(("a", "b"), 1, "mirror"), "set"),
        (Finding(("a",), 1, "dark"), "single"),
        (Finding(("a",), 1, "far", (("nearest", "b"),)), "beside"),
        (Finding(("a",), 1, "", (("suggested", "dog"), ("neighbour", "b"))), "label"),
        (Finding(("a",), 1, "", (("suggested", ""),)), "label"),
    ],
)
def test_the_evidence_decides_what_stands_side_by_side(finding: Finding, kind: str) -> None:
    assert card(finding).kind == kind


def test_a_file_that_cannot_be_read_is_a_row_without_pictures() -> None:
    shown = card(Finding(("a",), 1, "empty"), readable=False)
    assert (shown.kind, shown.tiles, shown.note) == ("row", (), "empty")


def test_companions_are_shown_and_are_no_members() -> None:
    shown = card(Finding(("a",), 1, "far", (("nearest", "b"),)))
    assert [(tile.entry.path, tile.role) for tile in shown.tiles] == [("a", ""), ("b", "nearest")]
    assert shown.members == (0,)
    assert shown.hidden == 0


def test_several_companions_are_counted_in_the_evidence_and_not_on_the_card() -> None:
    shown = card(Finding(("a",), 1, "", (("suggested", "dog"), ("neighbour 1", "b"), ("neighbour 2", "c"))))
    assert [(tile.entry.path, tile.role) for tile in shown.tiles[1:]] == [("b", "neighbour"), ("c", "neighbour")]
    assert shown.facts == ()


@pytest.mark.parametrize(
    ("path", "facts", "said"),
    [
        ("train/cat/a.jpg", Facts("train", "cat", 4, 3), ("train", "cat", "4\N{MULTIPLICATION SIGN}3")),
        ("train/x/a.jpg", Facts("train", None, 4, 3), ("train/x/", "4\N{MULTIPLICATION SIGN}3")),
        ("a.jpg", Facts("train", None), ("train",)),
        ("a.jpg", Facts(None, "cat"), ("cat",)),
        ("a.jpg", Facts(), ()),
    ],
)
def test_a_picture_says_where_it_belongs(path: str, facts: Facts, said: tuple[str, ...]) -> None:
    album = Album(lambda _: facts, lambda _: None, 0)
    assert Tile(album.entry(path)).facts == said


def test_a_pair_keeps_its_order_whichever_is_kept() -> None:
    shown = card(Finding(("a", "b"), 1, "mirror", (("keep", "b"),)))
    assert [(tile.entry.path, tile.role) for tile in shown.tiles] == [("a", ""), ("b", "keep")]
    assert shown.keep == 1


def test_evidence_that_the_score_repeats_names_the_score() -> None:
    shown = card(Finding(("a",), 0.93, "", (("chance", 0.93), ("vote", 7))))
    assert (shown.score_name, shown.score) == ("chance", "0.930")
    counted = card(Finding(("a", "b"), 2.0, "labelled cat and dog", (("labels", 2),)))
    assert (counted.score_name, counted.score) == ("labels", "2")
    assert shown.facts == (("vote", "7"),)


def test_findings_are_dealt_in_turns_and_not_beyond_the_limit() -> None:
    finding = Finding(("a",), 1, "")
    verdicts = [verdict("x", [finding] * 3), verdict("y", []), verdict("z", [finding])]
    assert deal(verdicts, 2) == [(0, 0), (2, 0), (0, 1)]
    assert deal([], 2) == []

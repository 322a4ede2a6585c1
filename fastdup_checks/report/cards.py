"""Findings as cards: which pictures stand side by side, what is marked, what is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_checks.findings import Finding
    from fastdup_checks.report.album import Album, Entry
    from fastdup_checks.verdict import Verdict

__all__ = ("Card", "Kind", "Tile", "deal", "lay_out")

Kind = Literal["set", "label", "beside", "single", "row"]
"""`set`: two or more images of equal standing; `label`: an image with its given and its suggested class; `beside`: an
image with others for comparison; `single`: an image; `row`: a file without a picture, a line of a table."""

COMPANIONS = frozenset({"nearest", "neighbour"})
"""Evidence that names another image, to be shown beside the finding; several are counted: "neighbour 2"."""
_SAID = frozenset({"keep", "edit", "suggested", "reason", "label", "in", "also in"})
"""Evidence that has a place of its own on the card: on a picture, beside the arrow, or among the facts of a picture."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture on a card."""

    entry: Entry
    role: str = ""
    """Why it stands there, where that is not plain: "keep", "nearest"."""

    @property
    def facts(self) -> tuple[str, ...]:
        """Split, class and size, as far as they are known; where there is no class, the folder says the most."""
        known = self.entry.facts
        place = (known.split, known.label) if known.label else (self.entry.folder or known.split,)
        size = f"{known.width}\N{MULTIPLICATION SIGN}{known.height}" if known.width else ""
        return tuple(printable(text) for text in (*place, size) if text)


@dataclass(frozen=True, slots=True)
class Card:
    """One finding, ready to be shown."""

    kind: Kind
    entry: Entry
    """The image to look at first."""
    tiles: tuple[Tile, ...]
    members: tuple[int, ...]
    """Numbers of all images of the finding, shown or not; companions are no members."""
    keep: int | None
    """The number of the member that a clean dataset would keep; None where the check names none."""
    note: str
    score: str
    score_name: str
    """The evidence that the score repeats ("similarity"), or empty."""
    given: str
    suggested: str
    """The class that it looks like; empty where it looks like none, and for other kinds."""
    facts: tuple[tuple[str, str], ...]

    @property
    def hidden(self) -> int:
        """How many members are not shown."""
        return len(self.members) - sum(tile.entry.number in self.members for tile in self.tiles)


def deal(verdicts: Sequence[Verdict], most: int) -> list[tuple[int, int]]:
    """The order in which findings take their share of the page: the worst of each expectation, then the second, ...

    Args:
        verdicts: Their findings come worst first.
        most: At most so many findings of one expectation.

    Returns:
        Pairs (index of the verdict, index of the finding).
    """
    longest = max((len(verdict.measurement.findings) for verdict in verdicts), default=0)
    return [
        (number, rank)
        for rank in range(min(longest, most))
        for number, verdict in enumerate(verdicts)
        if rank < len(verdict.measurement.findings)
    ]


def lay_out(finding: Finding, album: Album, most: int) -> Card:
    """Make the card of a finding, and ask for its pictures.

    Args:
        finding: What to show.
        album: Registers the images.
        most: At most so many pictures.
    """
    said = {name: str(value) for name, value in finding.evidence if name in _SAID}
    others = [(_kind(name), str(value)) for name, value in finding.evidence if _kind(name) in COMPANIONS]
    entries = [album.entry(path) for path in finding.images]
    kind: Kind = (
        "row" if len(entries) == 1 and entries[0].unreadable else
        "label" if "suggested" in said else
        "set" if len(finding.images) > 1 else
        "beside" if others else
        "single"
    )  # fmt: skip
    keep = next((entry.number for entry in entries if entry.path == said.get("keep")), None)
    # The kept one stands in front of its copies, and so is never among those that are not shown.
    shown = sorted(entries, key=lambda entry: entry.number != keep) if len(entries) > 2 else entries
    tiles = [Tile(entry, "keep" if entry.number == keep else "") for entry in shown[:most] if kind != "row"]
    tiles += [Tile(album.entry(path), name) for name, path in others[: most - len(tiles)]]
    for tile in tiles:
        album.want(tile.entry.path)
    facts = [(printable(name), value) for name, value in finding.evidence if _kind(name) not in _SAID | COMPANIONS]
    score_name = next((name for name, value in facts if value == finding.score), "")
    note = said.get("reason") or said.get("edit") or finding.note
    return Card(
        kind=kind,
        entry=entries[0],
        tiles=tuple(tiles),
        members=tuple(entry.number for entry in entries),
        keep=keep,
        note=printable(note),
        score=_number(next((value for name, value in facts if name == score_name), finding.score)),
        score_name=score_name,
        given=printable(entries[0].facts.label or "no label") if kind == "label" else "",
        suggested=printable(said.get("suggested", "")),
        facts=tuple((name, _number(value)) for name, value in facts if name != score_name),
    )


def _kind(name: str) -> str:
    return name.rstrip("0123456789").rstrip()


def _number(value: str | float) -> str:
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, int) else f"{value:.3f}" if 0.001 <= abs(value) < 10 else f"{value:.4g}"

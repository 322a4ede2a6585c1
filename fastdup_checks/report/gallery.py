"""A run as one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from fastdup_checks.checks import CHECKS
from fastdup_checks.records import printable
from fastdup_checks.report.album import Album
from fastdup_checks.report.cards import Tile, deal, lay_out
from fastdup_checks.report.charts import balance, histogram
from fastdup_checks.report.mapping import pack_map
from fastdup_checks.report.sections import ACCEPTED, PORTION, gone_entries, make_sections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from fastdup_checks.report.album import Entry
    from fastdup_checks.report.cards import Card
    from fastdup_checks.report.page import Page
    from fastdup_checks.report.sections import Section

__all__ = ("render_gallery",)

SCRIPTS = ("gallery.js", "compare.js", "review.js", "export.js", "map.js")
"""In this order, each builds on those before it."""
_ORDER = ("failed", "warned", "xfailed", "passed", "measured", "skipped")


def render_gallery(page: Page) -> str:
    """Write the page of a run.

    The same page gives the same text, byte for byte. The file needs nothing but itself: pictures, style and script are
    inside, and a content security policy forbids every request.

    Args:
        page: What to show.

    Returns:
        A complete HTML document without surrogates; encode it as UTF-8.
    """
    album = Album(page.facts, page.thumbnail, page.budget.picture_bytes, page.smaller)
    cards: list[list[Card]] = [[] for _ in page.verdicts]
    for number, rank in deal(page.verdicts, page.budget.findings):
        finding = page.verdicts[number].measurement.findings[rank]
        if finding.images:
            cards[number].append(lay_out(finding, album, page.budget.group))
    # After all that is to be decided, so that accepted findings take no pictures from it.
    accepted = [
        [lay_out(finding, album, page.budget.group) for finding in verdict.accepted[:ACCEPTED]]
        for verdict in page.verdicts
    ]
    sections = make_sections(page, cards, accepted)
    album.settle()
    complete = album.complete
    shelves = [(shelf, [Tile(album.entry(path)) for path in shelf.paths]) for shelf in page.families]
    for _, tiles in shelves:
        for tile in tiles:
            album.take(tile.entry.path)
    data = _data(page, album, sections)
    style = _resource("gallery.css")
    first = {tile.entry.path for section in sections for card in section.at_once for tile in card.tiles}
    first |= {tile.entry.path for _, tiles in shelves for tile in tiles}
    pictures, later = album.stylesheets(first)
    later = f"\n{later}"
    scripts = [_resource(name) for name in SCRIPTS]
    outcomes = [verdict.outcome for verdict in page.verdicts]
    return _template().render(
        page=page,
        title=printable(page.dataset),
        root=printable(page.root),
        about=[(printable(name), printable(value)) for name, value in page.about],
        policy=_policy([style, pictures, later], scripts),
        style=Markup(style),  # noqa: S704 - our own file
        pictures=Markup(pictures),  # noqa: S704 - digits and base64
        later=Markup(later),  # noqa: S704 - digits and base64
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
        data=Markup(_json(data)),  # noqa: S704 - escaped by _json
        outcomes=[(name, outcomes.count(name)) for name in _ORDER if name in outcomes],
        sections=sections,
        judged=any(section.bound for section in sections),
        histograms=[drawn for drawn in map(histogram, page.distributions) if drawn],
        balance=balance(page.tallies),
        classes=len({tally.label for tally in page.tallies if tally.label is not None}),
        splits=_splits(page),
        gone=gone_entries(page),
        complete=complete,
        picture=album.picture,
        shelves=shelves,
        mapped=data["map"] is not None,
        left_out=data["map"]["left_out"] if data["map"] else 0,
    )


def _splits(page: Page) -> list[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for tally in page.tallies:
        if tally.split is not None:
            sizes[tally.split] = sizes.get(tally.split, 0) + tally.images
    return [(printable(split), images) for split, images in sizes.items()]


def _data(page: Page, album: Album, sections: Sequence[Section]) -> dict[str, Any]:
    """What the script needs to know and the text of the page does not say."""
    named = {number for section in sections for _, card in section.cards for number in card.members}
    offenders = {entry.path for entry in album.entries if entry.number in named}
    packed = pack_map(page.map, album, offenders, page.budget) if page.map is not None else None
    return {
        "dataset": printable(page.dataset),
        "originals": page.originals,
        "portion": PORTION,
        "images": [_image(entry, album, decidable=entry.number in named) for entry in album.entries],
        "sections": [
            [section.id, check := section.verdict.expectation.check, _labelled(check)] for section in sections
        ],
        "findings": [
            [
                number,
                card.kind,
                card.members,
                card.keep,
                [tile.entry.number for tile in card.tiles],
                card.suggested,
                card.note,
            ]
            for number, section in enumerate(sections)
            for _, card in section.cards
        ],
        "map": packed,
    }


def _labelled(check: str) -> bool:
    """Whether a finding of the check is about labels, so that accepting it accepts them."""
    return check in CHECKS and "labels" in CHECKS[check].needs


def _image(entry: Entry, album: Album, *, decidable: bool) -> list[str | int]:
    picture = album.picture(entry.path)
    facts = entry.facts
    return [
        entry.path,
        printable(facts.split or ""),
        printable(facts.label or ""),
        -1 if picture is None else picture,
        # Decisions are keyed by content; other images of the map cannot be decided on.
        facts.sha256 if decidable else "",
        *([] if entry.shown == entry.path else [entry.shown]),
    ]


def _json(data: dict[str, Any]) -> str:
    r"""JSON that cannot end its own script element; undecodable bytes of paths stay lone `\udcxx`."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """A content security policy that lets exactly these texts run, and nothing be requested from anywhere."""

    def hashes(texts: Sequence[str]) -> str:
        digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    return (
        f"default-src 'none'; img-src data:; style-src {hashes(styles)}; script-src {hashes(scripts)}; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    return environment.from_string(_resource("template.html"))

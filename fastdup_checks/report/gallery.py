"""A run as one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from fastdup_checks.checks import CHECKS
from fastdup_checks.records import printable
from fastdup_checks.report.album import Album
from fastdup_checks.report.cards import Tile, deal, lay_out
from fastdup_checks.report.charts import balance, bullet, histogram
from fastdup_checks.report.mapping import pack_map
from fastdup_checks.verdict import format_bound, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from fastdup_checks.baseline import Accepted
    from fastdup_checks.report.album import Entry
    from fastdup_checks.report.cards import Card
    from fastdup_checks.report.charts import Bullet
    from fastdup_checks.report.page import Page
    from fastdup_checks.verdict import Verdict

__all__ = ("render_gallery",)

SCRIPTS = ("gallery.js", "compare.js", "review.js", "export.js", "map.js")
"""In this order, each builds on those before it."""
ACCEPTED = 60
"""At most so many accepted findings of an expectation are shown."""
_ORDER = ("failed", "warned", "xfailed", "passed", "measured", "skipped")


@dataclass(frozen=True, slots=True)
class _Section:
    """One verdict, ready to be shown."""

    anchor: str
    verdict: Verdict
    id: str
    value: str
    bound: str
    remark: str
    known: str
    """What there is to say of a known failure, or empty."""
    skip: str
    """Why it was not judged, or empty."""
    bullet: Bullet | None
    cards: tuple[tuple[int, Card], ...]
    """With the number of each card, which counts through the page."""
    layout: str
    """How wide the columns of `cards` are."""
    accepted: tuple[tuple[Card, str], ...]
    """What the baseline accepts, to be looked at and not to be decided, with why and by whom it is accepted."""
    accepted_layout: str
    plain: tuple[str, ...]
    """Findings without an image: a class that is not there."""
    more: int
    table: str

    @property
    def findings(self) -> int:
        return len(self.verdict.measurement.findings)


def render_gallery(page: Page) -> str:
    """Write the page of a run.

    The same page gives the same text, byte for byte. The file needs nothing but itself: pictures, style and script are
    inside, and a content security policy forbids every request.

    Args:
        page: What to show.

    Returns:
        A complete HTML document without surrogates; encode it as UTF-8.
    """
    album = Album(page.facts, page.thumbnail, page.budget.picture_bytes)
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
    sections = _sections(page, cards, accepted)
    album.settle()
    complete = album.complete
    shelves = [(shelf, [Tile(album.entry(path)) for path in shelf.paths]) for shelf in page.families]
    for _, tiles in shelves:
        for tile in tiles:
            album.take(tile.entry.path)
    data = _data(page, album, sections)
    style = _resource("gallery.css")
    pictures = album.stylesheet()
    scripts = [_resource(name) for name in SCRIPTS]
    outcomes = [verdict.outcome for verdict in page.verdicts]
    return _template().render(
        page=page,
        title=printable(page.dataset),
        root=printable(page.root),
        about=[(printable(name), printable(value)) for name, value in page.about],
        policy=_policy([style, pictures], scripts),
        style=Markup(style),  # noqa: S704 - our own file
        pictures=Markup(pictures),  # noqa: S704 - digits and base64
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
        data=Markup(_json(data)),  # noqa: S704 - escaped by _json
        outcomes=[(name, outcomes.count(name)) for name in _ORDER if name in outcomes],
        sections=sections,
        judged=any(section.bound for section in sections),
        histograms=[drawn for drawn in map(histogram, page.distributions) if drawn],
        balance=balance(page.tallies),
        classes=len({tally.label for tally in page.tallies if tally.label is not None}),
        splits=_splits(page),
        gone=_gone(page),
        complete=complete,
        picture=album.picture,
        shelves=shelves,
        mapped=data["map"] is not None,
        left_out=data["map"]["left_out"] if data["map"] else 0,
    )


def _sections(page: Page, cards: Sequence[Sequence[Card]], accepted: Sequence[Sequence[Card]]) -> list[_Section]:
    sections = []
    count = 0
    for number, (verdict, own) in enumerate(zip(page.verdicts, cards, strict=True)):
        measurement, bound = verdict.measurement, verdict.expectation.bound
        plain = tuple(
            printable(finding.note) for finding in measurement.findings[: page.budget.findings] if not finding.images
        )
        skip = (verdict.expectation.skip or "no reason given") if verdict.outcome == "skipped" else ""
        sections.append(
            _Section(
                anchor=f"e{number + 1}",
                verdict=verdict,
                id=printable(verdict.expectation.id),
                value="" if skip else format_value(measurement.value, measurement.unit),
                bound=format_bound(bound, measurement.unit) if bound is not None else "",
                remark=printable(measurement.remark),
                known=_known(verdict),
                skip=printable(skip),
                bullet=bullet(verdict),
                cards=tuple(enumerate(own, start=count)),
                layout=_layout(own),
                accepted=tuple(zip(accepted[number], _words(page, verdict), strict=True)),
                accepted_layout=_layout(accepted[number]),
                plain=plain,
                more=len(measurement.findings) - len(own) - len(plain),
                table=printable(page.tables.get(verdict.expectation.check, "report.json")),
            )
        )
        count += len(own)
    return sections


def _layout(cards: Sequence[Card]) -> str:
    """The columns: "narrow" for single pictures, "broad" where most cards hold three or four."""
    sizes = [len(card.tiles) for card in cards]
    if max(sizes, default=0) < 2:
        return "narrow"
    return "broad" if 2 * sum(2 < size < 5 for size in sizes) > len(sizes) else ""


def _known(verdict: Verdict) -> str:
    reason = verdict.expectation.xfail
    if reason is None:
        return ""
    said = "known to fail" if verdict.outcome == "xfailed" else "no longer fails, so remove its xfail"
    return f"{said}: {printable(reason)}"


def _words(page: Page, verdict: Verdict) -> list[str]:
    """Of every accepted finding that is shown, why and by whom it is accepted."""
    found = []
    for finding in verdict.accepted[:ACCEPTED]:
        entry = page.standing.entry(verdict.expectation.check, finding) if page.standing else None
        found.append(_word(entry) if entry else "")
    return found


def _word(entry: Accepted) -> str:
    until = f", until {entry.expires}" if entry.expires else ""
    return printable(f"{' '.join(entry.reason.split())} ({entry.author}{until})")


def _gone(page: Page) -> list[tuple[str, str, str, str]]:
    """Entries of the baseline that count no longer: what became of them, check, images, and their words."""
    if page.standing is None:
        return []
    stale = [("no longer occurs", entry) for entry in page.standing.stale]
    lapsed = [(f"lapsed on {entry.expires}", entry) for entry in page.standing.lapsed]
    return [
        (why, entry.check, ", ".join(printable(p.path) or p.sha256[:12] for p in entry.pictures), _word(entry))
        for why, entry in [*lapsed, *stale]
    ]


def _splits(page: Page) -> list[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for tally in page.tallies:
        if tally.split is not None:
            sizes[tally.split] = sizes.get(tally.split, 0) + tally.images
    return [(printable(split), images) for split, images in sizes.items()]


def _data(page: Page, album: Album, sections: Sequence[_Section]) -> dict[str, Any]:
    """What the script needs to know and the text of the page does not say."""
    named = {number for section in sections for _, card in section.cards for number in card.members}
    offenders = {entry.path for entry in album.entries if entry.number in named}
    packed = pack_map(page.map, album, offenders, page.budget) if page.map is not None else None
    return {
        "dataset": printable(page.dataset),
        "originals": page.originals,
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
                *([card.suggested] if card.suggested else []),
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

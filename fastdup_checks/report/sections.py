"""Verdicts and the cards of their findings -> the sections of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.checks import CHECKS
from fastdup_checks.records import printable
from fastdup_checks.report.charts import bullet
from fastdup_checks.verdict import format_bound, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_checks.baseline import Accepted
    from fastdup_checks.report.cards import Card
    from fastdup_checks.report.charts import Bullet
    from fastdup_checks.report.page import Page
    from fastdup_checks.verdict import Verdict

__all__ = ("ACCEPTED", "PORTION", "Section", "gone_entries", "make_sections")

ACCEPTED = 60
"""At most so many accepted findings of an expectation are shown."""
PORTION = 60
"""So many cards of a section are there when the page opens. A browser with scripts on takes the portions that follow
for text until somebody wants to see them, so that thousands of findings cost nothing; one without shows them all."""


@dataclass(frozen=True, slots=True)
class Section:
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
    def portions(self) -> list[tuple[tuple[int, Card], ...]]:
        """The cards, so many at a time."""
        return [self.cards[start : start + PORTION] for start in range(0, len(self.cards), PORTION)]

    @property
    def at_once(self) -> list[Card]:
        """The cards that are there when the page opens."""
        return [*(card for _, card in self.cards[:PORTION]), *(card for card, _ in self.accepted)]

    @property
    def meaning(self) -> tuple[str, ...]:
        """What the check measures and what to do about it, in paragraphs."""
        check = CHECKS.get(self.verdict.expectation.check)
        return tuple(" ".join(text.replace("`", "").split()) for text in check.doc.split("\n\n")) if check else ()

    @property
    def findings(self) -> int:
        """How many there are, shown or not."""
        return len(self.verdict.measurement.findings)


def make_sections(page: Page, cards: Sequence[Sequence[Card]], accepted: Sequence[Sequence[Card]]) -> list[Section]:
    """One section for each verdict of a page.

    Args:
        page: with the verdicts.
        cards: of their findings, in the order of the verdicts.
        accepted: those of what the baseline accepts, likewise.
    """
    sections = []
    count = 0
    for number, (verdict, own) in enumerate(zip(page.verdicts, cards, strict=True)):
        measurement, bound = verdict.measurement, verdict.expectation.bound
        plain = tuple(
            printable(finding.note) for finding in measurement.findings[: page.budget.findings] if not finding.images
        )
        skip = (verdict.expectation.skip or "no reason given") if verdict.outcome == "skipped" else ""
        sections.append(
            Section(
                anchor=f"e{number + 1}",
                verdict=verdict,
                id=printable(verdict.expectation.id),
                value=""
                if skip
                else format_value(measurement.value, measurement.unit, beside=bound.value if bound else None),
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


def gone_entries(page: Page) -> list[tuple[str, str, str, str]]:
    """Entries of the baseline that count no longer: what became of them, check, images, and their words."""
    if page.standing is None:
        return []
    stale = [("no longer occurs", entry) for entry in page.standing.stale]
    lapsed = [(f"lapsed on {entry.expires}", entry) for entry in page.standing.lapsed]
    return [
        (why, entry.check, ", ".join(printable(p.path) or p.sha256[:12] for p in entry.pictures), _word(entry))
        for why, entry in [*lapsed, *stale]
    ]

"""A run as Markdown: for the summary page of a CI job, or a comment on a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastdup_checks.records import printable
from fastdup_checks.verdict import format_bound, format_value, headline

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis
    from fastdup_checks.findings import Finding
    from fastdup_checks.result import Result
    from fastdup_checks.verdict import Verdict

__all__ = ("render_markdown",)

_MOST_FINDINGS = 5
_MOST_IMAGES = 4
_MARKUP = re.compile(r"(?![^\W_]|[ ./,;()%+=-]|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])).", re.DOTALL)
"""All but letters, digits, harmless signs, and a low line within a word."""


def render_markdown(result: Result) -> str:
    """A headline, figures of the dataset, a table of verdicts, and the worst findings of those that were not met.

    Entries of the baseline that count no longer are told at the end.
    """
    analysis, verdicts = result.analysis, result.verdicts
    lines = [f"## fastdup-checks: {headline(verdicts)}", "", _dataset(analysis), ""]
    lines += ["| outcome | expectation | measured | bound | of |", "|---|---|---|---|---|"]
    lines += [_row(verdict) for verdict in verdicts]
    for verdict in verdicts:
        if verdict.outcome in {"failed", "warned"} and verdict.measurement.findings:
            lines += ["", *_details(verdict)]
    for remark in result.standing.remarks() if result.standing else ():
        lines += ["", _escape(remark)]
    return "\n".join(lines) + "\n"


def _dataset(analysis: Analysis) -> str:
    scan = analysis.scan
    sizes = {name: sum(record.split == name for record in analysis.images) for name in scan.dataset.splits}
    splits = ", ".join(f"{_escape(name)} {size}" for name, size in sizes.items())
    broken = f", {len(scan.broken)} of them unreadable" if scan.broken else ""
    outside = f"; {scan.dataset.outside} outside the splits, not looked at" if scan.dataset.outside else ""
    return f"{scan.size} images{broken}{f' ({splits})' if splits else ''}{outside}"


def _row(verdict: Verdict) -> str:
    measurement, bound = verdict.measurement, verdict.expectation.bound
    outcome = f"**{verdict.outcome}**" if verdict.outcome in {"failed", "warned"} else verdict.outcome
    if verdict.outcome == "skipped":
        return f"| {outcome} | {_escape(verdict.expectation.id)} |  |  | {_escape(verdict.expectation.skip or '')} |"
    cells = [
        outcome,
        _escape(verdict.expectation.id),
        format_value(measurement.value, measurement.unit, beside=bound.value if bound else None),
        "" if bound is None else format_bound(bound, measurement.unit),
        f"{measurement.population} {_escape(measurement.counted)}",
    ]
    if verdict.accepted:
        cells[2] += f", {len(verdict.accepted)} accepted"
    return f"| {' | '.join(cells)} |"


def _details(verdict: Verdict) -> list[str]:
    findings = verdict.measurement.findings
    lines = ["<details>", f"<summary>{_escape(verdict.expectation.id)}: the worst of {len(findings)}</summary>", ""]
    lines += [_finding(finding) for finding in findings[:_MOST_FINDINGS]]
    return [*lines, "", "</details>"]


def _finding(finding: Finding) -> str:
    names = ", ".join(f"<code>{_escape(path)}</code>" for path in finding.images[:_MOST_IMAGES])
    more = f" and {len(finding.images) - _MOST_IMAGES} more" if len(finding.images) > _MOST_IMAGES else ""
    return f"- {names}{more}{f': {_escape(finding.note)}' if finding.note else ''}"


def _escape(text: str) -> str:
    """The text as it is: file names may hold markup, mentions, links and ends of cells."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", printable(text))

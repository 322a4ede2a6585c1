"""What the plugin writes on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_checks.ci import harmless
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pytest

__all__ = ("findings_section", "write_summary")

_COLOURS: dict[str, dict[str, bool]] = {
    "passed": {"green": True},
    "failed": {"red": True},
    "warned": {"yellow": True},
    "xfailed": {"yellow": True},
}


def findings_section(verdict: Mapping[str, Any], gallery: str | None) -> str:
    """The worst findings of a verdict, a line each, and where to see all of them, if there is such a place."""
    lines = [finding_line(f["images"], f["score"], f["note"]) for f in verdict["findings"]]
    more = verdict["findings_total"] - len(lines)
    if more:
        lines.append(f"... and {more} more")
    if gallery is not None:
        lines.append(f"gallery: {gallery}")
    return "\n".join(lines)


def finding_line(images: Sequence[str], score: float, note: str) -> str:
    """A finding on one line."""
    return harmless(f"{score:.4f}  {'  '.join(map(printable, images))}{'  ' if note else ''}{printable(note)}")


def write_summary(
    reporter: pytest.TerminalReporter,
    verdicts: Sequence[Mapping[str, Any]],
    galleries: Sequence[Path],
    remarks: Sequence[str],
    unwritten: Sequence[str],
) -> None:
    """A table of verdicts, remarks, and the galleries; no table of a quiet run where all is well."""
    if not verdicts and not unwritten:
        return
    if reporter.config.get_verbosity() >= 0 or any(v["outcome"] == "failed" for v in verdicts):
        reporter.write_sep("-", "fastdup-checks")
        for verdict in verdicts:
            reporter.write(f"{verdict['outcome']:<8}", **_COLOURS.get(verdict["outcome"], {}))
            reporter.write_line(f" {harmless(printable(verdict['message']))}")
    for line in remarks:
        reporter.write_line(harmless(printable(line)), yellow=True)
    for line in unwritten:
        reporter.write_line(harmless(printable(line)), red=True)
    for gallery in galleries:
        reporter.write_line(f"gallery: {gallery.as_uri()}")

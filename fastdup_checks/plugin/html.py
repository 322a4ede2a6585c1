"""Pictures in the report of pytest-html, where that plugin is at work."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from fastdup_checks.records import printable

if TYPE_CHECKING:
    import pytest

    from fastdup_checks.plugin.run import Run
    from fastdup_checks.verdict import Verdict

__all__ = ("attach_pictures",)

_MOST_PICTURES = 4


def attach_pictures(report: pytest.TestReport, verdict: Verdict, run: Run) -> None:
    """Add the pictures of the worst findings to a report; plain values, since reports travel between processes."""
    paths = dict.fromkeys(path for finding in verdict.measurement.findings[:_MOST_PICTURES] for path in finding.images)
    extras: list[dict[str, Any]] = getattr(report, "extras", [])
    for path, picture in run.pictures(list(paths)[:_MOST_PICTURES]):
        extras.append(
            {
                "name": printable(path),
                "format_type": "image",
                "content": base64.b64encode(picture).decode("ascii"),
                "mime_type": "image/jpeg",
                "extension": "jpg",
            }
        )
    report.extras = extras  # type: ignore[attr-defined]

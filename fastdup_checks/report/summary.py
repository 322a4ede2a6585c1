"""report.json: a run for programs. Everything outside `meta` is the same for the same files and settings."""

from __future__ import annotations

import json
import math
import platform
from collections import Counter
from importlib import metadata
from typing import TYPE_CHECKING, Any

from fastdup_checks._version import __version__
from fastdup_checks.records import valid_text
from fastdup_checks.report.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.baseline import Accepted
    from fastdup_checks.findings import Finding
    from fastdup_checks.standing import Standing
    from fastdup_checks.verdict import Verdict

__all__ = ("MOST_FINDINGS", "VERSION", "summarise", "verdict_payload", "write_summary")

VERSION = 1
MOST_FINDINGS = 1000
"""Findings of one verdict that are written out, worst first; the tables hold all."""


def summarise(
    analysis: Analysis, verdicts: Sequence[Verdict], meta: Mapping[str, Any], standing: Standing | None = None
) -> dict[str, Any]:
    """The report as plain values.

    Keys: `version` (1); `passed`; `dataset` (images, broken, splits, labels, ignored); `verdicts`, each as
    `verdict_payload` says, with its `accepted_findings`; `baseline` (file, entries, and those that are stale or have
    lapsed; null where nothing is accepted); `environment` (what the figures depend on); `meta` (when, where, how long).
    """
    scan = analysis.scan
    records = [*analysis.images, *(b.record for b in scan.broken)]
    return {
        "version": VERSION,
        "passed": not any(v.failed for v in verdicts),
        "dataset": {
            "images": len(records),
            "broken": len(scan.broken),
            "splits": _counts(r.split for r in records),
            "labels": _counts(r.label for r in records),
            "ignored": {valid_text(name): count for name, count in scan.dataset.ignored},
        },
        "verdicts": [{**verdict_payload(v), "accepted_findings": _accepted(v, standing)} for v in verdicts],
        "baseline": None if standing is None else _baseline(standing),
        "environment": {
            "fastdup_checks": __version__,
            "encoder": scan.encoder,
            "decoder": scan.decoder,
            "neighbours": {"search": analysis.neighbours.search, "recall": analysis.neighbours.recall},
            "copies": {"recall": analysis.copies.recall, "in_large_groups": analysis.copies.truncated},
        },
        "meta": {
            **meta,
            "root": valid_text(str(scan.dataset.root)),
            "measured": scan.measured,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "packages": {name: _installed(name) for name in ("faiss-cpu", "numpy", "onnxruntime", "pillow")},
        },
    }


def verdict_payload(verdict: Verdict, most_findings: int = MOST_FINDINGS) -> dict[str, Any]:
    """A verdict in the types of JSON, and in no others: it also travels between processes."""
    measurement, expectation = verdict.measurement, verdict.expectation
    bound = expectation.bound
    return {
        "id": valid_text(expectation.id),
        "check": expectation.check,
        "outcome": verdict.outcome,
        "severity": expectation.severity,
        "line": int(expectation.anchor),
        "message": valid_text(verdict.message),
        "value": None if math.isnan(measurement.value) else float(measurement.value),
        "unit": measurement.unit,
        "bound": None if bound is None else {bound.direction: float(bound.value)},
        "count": int(measurement.count),
        "population": int(measurement.population),
        "population_name": valid_text(measurement.population_name),
        "remark": valid_text(measurement.remark),
        "findings": [finding_payload(f) for f in measurement.findings[:most_findings]],
        "findings_total": len(measurement.findings),
        "accepted": len(verdict.accepted),
    }


def finding_payload(finding: Finding) -> dict[str, Any]:
    """A finding in the types of JSON."""
    return {
        "images": [valid_text(path) for path in finding.images],
        "score": float(finding.score),
        "note": valid_text(finding.note),
        "evidence": {
            name: valid_text(v) if isinstance(v, str) else float(v) if isinstance(v, float) else int(v)
            for name, v in finding.evidence
        },
    }


def _accepted(verdict: Verdict, standing: Standing | None) -> list[dict[str, Any]]:
    """The accepted findings, each with who accepts it and why."""
    found = []
    for finding in verdict.accepted[:MOST_FINDINGS]:
        entry = standing.entry(verdict.expectation.check, finding) if standing else None
        found.append({**finding_payload(finding), **({} if entry is None else _words(entry))})
    return found


def _baseline(standing: Standing) -> dict[str, Any]:
    return {
        "file": valid_text(standing.file),
        "entries": standing.entries,
        "stale": [_entry(entry) for entry in standing.stale],
        "lapsed": [_entry(entry) for entry in standing.lapsed],
    }


def _entry(entry: Accepted) -> dict[str, Any]:
    images = [{"sha256": p.sha256, "path": valid_text(p.path)} for p in entry.pictures]
    return {"check": entry.check, "images": images, "line": entry.line, **_words(entry)}


def _words(entry: Accepted) -> dict[str, Any]:
    expires = entry.expires
    return {
        "reason": valid_text(entry.reason),
        "author": valid_text(entry.author),
        "expires": None if expires is None else expires.isoformat(),
    }


def write_summary(summary: Mapping[str, Any], path: Path) -> None:
    """Write the report.

    Raises:
        ScanError: if the file cannot be written.
    """
    with replacing(path) as file:
        file.write((json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def _counts(names: Iterable[str | None]) -> dict[str, int]:
    counts = Counter(name for name in names if name is not None)
    return {valid_text(name): counts[name] for name in sorted(counts)}


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""

"""What a rule leaves in its result, and the blocks that Data Docs shows of it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_checks.gx.html import OFFLINE, badge, data_uri, escape, finding_cards, link, raw_block
from fastdup_checks.records import valid_text
from fastdup_checks.report.summary import verdict_payload
from fastdup_checks.verdict import format_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastdup_checks.checks.check import Check
    from fastdup_checks.gx.report import BatchReport
    from fastdup_checks.gx.rows import JudgedRows
    from fastdup_checks.verdict import Verdict

__all__ = (
    "DETAILS",
    "batch_result",
    "findings",
    "message_of",
    "observed",
    "prescription",
    "row_message",
    "statement",
    "stored_details",
    "with_word",
)

DETAILS = "fastdup_checks"
"""The key of a result under which everything stands that GX does not know of."""

_MOST_PICTURES = 12
"""Pictures in one result: it is stored, and all results of a run share one page."""
_GROUP = 4
"""Pictures of one finding."""


_PARAMETERS = {
    "split": "Only images in split $split.",
    "label": "Only images labelled $label.",
    "between": "Only the splits $between are compared.",
    "kind": "Only $kind copies are looked for.",
    "threshold": "The threshold is $threshold.",
    "against": "Known is what is in split $against.",
    "reference": "Known is what is in $reference.",
    "p_value": "Unlike is what has a p-value of at most $p_value.",
}
"""What a sentence says of each parameter of a check that is not left as it is."""


def batch_result(
    verdict: Verdict, report: BatchReport, wanted: Mapping[str, Any], column: str, config: str | None
) -> dict[str, Any]:
    """The result of a rule about a number, as full as the result format wants it."""
    measurement = verdict.measurement
    measured = not math.isnan(measurement.value)
    percent = 100 * measurement.count / measurement.population if measured and measurement.population else None
    if measurement.unit == "share" and verdict.expectation.bound and verdict.expectation.bound.direction == "at_least":
        unexpected, percent = measurement.population - measurement.count, None if percent is None else 100 - percent
    else:
        unexpected = measurement.count
    result: dict[str, Any] = {
        "observed_value": float(measurement.value) if measured else None,
        "element_count": measurement.population,
        "unexpected_count": unexpected,
        "unexpected_percent": percent,
    }
    if not wanted.get("exclude_unexpected_values"):
        images = list(dict.fromkeys(valid_text(path) for f in measurement.findings for path in f.images))
        result["partial_unexpected_list"] = images[: wanted["partial_unexpected_count"]]
        if wanted["result_format"] == "COMPLETE":
            result["unexpected_list"] = images
            result["unexpected_index_list"] = [{column: path} for path in images]
    return result | stored_details(verdict, report, wanted, config)


def stored_details(
    verdict: Verdict, report: BatchReport, wanted: Mapping[str, Any], config: str | None
) -> dict[str, Any]:
    """What every image rule adds to its result: the verdict with its worst findings, and their pictures."""
    if wanted["result_format"] == "BOOLEAN_ONLY":
        return {}
    most = 0 if wanted.get("exclude_unexpected_values") else wanted["partial_unexpected_count"]
    entry, payload = verdict.expectation, verdict_payload(verdict, most)
    shown = {valid_text(path): path for f in verdict.measurement.findings[:most] for path in f.images[:_GROUP]}
    wanted_pictures = dict.fromkeys(path for f in _with_pictures(payload["findings"]) for path in f["images"][:_GROUP])
    jpegs = report.thumbnails(shown[path] for path in wanted_pictures)
    pictures = {valid_text(path): data_uri(jpeg) for path, jpeg in jpegs.items()}
    return {
        "details": {
            DETAILS: {
                "batch": report.key,
                "config": config,
                "params": {k: str(v) if isinstance(v, Path) else v for k, v in asdict(entry.params).items()},
                "xfail": entry.xfail,
                "verdict": payload,
                "pictures": pictures,
            },
        },
    }


def row_message(name: str, result: Mapping[str, Any], mostly: float, judged: JudgedRows) -> str:
    """One sentence with the share of rows that are as wanted.

    Args:
        name: of the rule.
        result: what GX makes of it; "missing_count" are all rows that are not judged.
        mostly: the share that is needed.
        judged: see there.
    """
    rows = result.get("element_count", 0) - result.get("missing_count", 0)
    bad = result.get("unexpected_count", 0)
    fine = format_value((rows - bad) / rows if rows else math.nan, "share", beside=mostly)
    unread = f", {judged.unreadable} of them unreadable" if judged.unreadable else ""
    said = f"{name}: {fine} as wanted, {format_value(mostly, 'share')} needed ({bad} of {rows} rows are not{unread})"
    return f"{said}; {judged.measurement.remark}" if judged.measurement.remark else said


def prescription(
    sentence: str,
    check: Check,
    given: Mapping[str, Any],
    configuration: Any,
) -> list[Any]:
    """The rule in words."""
    kinds = {name: about["kind"] for name, about in check.parameters().items()}
    params = {
        name: _say(
            value,
            share=kinds.get(name) == "share"
            or name == "mostly"
            or (name in {"at_most", "at_least"} and check.unit == "share"),
        )
        for name, value in given.items()
        if value is not None
    }
    template = sentence
    if given.get("at_most") == 0:
        template = template.replace("At most $at_most of the", "None of the").replace("At most $at_most ", "No ")
    for name, about in check.parameters().items():
        if given.get(name) not in (None, about["default"]):
            template += f" {_PARAMETERS[name]}"
    if given.get("mostly") not in {None, 1}:
        template += " At least $mostly of the rows must be so."
    condition = params.pop("row_condition", None)
    params.pop("condition_parser", None)
    params.pop("batch_id", None)
    if condition:
        params["condition"] = _condition_text(given["row_condition"])
        template = "Where $condition: " + template
    severity = str(getattr(configuration.severity, "value", configuration.severity) or "critical")
    if severity != "critical":
        params["severity"] = severity
        template += " Severity: $severity."
    # Releases of GX differ in whether they escape parameters, so there are none.
    return [raw_block(OFFLINE + re.sub(r"\$(\w+)", lambda found: badge(params[found[1]]), template))]


def statement(result: Any) -> list[Any]:
    """Why a rule failed, in red."""
    if result.success:
        return []
    said = message_of(result).removeprefix(f"{_name(result)}: ")
    return [raw_block(f'<strong class="text-danger">{escape(said)}</strong>')]


def message_of(result: Any) -> str:
    """What became of an image rule, in one sentence."""
    trouble = exception_message(result)
    if trouble is not None:
        return f"{_name(result)}: could not be judged: {trouble}"
    details = _details(result)
    return str(details["verdict"]["message"]) if details else f"{_name(result)}: {'' if result.success else 'not '}met"


def with_word(icon: Any, result: Any) -> Any:
    """The status with a word beside its icon, which is a letter of a font that offline pages do not have."""
    word = "error" if exception_message(result) is not None else "passed" if result.success else "failed"
    icon.string_template = {
        **icon.string_template,
        "template": "$icon $word",
        "params": {**icon.string_template["params"], "word": word},
    }
    return icon


def exception_message(result: Any) -> str | None:
    """What went wrong, where something did; GX keys it by metric where a metric failed."""
    about = result.exception_info or {}
    for info in (about, *(value for value in about.values() if isinstance(value, dict))):
        if info.get("raised_exception"):
            return str(info.get("exception_message") or "an unknown error")
    return None


def findings(result: Any) -> list[Any] | None:
    """The worst findings with their pictures, and the way to the gallery."""
    details = _details(result)
    if not details:
        return None
    verdict = details["verdict"]
    parts = []
    if verdict["remark"] and result.success:
        parts.append(f"<p><small>{escape(verdict['remark'])}</small></p>")
    shown = _with_pictures(verdict["findings"])
    parts.append(finding_cards(shown, details["pictures"], _GROUP))
    rest = verdict["findings_total"] - len(shown)
    if shown and rest > 0:
        parts.append(f"<p><small>and {rest:,} more findings</small></p>")
    if details.get("gallery"):
        parts.append(f"<p>{link(details['gallery'], 'Open the gallery')}</p>")
    text = "".join(parts)
    return [raw_block(text)] if text else None


def observed(result: Any) -> str:
    """The measured value, as HTML: cells of tables are put on the page as they are."""
    details = _details(result) if result else None
    if not details:
        return "--"
    verdict = details["verdict"]
    known = (result.result or {}).get("unexpected_percent_nonmissing")
    if verdict["bound"] is None:  # a rule about rows
        return "nothing to measure" if known is None else escape(f"{format_value(known / 100, 'share')} unexpected")
    value = math.nan if verdict["value"] is None else verdict["value"]
    said = format_value(value, verdict["unit"], beside=next(iter(verdict["bound"].values())))
    if verdict["unit"] == "share" and not math.isnan(value):
        return escape(f"{said} ({verdict['count']:,} of {verdict['population']:,} {verdict['population_name']})")
    return escape(f"{said} (among {verdict['population']:,} {verdict['population_name']})")


def _with_pictures(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The worst findings, as many as have room for all of their pictures."""
    shown: list[Mapping[str, Any]] = []
    count = 0
    for finding in findings:
        count += min(len(finding["images"]), _GROUP)
        if shown and count > _MOST_PICTURES:
            break
        shown.append(finding)
    return shown


def _name(result: Any) -> str:
    """The id that a data.yml gives a rule, or its type."""
    known = (result.expectation_config.meta or {}).get(DETAILS)
    return str((known.get("id") if isinstance(known, dict) else None) or result.expectation_config.type)


def _details(result: Any) -> dict[str, Any] | None:
    held = ((result.result or {}).get("details") or {}).get(DETAILS)
    return held if isinstance(held, dict) else None


def _say(value: Any, *, share: bool) -> str:
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, (int, float)):
        return format_value(value, "share") if share else f"{value:g}"
    if isinstance(value, (list, tuple)):
        return " and ".join(map(str, value))
    return json.dumps(value, default=str) if isinstance(value, dict) else str(value)


def _condition_text(condition: Any) -> str:
    """A row condition as GX itself writes it."""
    from great_expectations.expectations.row_conditions import deserialize_row_condition

    if isinstance(condition, str | dict):
        condition = deserialize_row_condition(condition)
    return str(getattr(condition, "pass_through_filter", None) or repr(condition))

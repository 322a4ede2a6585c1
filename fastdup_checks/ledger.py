"""A baseline as text: entries come and go by whole lines, and what people wrote stays as they wrote it."""

from __future__ import annotations

import getpass
import math
import os
import re
import subprocess
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.baseline import Accepted, Baseline, Reached
from fastdup_checks.baseline_file import FILE_NAME, parse_baseline, read_baseline
from fastdup_checks.checks import CHECKS
from fastdup_checks.document import quote
from fastdup_checks.errors import ConfigError
from fastdup_checks.expectation import Bound
from fastdup_checks.records import printable, valid_text
from fastdup_checks.report.files import replacing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from fastdup_checks.baseline import Picture
    from fastdup_checks.verdict import Verdict

__all__ = ("accept", "default_author", "reach", "render", "revise", "update")

_HEADER = """\
# Findings that were looked at and accepted, by the content of their images. One entry is one line, so that branches
# merge as text, with this line in .gitattributes: fastdup-baseline.yml merge=union
version: 1
"""
_KEY = re.compile(r"(version|accepted|reached)\s*:")


def accept(
    verdicts: Iterable[Verdict],
    pictures: Mapping[str, Picture],
    *,
    reason: str,
    author: str,
    expires: dt.date | None = None,
) -> tuple[list[Accepted], int]:
    """Entries for all findings of the expectations that were not met.

    Returns:
        The entries, sorted, one for each finding; and how many findings cannot be accepted, because a file could not
        even be read, because no image shows what is wrong, or because that is a statistic of the whole dataset or that
        there was nothing to measure.
    """
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], Accepted] = {}
    impossible = 0
    for verdict in verdicts:
        if verdict.outcome not in {"failed", "warned"} or verdict.expectation.xfail is not None:
            continue
        if verdict.measurement.unit == "statistic" or math.isnan(verdict.measurement.value):
            impossible += 1
            continue
        check = verdict.expectation.check
        labelled = "labels" in CHECKS[check].needs
        for finding in verdict.measurement.findings:
            known = [pictures[path] for path in finding.images if path in pictures]
            if not known or len(known) < len(finding.images):
                impossible += 1
                continue
            # The label is part of what is accepted only where the finding is about it.
            chosen = known if labelled else [replace(p, label=None) for p in known]
            entry = Accepted(
                check,
                tuple(sorted(chosen, key=lambda p: (p.sha256, p.label or ""))),
                valid_text(reason),
                valid_text(author),
                expires,
            )
            found.setdefault(entry.name, entry)
    return [found[key] for key in sorted(found)], impossible


def reach(verdicts: Iterable[Verdict]) -> list[Reached]:
    """The values of the expectations that are met, as bounds."""
    found = []
    for verdict in verdicts:
        bound = verdict.expectation.bound
        if verdict.outcome == "passed" and bound is not None:
            # Rounded to the side of the value that the bound still holds on.
            rounding = ROUND_CEILING if bound.direction == "at_most" else ROUND_FLOOR
            value = Context(prec=6, rounding=rounding).create_decimal(repr(verdict.measurement.value))
            found.append(Reached(verdict.expectation.id, Bound(bound.direction, float(value))))
    return found


def revise(
    text: str,
    *,
    add: Iterable[Accepted] = (),
    drop: Collection[Accepted] = (),
    reached: Iterable[Reached] = (),
) -> str:
    """Add and drop entries of a baseline's text, and sort it; lines of entries that stay are not touched.

    Comments above an entry go where it goes. Values reached replace looser ones of the same id.

    Raises:
        ConfigError: if the text is not a baseline.
    """
    old = _parse(text) if text.strip() else Baseline()
    gone = {_rank(entry) for entry in drop}
    # A merge of branches may have left an entry twice; entries that differ in their words both stay.
    kept = {_rank(entry): entry for entry in old.accepted if _rank(entry) not in gone}
    entries = sorted(_join(list(kept.values()), [entry for entry in add if _rank(entry) not in gone]), key=_rank)
    marks = _strictest([*old.reached, *reached])
    written = _assemble(text, entries, marks, old)
    try:
        read = _parse(written)
    except ConfigError:
        read = Baseline()
    if list(read.accepted) == entries and list(read.reached) == marks:
        return written
    # A layout that lines do not divide, such as one long list, is laid out anew.
    return _assemble("", entries, marks, Baseline())


def render(entry: Accepted) -> str:
    """An entry as one line, with its line feed."""
    images = ", ".join(_render_picture(picture) for picture in entry.pictures)
    said = f"check: {entry.check}, images: [{images}], reason: {quote(entry.reason)}, author: {quote(entry.author)}"
    return f"  - {{{said}{'' if entry.expires is None else f', expires: {entry.expires}'}}}\n"


def update(
    path: Path,
    *,
    add: Iterable[Accepted] = (),
    drop: Collection[Accepted] = (),
    reached: Iterable[Reached] = (),
) -> None:
    """Revise the file of a baseline, and make it where there is none.

    Raises:
        ConfigError: if the file is not a baseline.
        ScanError: if it cannot be written.
    """
    read_baseline(path)  # so that what is wrong with the file is told as ever
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    revised = revise(text, add=add, drop=drop, reached=reached)
    if revised != (text or revise("")):
        with replacing(path) as file:
            file.write(revised.encode())


def default_author() -> str:
    """Who is at work: as git knows them, else as the system does."""
    try:
        done = subprocess.run(["git", "config", "user.name"], capture_output=True, check=False)  # noqa: S607
    except OSError:
        name = ""
    else:
        name = os.fsdecode(done.stdout).strip()
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def _parse(text: str) -> Baseline:
    return parse_baseline(Path(FILE_NAME), text.encode())


def _rank(entry: Accepted) -> tuple[tuple[str, ...], tuple[str, ...], str, str, str]:
    return *entry.name, entry.reason, entry.author, str(entry.expires or "")


def _join(kept: Sequence[Accepted], add: Sequence[Accepted]) -> list[Accepted]:
    """Entries, and those to add that are not there yet; one that counts comes in place of one that has lapsed."""
    lapsed = {_rank(entry) for entry in Baseline(None, (*kept, *add)).lapsed}
    counting = {entry.name for entry in kept if _rank(entry) not in lapsed}
    new = {entry.name: entry for entry in add if _rank(entry) not in lapsed and entry.name not in counting}
    there = {*new, *(entry.name for entry in kept)}
    old = {entry.name: entry for entry in add if entry.name not in there}
    return [*(e for e in kept if e.name in counting or e.name not in new), *new.values(), *old.values()]


def _strictest(reached: Iterable[Reached]) -> list[Reached]:
    best: dict[tuple[str, str], Reached] = {}
    for mark in reached:
        key = (mark.id, mark.bound.direction)
        if key not in best or best[key].bound.holds(mark.bound.value):
            best[key] = mark
    return [best[key] for key in sorted(best)]


def _assemble(text: str, entries: Sequence[Accepted], marks: Sequence[Reached], old: Baseline) -> str:
    """The new text, of lines of the old one where an entry is in it."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    keys = {m[1]: row for row, line in enumerate(lines) if (m := _KEY.match(line))}
    starts = [*(entry.line - 1 for entry in old.accepted), *(mark.line - 1 for mark in old.reached)]
    chunks = _chunks(lines, starts, sorted(keys.values()))
    first = min((keys[name] for name in ("accepted", "reached") if name in keys), default=len(lines))
    parts = ["".join(lines[:first]) or _HEADER]
    accepted = [chunks.get(entry.line - 1) or render(entry) for entry in entries]
    parts += ["accepted:\n", *accepted] if accepted else ["accepted: []\n"]
    if marks:
        parts.append("reached:\n")
        parts += [chunks.get(mark.line - 1) or _render_mark(mark) for mark in marks]
    return "".join(parts)


def _chunks(lines: Sequence[str], starts: Iterable[int], keys: Sequence[int]) -> dict[int, str]:
    """By the row on which an entry starts, its lines, with the comments above it."""
    begins: dict[int, int] = {}
    for start in sorted(starts):
        begin = start
        while begin - 1 not in keys and begin > 0 and lines[begin - 1].lstrip()[:1] in {"", "#"}:
            begin -= 1
        begins[start] = begin
    ends = sorted([*begins.values(), *keys, len(lines)])
    return {start: "".join(lines[begin : next(end for end in ends if end > start)]) for start, begin in begins.items()}


def _render_picture(picture: Picture) -> str:
    label = "" if picture.label is None else f", label: {quote(picture.label)}"
    return f"{{sha256: {picture.sha256}, path: {quote(printable(picture.path))}{label}}}"


def _render_mark(mark: Reached) -> str:
    value = Decimal(repr(mark.bound.value)).normalize()
    return f"  - {{id: {quote(mark.id)}, {mark.bound.direction}: {value:f}}}\n"

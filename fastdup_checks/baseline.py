"""Accepted findings: a reviewed list, keyed by what is in the images and not by their names.

A finding is accepted when its images are among those of an entry: a group that has shrunk stays accepted, one that has
grown is judged anew. An entry accepts one finding: another with the same content, say one more empty file, is new.
`fastdup_checks.baseline_file` says how the list is written.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.expectation import Bound, Expectation
    from fastdup_checks.findings import Finding, Measurement
    from fastdup_checks.records import Record

__all__ = (
    "Accepted",
    "Baseline",
    "Picture",
    "Reached",
    "pictures_of",
)


_Name: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True, order=True)
class Picture:
    """An image as an entry names it."""

    sha256: str
    label: str | None = None
    """None where any label will do."""
    path: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted finding."""

    check: str
    pictures: tuple[Picture, ...]
    """Sorted."""
    reason: str
    author: str
    expires: dt.date | None = None
    """The last day on which the entry counts."""
    line: int = field(default=0, compare=False)
    """1-based line of the file, 0 for an entry that is in none."""

    @property
    def key(self) -> tuple[str, ...]:
        """What is accepted, and the order of the file."""
        return (self.check, *(f"{p.sha256}{'' if p.label is None else ':' + p.label}" for p in self.pictures))

    @property
    def name(self) -> _Name:
        """What tells it from other entries, of which some may be about other files with the same content."""
        return self.key, tuple(p.path for p in self.pictures)

    def lapsed(self, today: dt.date) -> bool:
        """Whether the entry counts no longer."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True, slots=True)
class Reached:
    """A value that an expectation must not get worse than."""

    id: str
    bound: Bound
    line: int = field(default=0, compare=False)


class Baseline:
    """What is accepted of a dataset."""

    def __init__(
        self,
        path: Path | None = None,
        accepted: Sequence[Accepted] = (),
        reached: Sequence[Reached] = (),
        *,
        today: dt.date | None = None,
    ) -> None:
        self.path = path
        self.accepted = tuple(accepted)
        self.reached = tuple(reached)
        today = today or dt.date.today()  # noqa: DTZ011 - a day ends where the people are
        self.lapsed = tuple(entry for entry in self.accepted if entry.lapsed(today))
        """Entries that count no longer."""
        self._by_content: dict[tuple[str, str], list[Accepted]] = {}
        self._by_path: dict[tuple[str, str], list[Accepted]] = {}
        for entry in {entry.name: entry for entry in self.accepted if not entry.lapsed(today)}.values():
            for sha256 in {p.sha256 for p in entry.pictures}:
                self._by_content.setdefault((entry.check, sha256), []).append(entry)
            for place in {p.path for p in entry.pictures}:
                self._by_path.setdefault((entry.check, place), []).append(entry)

    def share_out(self, check: str, findings: Sequence[Sequence[Picture]]) -> list[Accepted | None]:
        """The entry that accepts each finding of a check, the narrowest of several, or None.

        Each entry accepts as many pictures as it names, first of all those that are where it says.
        """
        shared: list[Accepted | None] = [None] * len(findings)
        left: dict[_Name, Counter[Picture]] = {}
        spare: dict[str, list[Accepted]] = {}
        for in_place in (True, False):
            for number, pictures in enumerate(findings):
                if shared[number] is not None or not pictures:
                    continue
                first = pictures[0]
                if in_place:
                    among = self._by_path.get((check, first.path), [])
                else:
                    if first.sha256 not in spare:
                        known = self._by_content.get((check, first.sha256), ())
                        spare[first.sha256] = [entry for entry in known if _is_left(left, entry)]
                    among = spare[first.sha256]
                entry = _narrowest(among, pictures, left, in_place=in_place)
                shared[number] = entry
                if entry is not None and not in_place and not _is_left(left, entry):
                    among.remove(entry)
        return shared

    def tighten(self, expectation: Expectation) -> Expectation:
        """The expectation, with the bound that was reached before where that is stricter."""
        bound = expectation.bound
        for reached in self.reached:
            same = reached.id == expectation.id and bound is not None and reached.bound.direction == bound.direction
            if same and bound is not None and not reached.bound.holds(bound.value):
                bound = reached.bound
        return replace(expectation, bound=bound)

    def waive(
        self, expectation: Expectation, measurement: Measurement, pictures: Mapping[str, Picture]
    ) -> tuple[Measurement, tuple[Finding, ...]]:
        """Take accepted findings out of a measurement.

        Args:
            expectation: that the measurement is for.
            measurement: whose findings account for the whole count, see `Finding.weight`.
            pictures: by path, of `pictures_of`.

        Returns:
            The measurement of what is left, and the accepted findings. A statistic stays as it is, and so does a value
            of what could not be measured.
        """
        if measurement.unit == "statistic" or not self._by_content:
            return measurement, ()
        known = [
            [pictures[path] for path in finding.images] if all(path in pictures for path in finding.images) else []
            for finding in measurement.findings
        ]
        taken: list[Finding] = []
        left: list[Finding] = []
        for finding, entry in zip(measurement.findings, self.share_out(expectation.check, known), strict=True):
            (left if entry is None else taken).append(finding)
        if not taken:
            return measurement, ()
        weight = sum(finding.weight for finding in taken)
        at_least = expectation.bound is not None and expectation.bound.direction == "at_least"
        count = measurement.count + weight if at_least else measurement.count - weight
        found = replace(measurement, count=count, findings=tuple(left))
        if not math.isnan(measurement.value):
            found = replace(found, value=count / found.population if found.unit == "share" else float(count))
        return found, tuple(taken)


def _is_left(left: Mapping[_Name, Counter[Picture]], entry: Accepted) -> bool:
    return entry.name not in left or any(left[entry.name].values())


def _narrowest(
    entries: Sequence[Accepted], pictures: Sequence[Picture], left: dict[_Name, Counter[Picture]], *, in_place: bool
) -> Accepted | None:
    """The entry with the fewest pictures that accepts these, which are then taken from what is left of it."""
    best: tuple[Accepted, Counter[Picture]] | None = None
    for entry in entries:
        if in_place and not {p.path for p in pictures} <= {p.path for p in entry.pictures}:
            continue
        mine = left.setdefault(entry.name, Counter(entry.pictures))
        theirs = Counter(p if p in mine else Picture(p.sha256) for p in pictures)
        if theirs <= mine and (best is None or len(entry.pictures) < len(best[0].pictures)):
            best = entry, theirs
            if len(entry.pictures) == len(pictures):
                break
    if best is None:
        return None
    left[best[0].name].subtract(best[1])
    return best[0]


def pictures_of(analysis: Analysis) -> dict[str, Picture]:
    """By path, the image as an entry names it; files whose bytes could not even be read are left out."""
    scan = analysis.scan
    found = {record.path: _picture(record, content) for record, content in zip(scan.images, scan.contents, strict=True)}
    for broken in scan.broken:
        if broken.content is not None:
            found[broken.record.path] = _picture(broken.record, broken.content)
    return found


def _picture(record: Record, content: bytes) -> Picture:
    # A label that no text file can hold, such as the name of a folder in another encoding, is named as it is shown.
    return Picture(content.hex(), None if record.label is None else printable(record.label), record.path)

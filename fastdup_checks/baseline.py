"""Accepted findings: a reviewed list in `fastdup-baseline.yml`, keyed by what is in the images and not by their names.

The file, which the gallery exports, `fastdup-checks baseline` writes and people edit:

    version: 1
    accepted:
      - {check: leak, images: [{sha256: 9f..., path: "train/a.jpg"}, {sha256: b0..., path: "test/b.jpg"}], reason: "the
        same building, photographed twice", author: "Ada", expires: 2027-01-31}
    reached:
      - {id: duplicate_rate, at_most: 0.4%}

- One entry is one line, however long. Entries are sorted by check and content, and no two branches write on one line,
  so that two branches' files merge as text (`fastdup-baseline.yml merge=union` in .gitattributes); entries of several
  lines that have lines in common (the same author) would be merged into one another. An entry that somebody has spread
  over several lines is read as well. An entry twice is as good as once.
- `check`: the check whose finding is accepted, in whichever expectation and split it turns up.
- `images`: all images of the finding; `sha256` of the file's bytes, in hexadecimal. `path` is for people. `label`,
  where it is given, must still be the label of the image: what was accepted as rightly labelled is not accepted
  relabelled.
- `reason` and `author` must be there, `expires` may: the last day on which the entry counts, YYYY-MM-DD.
- `reached`: values that must not get worse again, although the bound in data.yml would allow it. Of two entries with
  one id the stricter counts.

A finding is accepted when its images are among those of an entry: a group that has shrunk stays accepted, one that has
grown is judged anew.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fastdup_checks.checks import CHECKS
from fastdup_checks.document import Block, Items, Problems, Text, load_document, nearest
from fastdup_checks.errors import ConfigError
from fastdup_checks.expectation import Bound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.document import Node
    from fastdup_checks.expectation import Expectation
    from fastdup_checks.findings import Finding, Measurement

__all__ = (
    "FILE_NAME",
    "Accepted",
    "Baseline",
    "Picture",
    "Reached",
    "parse_baseline",
    "pictures_of",
    "read_baseline",
)

FILE_NAME = "fastdup-baseline.yml"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


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

    def lapsed(self, today: dt.date) -> bool:
        """Whether the entry counts no longer."""
        return self.expires is not None and today > self.expires

    def covers(self, pictures: Sequence[Picture]) -> bool:
        """Whether all these pictures are among the entry's, as often as they come."""
        mine = Counter(self.pictures)
        theirs = Counter(p if p in mine else Picture(p.sha256) for p in pictures)
        return theirs <= mine


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
        self._by_picture: dict[tuple[str, str], list[Accepted]] = {}
        for entry in self.accepted:
            if not entry.lapsed(today):
                for sha256 in {p.sha256 for p in entry.pictures}:
                    self._by_picture.setdefault((entry.check, sha256), []).append(entry)

    def match(self, check: str, pictures: Sequence[Picture]) -> Accepted | None:
        """The entry that accepts a finding of a check, or None."""
        if not pictures:
            return None
        candidates = self._by_picture.get((check, pictures[0].sha256), ())
        return next((entry for entry in candidates if entry.covers(pictures)), None)

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
            The measurement of what is left, and the accepted findings. A statistic stays as it is.
        """
        if measurement.unit == "statistic" or not self._by_picture:
            return measurement, ()
        taken: list[Finding] = []
        left: list[Finding] = []
        for finding in measurement.findings:
            known = [pictures[path] for path in finding.images if path in pictures]
            whole = len(known) == len(finding.images)
            (taken if whole and self.match(expectation.check, known) else left).append(finding)
        if not taken:
            return measurement, ()
        weight = sum(finding.weight for finding in taken)
        at_least = expectation.bound is not None and expectation.bound.direction == "at_least"
        count = measurement.count + weight if at_least else measurement.count - weight
        value = count / measurement.population if measurement.unit == "share" else float(count)
        return replace(measurement, value=value, count=count, findings=tuple(left)), tuple(taken)


def pictures_of(analysis: Analysis) -> dict[str, Picture]:
    """By path, the image as an entry names it; files whose bytes could not even be read are left out."""
    scan = analysis.scan
    found = {
        record.path: Picture(content.hex(), record.label, record.path)
        for record, content in zip(scan.images, scan.contents, strict=True)
    }
    for broken in scan.broken:
        if broken.content is not None:
            record = broken.record
            found[record.path] = Picture(broken.content.hex(), record.label, record.path)
    return found


def read_baseline(path: Path | None, *, must_exist: bool = False) -> Baseline:
    """Read a baseline; where there is no file, and none must be, nothing is accepted.

    Raises:
        ConfigError: with every problem of the file.
    """
    if path is None:
        return Baseline()
    problems = Problems(str(path))
    try:
        text = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and not must_exist:
            return Baseline(path)
        problems.add(0, f"cannot be read: {getattr(error, 'strerror', None) or error}")
        raise ConfigError(problems.found) from None
    return parse_baseline(path, text)


def parse_baseline(path: Path, text: bytes) -> Baseline:
    """Understand the text of a baseline.

    Raises:
        ConfigError: with every problem of the text.
    """
    problems = Problems(str(path))
    accepted, reached = _read(text, problems)
    if problems.found:
        raise ConfigError(problems.found)
    return Baseline(path, accepted, reached)


def _read(text: bytes, problems: Problems) -> tuple[list[Accepted], list[Reached]]:
    root = load_document(text, problems)
    block = problems.block(root, "the file") if root is not None else None
    if block is None:
        return [], []
    problems.known_keys(block, ("version", "accepted", "reached"), "a baseline")
    version = block.entries.get("version")
    if not (isinstance(version, Text) and version.text == "1"):
        problems.add(version.line if version else 0, "a baseline begins with 'version: 1'")
    accepted = [_accepted(node, problems) for node in _list(block, "accepted", problems)]
    reached = [_reached(node, problems) for node in _list(block, "reached", problems)]
    return [a for a in accepted if a is not None], [r for r in reached if r is not None]


def _list(block: Block, key: str, problems: Problems) -> tuple[Node, ...]:
    node = block.entries.get(key)
    if node is None or (isinstance(node, Text) and node.empty):
        return ()
    return problems.items(node, key)


def _accepted(node: Node, problems: Problems) -> Accepted | None:
    before = len(problems.found)
    block = problems.block(node, "an accepted finding")
    if block is None:
        return None
    problems.known_keys(block, ("check", "images", "reason", "author", "expires"), "an accepted finding")
    texts: dict[str, str] = {}
    for key, why in (("check", "which check is it?"), ("reason", "why is it accepted?"), ("author", "who accepts it?")):
        value = block.entries.get(key)
        if value is None or (isinstance(value, Text) and not value.text.strip()):
            problems.add(block.lines.get(key, block.line), f"{key} is missing: {why}")
        else:
            texts[key] = problems.text(value, key) or ""
    if "check" in texts and texts["check"] not in CHECKS:
        problems.add(block.lines["check"], f"unknown check {texts['check']!r}{nearest(texts['check'], CHECKS)}")
    pictures = _pictures(block, problems)
    expires = _date(block.entries["expires"], problems) if "expires" in block.entries else None
    if len(problems.found) > before:
        return None
    return Accepted(
        texts["check"], tuple(sorted(pictures, key=_order)), texts["reason"], texts["author"], expires, block.line
    )


def _order(picture: Picture) -> tuple[str, str]:
    return picture.sha256, picture.label or ""


def _pictures(block: Block, problems: Problems) -> list[Picture]:
    node = block.entries.get("images")
    if not isinstance(node, Items) or not node.items:
        problems.add(block.line, "images is missing: [{sha256: ..., path: ...}]")
        return []
    pictures = []
    for item in node.items:
        inner = problems.block(item, "an image")
        if inner is None:
            continue
        problems.known_keys(inner, ("sha256", "path", "label"), "an image")
        words = {key: value.text if isinstance(value, Text) else "" for key, value in inner.entries.items()}
        sha256 = words.get("sha256", "").lower()
        if not _SHA256.match(sha256):
            problems.add(inner.line, "sha256 must be the 64 hexadecimal digits of the file's SHA-256")
        pictures.append(Picture(sha256, words.get("label"), words.get("path", "")))
    return pictures


def _date(node: Node, problems: Problems) -> dt.date | None:
    if isinstance(node, Text) and node.empty:
        return None
    try:
        return dt.date.fromisoformat(node.text if isinstance(node, Text) else "")
    except ValueError:
        problems.add(node.line, "expires must be a day, written YYYY-MM-DD")
        return None


def _reached(node: Node, problems: Problems) -> Reached | None:
    block = problems.block(node, "a value reached")
    if block is None:
        return None
    problems.known_keys(block, ("id", "at_most", "at_least"), "a value reached")
    name = problems.text(block.entries["id"], "id") if "id" in block.entries else None
    if name is None:
        problems.add(block.line, "id is missing: which expectation is it?")
    for direction in ("at_most", "at_least"):
        if direction in block.entries:
            value = problems.number(block.entries[direction], direction)
            if value is None or name is None:
                return None
            return Reached(name, Bound("at_most" if direction == "at_most" else "at_least", value), block.line)
    problems.add(block.line, "at_most or at_least is missing")
    return None

"""`fastdup-baseline.yml`: the list of accepted findings as a file.

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
- `images`: all images of the finding; `sha256` of the file's bytes, in hexadecimal. `path` is for people, and tells
  entries with the same content apart, of which each accepts one finding; a file that was moved stays accepted. `label`,
  where it is given, must still be the label of the image: what was accepted as rightly labelled is not accepted
  relabelled.
- `reason` and `author` must be there, `expires` may: the last day on which the entry counts, YYYY-MM-DD.
- `reached`: values that must not get worse again, although the bound in data.yml would allow it. Of two entries with
  one id the stricter counts.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from fastdup_checks.baseline import Accepted, Baseline, Picture, Reached
from fastdup_checks.checks import CHECKS
from fastdup_checks.document import Block, Items, Problems, Text, load_document, nearest
from fastdup_checks.errors import ConfigError
from fastdup_checks.expectation import Bound

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_checks.document import Node

__all__ = ("FILE_NAME", "parse_baseline", "parse_day", "read_baseline")

FILE_NAME = "fastdup-baseline.yml"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


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


def parse_day(text: str) -> dt.date:
    """The day that is written YYYY-MM-DD; newer Pythons alone know other ways.

    Raises:
        ValueError: if it is none.
    """
    if not _DAY.match(text):
        raise ValueError(text)
    return dt.date.fromisoformat(text)


def _date(node: Node, problems: Problems) -> dt.date | None:
    if isinstance(node, Text) and node.empty:
        return None
    try:
        return parse_day(node.text if isinstance(node, Text) else "")
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

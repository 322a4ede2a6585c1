"""A YAML file as a tree that knows its lines, read strictly.

YAML's surprises are refused or undone: a key twice is an error, `no` is a word, `010` is ten, `1e-3` and `1%` are
numbers where a number is wanted. All problems of a file are collected, so that they can be told at once.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

import yaml

from fastdup_checks.errors import Problem
from fastdup_checks.records import valid_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ("Block", "Items", "Node", "Problems", "Text", "load_document", "nearest", "quote")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml, where PyYAML was built with it: a baseline of thousands of entries is read several times faster."""

_MOST_LEVELS = 50
_TOO_DEEP = "the text is nested too deeply"
_SHOWN = 60
"""Characters of a wrong value that a message repeats."""

_TAGS = {"!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map"))}
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\Z")


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, as written."""

    text: str
    line: int
    plain: bool
    """Whether it stood without quotes."""

    @property
    def empty(self) -> bool:
        """Whether it stands for nothing: left out, `null` or `~`."""
        return self.plain and self.text in {"", "null", "Null", "NULL", "~"}


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping with string keys, in the order of the file."""

    entries: dict[str, Node]
    lines: dict[str, int]
    line: int


Node: TypeAlias = "Text | Items | Block"


@dataclass(slots=True)
class Problems:
    """Collects what is wrong in one file, and reads typed values out of nodes."""

    path: str
    found: list[Problem] = field(default_factory=list)

    def add(self, line: int, message: str) -> None:
        """Note a problem; line 0 means the file as a whole."""
        self.found.append(Problem(self.path, line, message))

    def block(self, node: Node, what: str) -> Block | None:
        """The node as a mapping."""
        if isinstance(node, Block):
            return node
        self.add(node.line, f"{what} must be a mapping (key: value), not {_kind(node)}")
        return None

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The node as a list."""
        if isinstance(node, Items):
            return node.items
        self.add(node.line, f"{what} must be a list, not {_kind(node)}")
        return ()

    def text(self, node: Node, what: str) -> str | None:
        """The node as a non-empty string, exactly as written."""
        if isinstance(node, Text) and not node.empty and node.text:
            return node.text
        self.add(node.line, f"{what} must be a text, not {_kind(node)}")
        return None

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """One string, or a list of them."""
        if isinstance(node, Items):
            return tuple(t for item in node.items if (t := self.text(item, f"each of {what}")) is not None)
        one = self.text(node, what)
        return () if one is None else (one,)

    def number(self, node: Node, what: str) -> float | None:
        """The node as a finite number; a percentage is divided by 100."""
        if isinstance(node, Text):
            text = node.text.strip()
            percent = text.endswith("%")
            bare = text.removesuffix("%").rstrip().replace("_", "")
            if _NUMBER.match(bare):
                # Divided as written, so that 1% is the float nearest to 0.01 and a bound is met exactly.
                value = float(Decimal(bare) / 100 if percent else Decimal(bare))
                if math.isfinite(value):
                    return value
        self.add(node.line, f"{what} must be a number or a percentage, not {_kind(node)}")
        return None

    def known_keys(self, block: Block, known: Iterable[str], what: str) -> None:
        """Refuse keys that are not known, with a guess at what was meant."""
        names = list(known)
        for key in block.entries:
            if key not in names:
                self.add(block.lines[key], f"unknown key {key!r} in {what}{nearest(key, names)}")


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a complaint: "; did you mean 'x'?", or the known words where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, 1, 0.7)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""


def quote(text: str) -> str:
    """A scalar in quotes that is read back as the text; the gallery writes the same."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def load_document(text: bytes, problems: Problems) -> Node | None:
    """Parse one YAML document; None where that is impossible, and `problems` then says why."""
    try:
        words = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(text.count(b"\n", 0, error.start) + 1, "not UTF-8 text")
        return None
    try:
        root = _Builder(problems, yaml.parse(words, Loader=_Loader)).read()
    except yaml.MarkedYAMLError as error:
        problems.add(*_explain(error, words))
        return None
    except yaml.YAMLError as error:
        problems.add(0, f"not valid YAML: {' '.join(str(error).split())}")
        return None
    except _TooDeepError as error:
        problems.add(error.line, _TOO_DEEP)
        return None
    if root is None:
        problems.add(0, "the file is empty")
    return root


def _explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line on which YAML gave up, and why."""
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    if "maximum nesting depth" in (error.problem or ""):  # libyaml counts for itself, where it looks ahead
        return 0 if mark is None else mark.line + 1, _TOO_DEEP
    said = f"not valid YAML: {error.problem or error.context}"
    if error.problem and error.context and start:
        said += f" ({error.context} that begins on line {start.line + 1})"
    if mark is None:
        return 0, said
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    if "\t" in line[: len(line) - len(line.lstrip())]:
        said += "; indent with blanks, not with tabs"
    return mark.line + 1, said


class _TooDeepError(Exception):
    """Collections within collections within collections."""

    def __init__(self, line: int) -> None:
        self.line = line


class _Builder:
    """Turns the events of a YAML parser into nodes; what an alias names is one node, however often it is named."""

    def __init__(self, problems: Problems, events: Iterator[yaml.Event]) -> None:
        self._problems = problems
        self._events = events
        self._anchors: dict[str, Node] = {}

    def read(self) -> Node | None:
        """The one document of the text; None where there is none."""
        root = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self._problems.add(_line(event), "a second document begins here; one is wanted")
                    break
                root = self._node(next(self._events), 0)
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if depth > _MOST_LEVELS:
            raise _TooDeepError(line)
        name: str | None = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            if name in self._anchors:
                return self._anchors[name]
            self._problems.add(line, f"the alias *{name} refers to itself, or to nothing above it")
            return Text("", line, plain=True)
        self._anchors.pop(name or "", None)
        self._check_tag(getattr(event, "tag", None), line)
        node: Node
        if isinstance(event, yaml.SequenceStartEvent):
            node = Items(tuple(self._items(depth)), line)
        elif isinstance(event, yaml.MappingStartEvent):
            node = self._block(line, depth)
        else:
            assert isinstance(event, yaml.ScalarEvent)
            node = Text(event.value, line, plain=not event.style)
            if valid_text(node.text) != node.text:
                self._problems.add(line, "half of a surrogate pair is no text")
        if name is not None:
            self._anchors[name] = node
        return node

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _block(self, line: int, depth: int) -> Block:
        problems = self._problems
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, at = self._node(event, depth + 1), _line(event)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Text):
                problems.add(at, "a key must be a plain word")
            elif key.plain and key.text == "<<":
                problems.add(at, "merge keys (<<) are not read; write the keys out, or extend a suite")
            elif key.text in entries:
                problems.add(at, f"key {key.text!r} appears twice (first on line {lines[key.text]})")
            else:
                entries[key.text], lines[key.text] = value, at
        return Block(entries, lines, line)

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag is not None and tag not in _TAGS:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            self._problems.add(line, f"the tag {shown} is not allowed; the file holds data only")


def _line(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.line + 1


def _kind(node: Node) -> Literal["a mapping", "a list", "nothing"] | str:  # noqa: PYI051 - for the reader
    if isinstance(node, Block):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    return "nothing" if node.empty else repr(node.text if len(node.text) <= _SHOWN else node.text[:_SHOWN] + "...")

"""A YAML file as a tree that knows its lines, read strictly.

YAML's surprises are refused or undone: a key twice is an error, `no` is a word, `010` is ten, `1e-3` and `1%` are
numbers where a number is wanted. All problems of a file are collected, so that they can be told at once.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

import yaml

from fastdup_checks.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("Block", "Items", "Node", "Problems", "Text", "load_document", "nearest")

_MOST_NODES = 100_000
_NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?\Z")


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
                return float(Decimal(bare) / 100 if percent else Decimal(bare))
        self.add(node.line, f"{what} must be a number or a percentage, not {_kind(node)}")
        return None

    def boolean(self, node: Node, what: str) -> bool | None:
        """The node as `true` or `false`."""
        if isinstance(node, Text) and node.plain and node.text.lower() in {"true", "false"}:
            return node.text.lower() == "true"
        self.add(node.line, f"{what} must be true or false, not {_kind(node)}")
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


def load_document(text: bytes, problems: Problems) -> Node | None:
    """Parse one YAML document; None where that is impossible, and `problems` then says why."""
    try:
        root = yaml.compose(text.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        if root is not None:
            return _Builder(problems).build(root, ())
    except UnicodeDecodeError as error:
        problems.add(text.count(b"\n", 0, error.start) + 1, "not UTF-8 text")
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.add(mark.line + 1 if mark else 0, f"not valid YAML: {error.problem or error.context}")
        return None
    except yaml.YAMLError as error:
        problems.add(0, f"not valid YAML: {' '.join(str(error).split())}")
        return None
    except RecursionError:
        problems.add(0, "the text is nested too deeply")
        return None
    problems.add(0, "the file is empty")
    return None


class _Builder:
    """Turns PyYAML's nodes into ours."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._count = 0

    def build(self, node: yaml.Node, above: tuple[int, ...]) -> Node:
        line = node.start_mark.line + 1
        self._count += 1
        if id(node) in above or self._count > _MOST_NODES:
            if self._count <= _MOST_NODES + 1:
                self._problems.add(line, "an alias refers to itself, or the file is far too large")
            self._count = _MOST_NODES + 2
            return Text("", line, plain=True)
        above = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            return Text(node.value, line, plain=node.style is None)
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith("tag:yaml.org,2002:python"):
            self._problems.add(line, f"the tag {node.tag} is not allowed; the file holds data only")
        if isinstance(node, yaml.SequenceNode):
            return Items(tuple(self.build(item, above) for item in node.value), line)
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._problems.add(at, "a key must be a plain word")
            elif key.value in entries:
                self._problems.add(at, f"key {key.value!r} appears twice (first on line {lines[key.value]})")
            else:
                entries[key.value], lines[key.value] = self.build(value, above), at
        return Block(entries, lines, line)


def _kind(node: Node) -> Literal["a mapping", "a list", "nothing"] | str:  # noqa: PYI051 - for the reader
    if isinstance(node, Block):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    return "nothing" if node.empty else repr(node.text)

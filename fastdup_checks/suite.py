"""Entries of `expectations:` -> expectations, from a configuration file and the suites it extends."""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_checks.checks import CHECKS
from fastdup_checks.document import Block, Items, Problems, Text, load_document, nearest
from fastdup_checks.expectation import Bound, Expectation
from fastdup_checks.parameters import Parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_checks.checks.check import Check
    from fastdup_checks.config import DatasetPlan
    from fastdup_checks.document import Node
    from fastdup_checks.expectation import Severity

__all__ = ("Entries", "check_version", "shipped_suites")

_SUITE_KEYS = ("version", "extends", "description", "expectations")
_COMMON_KEYS = ("at_most", "at_least", "id", "severity", "skip", "xfail", "marks")
_PACKAGE = "fastdup_checks/"
_MOST_SUITES = 100


def shipped_suites() -> tuple[str, ...]:
    """The names under which suites can be extended: "fastdup_checks/hygiene", ..."""
    folder = resources.files("fastdup_checks.expectations")
    return tuple(sorted(_PACKAGE + f.name[:-4] for f in folder.iterdir() if f.name.endswith(".yml")))


def check_version(block: Block, problems: Problems) -> None:
    """Note a problem where the file does not say `version: 1`."""
    node = block.entries.get("version")
    if node is None:
        problems.add(0, "the key 'version' is missing; write 'version: 1' on top")
    elif not (isinstance(node, Text) and node.text == "1"):
        problems.add(node.line, "this release reads version 1 only")


class Entries:
    """Reads expectations of a file and of the suites it extends; a later entry replaces an inherited one of its id."""

    def __init__(self, path: Path, problems: Problems, dataset: DatasetPlan | None) -> None:
        self._path = path
        self._problems = problems
        self._dataset = dataset
        self.found: dict[str, Expectation] = {}
        self._suites_read = 0
        self._anchor = 0
        """Line of the configuration file that extends the suite being read."""

    def extend(self, block: Block, above: tuple[str, ...]) -> None:
        """Read the suites that a file extends, in their order.

        Args:
            block: the file.
            above: the file and those that extend it, as their real paths.
        """
        node = block.entries.get("extends")
        if node is None:
            return
        parts = node.items if isinstance(node, Items) else (node,)
        for part in parts:
            name = self._problems.text(part, "extends")
            if len(above) == 1:
                self._anchor = part.line
            if name is not None:
                self._extend_one(name, part.line, above)

    def _extend_one(self, name: str, line: int, above: tuple[str, ...]) -> None:
        problems = self._problems
        if name.startswith(_PACKAGE):
            if name not in shipped_suites():
                problems.add(line, f"extends: no shipped suite {name!r}{nearest(name, shipped_suites())}")
                return
            shown = identity = name
            text = (resources.files("fastdup_checks.expectations") / f"{name[len(_PACKAGE) :]}.yml").read_bytes()
        else:
            file = Path(problems.path).parent / name
            shown = str(file)
            try:
                text = file.read_bytes()
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or error
                problems.add(line, f"extends: {file}: {why}; shipped suites: {', '.join(shipped_suites())}")
                return
            identity = os.path.realpath(file)
        if identity in above:
            problems.add(line, f"extends: {name} extends itself")
            return
        self._suites_read += 1
        if self._suites_read > _MOST_SUITES:
            if self._suites_read == _MOST_SUITES + 1:
                problems.add(line, f"extends: more than {_MOST_SUITES} suites, each counted as often as it is extended")
            return
        inner = Problems(shown)
        root = load_document(text, inner)
        block = inner.block(root, "the file") if root is not None else None
        if block is not None:
            inner.known_keys(block, _SUITE_KEYS, "a suite")
            check_version(block, inner)
            self._problems = inner
            self.extend(block, (*above, identity))
            self.read(block, shown)
            self._problems = problems
        problems.found.extend(inner.found)

    def read(self, block: Block, source: str) -> None:
        """Read the `expectations` of one file."""
        node = block.entries.get("expectations")
        if node is None or (isinstance(node, Text) and node.empty):
            return
        here: dict[str, int] = {}
        for item in self._problems.items(node, "expectations"):
            expectation = self._read_one(item, source)
            if expectation is None:
                continue
            if expectation.id in here:
                self._problems.add(
                    item.line,
                    f"a second expectation with the id {expectation.id!r} (first on line "
                    f"{here[expectation.id]}); give one of them an 'id:' of its own",
                )
            here[expectation.id] = item.line
            self.found[expectation.id] = expectation

    def _read_one(self, node: Node, source: str) -> Expectation | None:
        problems = self._problems
        if isinstance(node, Text) and not node.empty:
            name, body = node.text, Block({}, {}, node.line)
        elif isinstance(node, Block) and len(node.entries) == 1:
            name, inner = next(iter(node.entries.items()))
            if isinstance(inner, Text) and inner.empty:
                body = Block({}, {}, inner.line)
            else:
                read = problems.block(inner, name)
                if read is None:
                    return None
                body = read
        else:
            said = "an expectation is one check with its bound: '- duplicate_rate: {at_most: 1%}'"
            if isinstance(node, Block) and (name := next(iter(node.entries), "")) in CHECKS:
                said += f"; indent what belongs to {name} further than its name"
            problems.add(node.line, said)
            return None
        check = CHECKS.get(name)
        if check is None:
            problems.add(node.line, f"unknown check {name!r}{nearest(name, CHECKS)}")
            return None
        return self._build(check, body, node.line, source)

    def _build(self, check: Check, body: Block, line: int, source: str) -> Expectation | None:
        problems, before = self._problems, len(self._problems.found)
        kinds = check.parameters()
        problems.known_keys(body, (*_COMMON_KEYS, *kinds), check.name)
        bound = self._bound(check, body)
        reader = Parameters(self._path, problems, self._dataset)
        params: dict[str, Any] = {
            key: reader.read(check, key, about, body.entries[key])
            for key, about in kinds.items()
            if key in body.entries
        }
        self._needs(check, check.params(**params), line)
        texts = {
            key: problems.text(body.entries[key], f"{check.name}.{key}") if key in body.entries else None
            for key in ("id", "severity", "skip", "xfail")
        }
        for key in ("skip", "xfail"):
            if texts[key] is not None and str(texts[key]).strip().lower() in _ANSWERS:
                problems.add(body.lines[key], f"{key} is the reason why, in words, not {texts[key]!r}")
        severity = texts["severity"] or "error"
        if severity not in {"error", "warn"}:
            problems.add(body.lines["severity"], f"severity must be error or warn, not {severity!r}")
        marks = problems.texts(body.entries["marks"], f"{check.name}.marks") if "marks" in body.entries else ()
        for mark in marks:
            if not mark.isidentifier() or mark.startswith("_"):
                problems.add(body.lines["marks"], f"{check.name}.marks: {mark!r} is no name of a pytest mark")
        identity = texts["id"] or _slug(check.name, [params.get(key) for key in kinds if kinds[key]["kind"] in _SCOPES])
        if not re.fullmatch(r"[^\s\[\]/:]+", identity) or not identity.isprintable():
            problems.add(
                line, f"the id {identity!r} may not hold blanks, brackets, colons, slashes or hidden characters"
            )
        if len(problems.found) > before:
            return None
        return Expectation(
            id=identity,
            check=check.name,
            bound=bound,
            unit=check.unit,
            params=check.params(**params),
            severity=_severity(severity),
            skip=texts["skip"],
            xfail=texts["xfail"],
            marks=marks,
            source=source,
            line=line,
            anchor=line if source == str(self._path) else self._anchor,
        )

    def _bound(self, check: Check, body: Block) -> Bound:
        direction = check.bound.direction
        wrong = "at_least" if direction == "at_most" else "at_most"
        if wrong in body.entries:
            self._problems.add(body.lines[wrong], f"{check.name} takes {direction}, not {wrong}")
        if direction not in body.entries:
            return check.bound
        node = body.entries[direction]
        value = self._problems.number(node, f"{check.name}.{direction}")
        if value is None:
            return check.bound
        percent = isinstance(node, Text) and node.text.rstrip().endswith("%")
        if check.unit in {"share", "statistic"} and not 0 <= value <= 1:
            hint = f"; did you mean {value:g}%?" if 1 < value <= 100 and not percent else ""
            ends = "is a share and lies between 0% and 100%" if check.unit == "share" else "lies between 0 and 1"
            self._problems.add(node.line, f"{check.name}.{direction} {ends}{hint}")
        elif check.unit == "share" and direction == "at_most" and value == 1 and not percent:
            self._problems.add(node.line, f"{check.name}.{direction}: 1 allows everything; write 1%, or 100%")
        elif check.unit not in {"share", "statistic"} and (percent or value < 0 or not value.is_integer()):
            self._problems.add(
                node.line,
                f"{check.name}.{direction} counts {check.unit} and must be a whole number of at least 0",
            )
        return Bound(direction, value)

    def _needs(self, check: Check, params: Any, line: int) -> None:
        if self._dataset is None:
            return
        have = {"labels": self._dataset.labels, "splits": self._dataset.splits, "groups": self._dataset.groups}
        for need in sorted(check.needs_with(params)):
            if have[need] is None:
                self._problems.add(line, f"{check.name} needs dataset.{need}, and this dataset has none")


_ANSWERS = {"true", "false", "yes", "no", "on", "off", "0", "1"}
_SCOPES = {"split", "label", "split_pair"}


def _slug(name: str, scope: Sequence[Any]) -> str:
    words = [name]
    for part in scope:
        words += [str(p) for p in part] if isinstance(part, tuple) else [str(part)] if part is not None else []
    return "-".join(re.sub(r"[\s\[\]/:]+", "_", word) for word in words)


def _severity(word: str) -> Severity:
    return "warn" if word == "warn" else "error"

"""Parameters of checks, as data.yml writes them and as hand-written tests do: one set of rules for both."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from fastdup_checks.document import Items, Problems, Text, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_checks.checks.check import Check
    from fastdup_checks.config import DatasetPlan
    from fastdup_checks.document import Node

__all__ = ("Parameters", "read_value")


def read_value(check: Check, key: str, value: Any, config: Path) -> Any:
    """What a check takes for a value that code gives.

    Args:
        check: that has the parameter.
        key: its name.
        value: as in data.yml: a string that says a share or a path, a list of splits.
        config: the data.yml, whose folder paths are relative to.

    Raises:
        ValueError: if the parameter cannot have that value.
    """
    about = check.parameters()[key]
    if value is None and about["default"] is None:
        return None
    problems = Problems(str(config))
    read = Parameters(config, problems, None).read(check, key, about, _written(value, f"{check.name}.{key}"))
    if problems.found:
        raise ValueError("; ".join(problem.message for problem in problems.found))
    return read


def _written(value: Any, what: str) -> Node:
    """A value as the file would hold it."""
    if isinstance(value, (list, tuple)):
        return Items(tuple(_written(item, what) for item in value), 0)
    if value is None or isinstance(value, bool):
        return Text("" if value is None else str(value), 0, plain=True)
    if isinstance(value, (str, os.PathLike)):
        return Text(str(value), 0, plain=False)
    if isinstance(value, Real):
        return Text(str(int(value)) if isinstance(value, Integral) else repr(float(value)), 0, plain=True)
    raise ValueError(f"{what} is {value!r}, which data.yml cannot say")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Reads parameters of checks out of nodes."""

    path: Path
    """The configuration file."""
    problems: Problems
    """Where to put what is wrong."""
    dataset: DatasetPlan | None
    """Whose splits can be named; None where a scan will say."""

    def read(self, check: Check, key: str, about: Mapping[str, Any], node: Node) -> Any:
        """The value of a parameter, of which `about` is what `Check.parameters` says."""
        problems, what, kind = self.problems, f"{check.name}.{key}", about["kind"]
        if kind == "split":
            return self._split(problems.text(node, what), node.line, what)
        if kind == "split_pair":
            names = [self._split(problems.text(n, what), n.line, what) for n in problems.items(node, what)]
            if len(names) != 2 or names[0] == names[1]:
                problems.add(node.line, f"{what} must name two different splits: [train, test]")
            return tuple(names)
        if kind in {"label", "path"}:
            text = problems.text(node, what)
            return self.path.parent / text if kind == "path" and text else text
        if kind == "choice":
            text = problems.text(node, what)
            if text is not None and text not in about["choices"]:
                problems.add(node.line, f"{what}: {text!r} is not known{nearest(text, about['choices'])}")
            return text
        return self._number(about, node, what)

    def _number(self, about: Mapping[str, Any], node: Node, what: str) -> float | None:
        problems, kind = self.problems, about["kind"]
        value = problems.number(node, what)
        if value is not None and about["inside"] and not 0 < value < 1:
            problems.add(node.line, f"{what} must lie between 0 and 1, and be neither")
        elif value is not None and kind == "share" and not about["least"] <= value <= 1:
            problems.add(node.line, f"{what} must lie between {about['least']:g} and 1 ({about['least']:.0%} and 100%)")
        if value is not None and kind == "number" and value < about["least"]:
            problems.add(node.line, f"{what} must be at least {about['least']:g}")
        return value

    def _split(self, name: str | None, line: int, what: str) -> str | None:
        if name is None or self.dataset is None:
            return name
        splits = self.dataset.splits
        if splits is None:
            self.problems.add(line, f"{what}: the dataset has no splits; write dataset.splits: {{{name}: FOLDER}}")
        elif isinstance(splits, Mapping) and name not in splits:
            self.problems.add(line, f"{what}: no split {name!r}{nearest(name, splits)}")
        return name

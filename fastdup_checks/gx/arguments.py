"""Whether the arguments of a rule make sense: they are read as an entry of a data.yml is, and refused alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_checks.checks import CHECKS
from fastdup_checks.config import read_limits
from fastdup_checks.document import Block, Items, Problems, Text
from fastdup_checks.suite import Entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastdup_checks.checks.check import Check
    from fastdup_checks.document import Node

__all__ = ("expect_sense",)

_LIMITS = ("megabytes", "megapixels")


def expect_sense(name: str, arguments: Mapping[str, Any]) -> None:
    """Make sure that a rule can mean something by its arguments.

    Those that are no affair of the check, and suite parameters, whose values are known when the rule runs, are let
    pass.

    Args:
        name: the check.
        arguments: of the rule, as they were given: pydantic takes `True` for 1.

    Raises:
        ValueError: if an argument is out of its range, or of another type; all problems are told at once.
    """
    check, problems = CHECKS[name], Problems("")
    given = {key: value for key, value in arguments.items() if not (value is None or isinstance(value, dict))}
    own = (*check.parameters(), "at_most", "at_least")
    # An id, since the one that is made of a split or a label may not hold everything that these hold.
    entry = {"id": _node("rule")} | {key: _written(check, key, given[key]) for key in own if key in given}
    listed = Items((_block({name: _block(entry)}),), 0)
    Entries(Path(), problems, None).read(_block({"expectations": listed}), "")
    limits = {key: _node(given[key]) for key in _LIMITS if key in given}
    read_limits(_block({"limits": _block(limits)} if limits else {}), problems)
    if problems.found:
        raise ValueError("; ".join(problem.message for problem in problems.found))


def _written(check: Check, key: str, value: Any) -> Node:
    """An argument as data.yml has it."""
    if key == check.bound.direction and check.unit == "share" and value == 1 and not isinstance(value, bool):
        return _node("100%")  # data.yml asks whether 1 is 1%; numbers have no other way to say everything
    return _node(value)


def _block(entries: Mapping[str, Node]) -> Block:
    return Block(dict(entries), dict.fromkeys(entries, 0), 0)


def _node(value: Any) -> Node:
    if isinstance(value, list | tuple):
        return Items(tuple(_node(item) for item in value), 0)
    return Text(str(value), 0, plain=False)

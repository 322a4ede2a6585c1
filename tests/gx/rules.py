"""The rules of this package, and how tests make one."""

from __future__ import annotations

import inspect

import fastdup_checks.gx as images
from fastdup_checks.checks import CHECKS
from fastdup_checks.gx.batch_rules import ImageBatchRule
from fastdup_checks.gx.row_rules import ImageRowRule

BATCH_RULES = [v for v in vars(images).values() if inspect.isclass(v) and issubclass(v, ImageBatchRule)]
ROW_RULES = [v for v in vars(images).values() if inspect.isclass(v) and issubclass(v, ImageRowRule)]


def make(rule: type, root: str, **arguments: object) -> object:
    return rule(root=root, **({"column": "path"} if issubclass(rule, ImageRowRule) else {}), **arguments)


def lenient(rule: type) -> dict[str, object]:
    """A bound that anything measured keeps to."""
    if issubclass(rule, ImageRowRule):
        return {"mostly": 0.0}
    bound = CHECKS[rule.check].bound
    most = 1.0 if CHECKS[rule.check].unit in {"share", "statistic"} else 10**6
    return {bound.direction: most if bound.direction == "at_most" else 0.0}

"""A data.yml as Great Expectations sees it: a suite of rules, and the data frame that they judge."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd
from great_expectations import ExpectationSuite

from fastdup_checks.checks import CHECKS
from fastdup_checks.config import Plan, load_plan
from fastdup_checks.errors import ConfigError, Problem
from fastdup_checks.expectation import Expectation
from fastdup_checks.gx import batch_rules, quality_rules
from fastdup_checks.gx.batch_rules import ImageBatchRule
from fastdup_checks.gx.rule import META
from fastdup_checks.gx.source import UndecodedName
from fastdup_checks.pipeline import open_dataset
from fastdup_checks.records import valid_text

__all__ = ("frame_from_config", "rule_of", "suite_from_config")

RULES: dict[str, type[ImageBatchRule]] = {
    rule.check: rule
    for rule in (*vars(batch_rules).values(), *vars(quality_rules).values())
    if isinstance(rule, type) and issubclass(rule, ImageBatchRule) and rule.check
}
"""The rule of each check."""


def suite_from_config(config: str | Path, name: str = "images") -> ExpectationSuite:
    """The expectations of a data.yml as a suite, to be run on `frame_from_config`.

    The verdicts are those of `fastdup-checks check`: bounds, parameters, `id` and `xfail` are kept, `severity: warn`
    becomes the severity "warning", and an entry that is skipped is left out. The rules name the file, from which they
    take the folder of the images, the encoder and the limits each time they run.

    Args:
        config: the file, absolute or relative to the directory in which the suite will run.
        name: of the suite.

    Raises:
        ConfigError: if the file is wrong, or there is no rule for one of its checks.
    """
    plan = load_plan(config)
    judged = [entry for entry in plan.expectations if entry.skip is None]
    unknown = [
        Problem(str(config), entry.line, f"Great Expectations has no rule for {entry.check}; say skip: and why")
        for entry in judged
        if entry.check not in RULES
    ]
    if unknown:
        raise ConfigError(unknown)
    rules = [rule_of(entry, config=str(config)) for entry in judged]
    skipped = {entry.id: entry.skip for entry in plan.expectations if entry.skip is not None}
    return ExpectationSuite(name, expectations=rules, meta={META: {"config": str(config), "skipped": skipped}})


def rule_of(entry: Expectation, **source: Any) -> ImageBatchRule:
    """One entry of a data.yml as a rule.

    Args:
        entry: the expectation.
        source: arguments that say where the images are: `config`, `root`, `image_column`, ...
    """
    params = {f.name: getattr(entry.params, f.name) for f in dataclasses.fields(entry.params)}
    params = {name: _plain(value) for name, value in params.items() if value is not None}
    known = {"id": entry.id} | ({"xfail": entry.xfail} if entry.xfail is not None else {})
    bound = entry.bound or CHECKS[entry.check].bound
    return RULES[entry.check](
        **source,
        **params,
        **{bound.direction: bound.value},
        severity="warning" if entry.severity == "warn" else "critical",
        meta={META: known},
    )


def frame_from_config(config: str | Path | Plan) -> pd.DataFrame:
    """The images of a data.yml, listed now: one row each with `path`, and `split`, `label`, `group` where it has them.

    A path that is not valid Unicode is an object of which `os.fspath` gives the name. In names of splits, labels and
    groups, bytes that are no text are written out, as everywhere where they are shown.

    Raises:
        ConfigError: if the file is wrong.
        DatasetError: if there are no images.
    """
    plan = config if isinstance(config, Plan) else load_plan(config)
    dataset = open_dataset(plan.dataset)
    columns: dict[str, list[Any]] = {"path": [_path(record.path) for record in dataset.records]}
    if dataset.splits:
        columns["split"] = [_text(record.split) for record in dataset.records]
    if dataset.labelled:
        columns["label"] = [_text(record.label) for record in dataset.records]
    if plan.dataset.groups is not None:
        columns["group"] = [_text(record.group) for record in dataset.records]
    # Python objects: Arrow would refuse names that hold bytes that are no text.
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def _path(name: str) -> str | UndecodedName:
    """The cell that names an image: the file must be found by it."""
    return name if valid_text(name) == name else UndecodedName(name)


def _text(name: str | None) -> str | None:
    return None if name is None else valid_text(name)


def _plain(value: Any) -> Any:
    """A parameter in the types of JSON."""
    if isinstance(value, tuple):
        return list(value)
    return valid_text(str(value)) if isinstance(value, Path) else value

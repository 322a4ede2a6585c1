"""The files that a run reads, which nothing that it writes may take the place of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.column import Column
from fastdup_checks.encoders.calibration import FILE
from fastdup_checks.encoders.plan import ModelPlan, VectorPlan
from fastdup_checks.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastdup_checks.config import Plan

__all__ = ("expect_spared",)


def expect_spared(plan: Plan, files: Iterable[Path], advice: str) -> None:
    """Make sure that files to be written are no inputs of a plan.

    Args:
        plan: what is read.
        files: what is to be written.
        advice: what to do about it, as the end of the message.

    Raises:
        ConfigError: with every file that would be lost.
    """
    known = {os.path.realpath(file): what for file, what in _inputs(plan)}
    found = ((file, known.get(os.path.realpath(file))) for file in files)
    problems = [Problem(str(file), 0, f"that is {what}; {advice}") for file, what in found if what]
    if problems:
        raise ConfigError(problems)


def _inputs(plan: Plan) -> Iterator[tuple[Path, str]]:
    """Each file that a plan names, and what it is."""
    for key in ("splits", "labels", "groups"):
        table = getattr(plan.dataset, key)
        if isinstance(table, Column):
            yield table.csv, f"the table of dataset.{key}"
    if isinstance(plan.model, VectorPlan):
        yield plan.model.npy, "the file of embeddings.npy"
        yield plan.model.files, "the file of embeddings.files"
    elif isinstance(plan.model, ModelPlan) and isinstance(plan.model.source, Path):
        yield plan.model.source, "the model"
    for expectation in plan.expectations:
        reference = getattr(expectation.params, "reference", None)
        if reference is not None:
            yield reference, f"the reference of {expectation.id}"
        if expectation.source:
            yield Path(expectation.source), "a suite that the configuration extends"
    yield plan.path.parent / FILE, "the calibration of the model"
    if plan.baseline is not None:
        yield plan.baseline, "the file of accepted findings"
    yield plan.path, "the configuration"

"""The files that a run reads, which nothing that it writes may take the place of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.column import Column
from fastdup_checks.encoders.calibration import FILE
from fastdup_checks.encoders.plan import ModelPlan, VectorPlan
from fastdup_checks.errors import ConfigError, Problem
from fastdup_checks.folder import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastdup_checks.config import Plan
    from fastdup_checks.records import Dataset

__all__ = ("expect_spared",)


def expect_spared(plan: Plan, files: Iterable[Path], advice: str, dataset: Dataset | None = None) -> None:
    """Make sure that files to be written are no inputs of a plan, and none of the dataset where it is given.

    Args:
        plan: what is read.
        files: what is to be written.
        advice: what to do about it, as the end of the message.
        dataset: the images of the plan, where they are known already.

    Raises:
        ConfigError: with every file that would be lost.
    """
    known = {os.path.realpath(file): what for file, what in _inputs(plan)}
    found = [(file, known.get(os.path.realpath(file))) for file in files]
    if dataset is not None:
        found += [(file, "a file of the dataset") for file in _images(dataset, [f for f, what in found if not what])]
    problems = [Problem(str(file), 0, f"that is {what}; {advice}") for file, what in found if what]
    if problems:
        raise ConfigError(problems)


def _images(dataset: Dataset, files: Iterable[Path]) -> Iterator[Path]:
    """Those files that are images of a dataset, or are called like one and lie among them."""
    there = {_identity(file): file for file in files if file.exists()}
    root = os.path.realpath(dataset.root)
    looked_at = {_identity(dataset.root / r.path) for r in dataset.records} if there else ()
    for identity, file in there.items():
        among = Path(os.path.realpath(file)).is_relative_to(root)
        if identity in looked_at or (among and file.suffix.lower() in IMAGE_SUFFIXES):
            yield file


def _identity(file: Path) -> tuple[int, int] | None:
    """What a file has in common with itself under another name; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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

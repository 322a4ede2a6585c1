"""What a check is: a function from an analysis to a measurement, and how data.yml speaks of it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal

from fastdup_checks.errors import DatasetError
from fastdup_checks.expectation import Bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.findings import Measurement, Unit
    from fastdup_checks.records import Dataset

__all__ = ("Check", "Kind", "Need", "Scope", "at_least", "at_most", "check", "parameter")

Need = Literal["labels", "splits", "groups"]
"""What the dataset must have for the check to say anything."""

Kind = Literal["split", "label", "split_pair", "share", "number", "path", "choice"]
"""How a parameter is written in data.yml and what it may hold."""


def parameter(
    kind: Kind,
    doc: str,
    default: Any = None,
    choices: tuple[str, ...] = (),
    *,
    least: float = 0,
    inside: bool = False,
) -> Any:
    """A field of a check's parameter dataclass, with what the configuration and the schema need to know of it.

    A share that lies `inside` is neither 0 nor 1.
    """
    about = {"kind": kind, "doc": doc, "choices": choices, "least": least, "inside": inside}
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which images a check looks at."""

    split: str | None = parameter("split", "Only images of this split.")
    label: str | None = parameter("label", "Only images with this label.")


@dataclass(frozen=True, slots=True)
class Check:
    """One entry of the registry."""

    name: str
    measure: Callable[[Analysis, Any], Measurement]
    unit: Unit
    bound: Bound
    """The bound of an expectation that states none, and the only direction that makes sense."""
    params: type[Any]
    needs: frozenset[Need]
    instead: str | None = None
    """The parameter that brings what is needed, where it is given."""

    @property
    def doc(self) -> str:
        """The docstring: what is measured, over which population, and what to do about it."""
        return inspect.getdoc(self.measure) or ""

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return self.doc.split("\n", 1)[0]

    def needs_with(self, params: Any) -> frozenset[Need]:
        """What the dataset must have where the parameters are these."""
        return frozenset() if self.instead and getattr(params, self.instead) is not None else self.needs

    def parameters(self) -> dict[str, dict[str, Any]]:
        """Name -> {"kind", "doc", "choices", "least", "inside", "default"} of each parameter."""
        return {f.name: {**f.metadata, "default": f.default} for f in fields(self.params)}


def at_most(value: float) -> Bound:
    """An upper bound."""
    return Bound("at_most", value)


def at_least(value: float) -> Bound:
    """A lower bound."""
    return Bound("at_least", value)


def check(
    *,
    unit: Unit,
    bound: Bound,
    params: type[Any] = Scope,
    needs: tuple[Need, ...] = (),
    instead: str | None = None,
) -> Callable[[Callable[[Analysis, Any], Measurement]], Check]:
    """Make a check of a function, which gives it its name and its documentation.

    It raises a `DatasetError` where the dataset does not have what it needs: nothing found must not pass there.
    """

    def make(measure: Callable[[Analysis, Any], Measurement]) -> Check:
        @wraps(measure)
        def measure_what_is_there(analysis: Analysis, scope: Any) -> Measurement:
            for need in sorted(made.needs_with(scope)):
                if not _has(analysis.scan.dataset, need):
                    raise DatasetError(
                        f"{measure.__name__} needs {need}, and the dataset has none; check dataset.{need}"
                    )
            return measure(analysis, scope)

        made = Check(measure.__name__, measure_what_is_there, unit, bound, params, frozenset(needs), instead)
        return made

    return make


def _has(dataset: Dataset, need: Need) -> bool:
    if need == "splits":
        return bool(dataset.splits)
    return any((record.label if need == "labels" else record.group) is not None for record in dataset.records)

"""What fixtures hand to hand-written tests."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastdup_checks.checks import CHECKS
from fastdup_checks.document import nearest
from fastdup_checks.findings import Measurement
from fastdup_checks.plugin.terminal import finding_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastdup_checks.plugin.run import Run
    from fastdup_checks.result import Result

__all__ = ("Fastdup", "explain")

_MOST_LINES = 10


class Fastdup:
    """A scanned dataset, as tests ask of it."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def result(self) -> Result:
        """Everything found: duplicates, leaks, outliers, ..., and the verdicts on the file's expectations."""
        return self._run.result()

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have images."""
        return self._run.scan().scan.dataset.splits

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels in use, sorted."""
        return self._run.scan().scan.dataset.classes

    def measure(self, check: str, **params: Any) -> Measurement:
        """What a check says of the dataset, without a bound.

        Args:
            check: the name of a check, as in data.yml.
            params: its parameters, as in data.yml: `split="train"`, `between=("train", "test")`.

        Raises:
            TypeError: if there is no such check, or it has no such parameter.
            ValueError: if a parameter cannot have that value.
            DatasetError: if the dataset lacks what the check needs.
        """
        found = CHECKS.get(check)
        if found is None:
            raise TypeError(f"unknown check {check!r}{nearest(check, CHECKS)}")
        known = found.parameters()
        for name, value in params.items():
            if name not in known:
                raise TypeError(f"{check} has no parameter {name!r}{nearest(name, known)}")
            wanted = _wanted(known[name])
            if value != known[name]["default"] and wanted is not None and not wanted[0](value):
                raise ValueError(f"{check}: {name} is {value!r}; {wanted[1]} is wanted")
        return self._run.measure(check, found.params(**params))


def _wanted(about: Mapping[str, Any]) -> tuple[Callable[[Any], bool], str] | None:
    """What a parameter of a check must be, and in words; None where the dataset says what is wrong."""
    choices, least = about["choices"], about["least"]
    if about["inside"]:
        return lambda value: 0 < value < 1, "a number between 0 and 1"
    rules: dict[str, tuple[Callable[[Any], bool], str]] = {
        "share": (lambda value: least <= value <= 1, f"a number from {least:g} to 1"),
        "split_pair": (lambda value: len(value) == len(set(value)) == 2, "a pair of two different splits"),
        "choice": (lambda value: value in choices, " or ".join(choices)),
    }
    return rules.get(about["kind"])


def explain(op: str, left: Any, right: Any) -> list[str]:
    """Why an assertion on findings failed: how many there are, and the worst of them."""
    value, other, swapped = (left, right, False) if _found(left) else (right, left, True)
    if isinstance(value, Measurement):
        said = f"{value.value:.6g} ({value.count} of {value.population} {value.counted})"
        lines = [finding_line(f.images, f.score, f.note) for f in value.findings]
    else:
        said = f"{len(value)} found"
        lines = [str(found) for found in value]
    shown = [f"{other!r} {op} {said}" if swapped else f"{said} {op} {other!r}", *lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"... and {len(lines) - _MOST_LINES} more")
    return shown


def _found(value: Any) -> bool:
    return isinstance(value, Measurement) or (isinstance(value, list) and bool(value))

"""What fixtures hand to hand-written tests."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastdup_checks.checks import CHECKS
from fastdup_checks.ci import harmless
from fastdup_checks.document import nearest
from fastdup_checks.findings import Measurement
from fastdup_checks.parameters import read_value
from fastdup_checks.plugin.terminal import finding_line

if TYPE_CHECKING:
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
            params: its parameters, as in data.yml: `split="train"`, `between=("train", "test")`, `threshold="98%"`; a
                path is relative to that file's folder.

        Raises:
            TypeError: if there is no such check, or it has no such parameter.
            ValueError: if a parameter cannot have that value.
            DatasetError: if the dataset lacks what the check needs.
        """
        found = CHECKS.get(check)
        if found is None:
            raise TypeError(f"unknown check {check!r}{nearest(check, CHECKS)}")
        known = found.parameters()
        for name in params:
            if name not in known:
                raise TypeError(f"{check} has no parameter {name!r}{nearest(name, known)}")
        config = self._run.plan.path
        read = {name: read_value(found, name, value, config) for name, value in params.items()}
        return self._run.measure(check, found.params(**read))


def explain(op: str, left: Any, right: Any) -> list[str]:
    """Why an assertion on findings failed: how many there are, and the worst of them."""
    value, other, swapped = (left, right, False) if _found(left) else (right, left, True)
    if isinstance(value, Measurement):
        said = f"{value.value:.6g} ({value.count} of {value.population} {value.counted})"
        lines = [finding_line(f.images, f.score, f.note) for f in value.findings]
    else:
        said = f"{len(value)} found"
        lines = [harmless(str(found)) for found in value]
    shown = [f"{other!r} {op} {said}" if swapped else f"{said} {op} {other!r}", *lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"... and {len(lines) - _MOST_LINES} more")
    return shown


def _found(value: Any) -> bool:
    return isinstance(value, Measurement) or (isinstance(value, list) and bool(value))

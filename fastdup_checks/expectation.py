"""An expectation: a check, its parameters and a bound; one entry of data.yml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from fastdup_checks.findings import Unit

__all__ = ("Bound", "Direction", "Expectation", "Severity")

Direction = Literal["at_most", "at_least"]
Severity = Literal["error", "warn"]


@dataclass(frozen=True, slots=True)
class Bound:
    """An inclusive limit."""

    direction: Direction
    value: float

    def holds(self, value: float) -> bool:
        """Whether the value keeps to the limit; not-a-number never does."""
        return value <= self.value if self.direction == "at_most" else value >= self.value

    def __str__(self) -> str:
        return f"{self.direction}: {self.value:g}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """A check with a bound, as data."""

    id: str
    """Unique in its file; by default the check's name and its scope ("leak-train-test")."""
    check: str
    """The name of a check in the registry."""
    bound: Bound | None
    """None where the value is only measured."""
    unit: Unit
    params: Any
    """The check's parameter dataclass."""
    severity: Severity = "error"
    skip: str | None = None
    """Why the expectation is not judged at all."""
    xfail: str | None = None
    """Why the expectation is known to fail."""
    marks: tuple[str, ...] = ()
    source: str = ""
    """The file that holds the entry."""
    line: int = 0
    """1-based line of the entry."""
    anchor: int = 0
    """1-based line of the configuration file that the entry came by: its own, or that which extends its suite."""

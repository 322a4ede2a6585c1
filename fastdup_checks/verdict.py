"""An expectation held against a measurement."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastdup_checks.findings import SINGULAR, Measurement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastdup_checks.expectation import Bound, Expectation
    from fastdup_checks.findings import Finding, Unit

__all__ = ("Outcome", "Verdict", "format_bound", "format_value", "headline", "judge", "skipped")

Outcome = Literal["passed", "failed", "warned", "xfailed", "measured", "skipped"]
"""`warned` is a failure of an expectation whose severity is `warn`, `xfailed` one that is known and has a reason;
`measured` has no bound to keep to."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one expectation."""

    expectation: Expectation
    measurement: Measurement
    outcome: Outcome
    message: str
    """One sentence with value, bound, numerator and denominator."""
    accepted: tuple[Finding, ...] = ()
    """Findings that the baseline accepts; they are not in the measurement."""

    def __repr__(self) -> str:
        return f"<Verdict {self.outcome}: {self.message}>"

    @property
    def failed(self) -> bool:
        """Whether this verdict fails the build."""
        return self.outcome == "failed"


def judge(expectation: Expectation, measurement: Measurement, accepted: tuple[Finding, ...] = ()) -> Verdict:
    """Hold a measurement against the expectation's bound; bounds are inclusive.

    An expectation that is known to fail (`xfail`) fails when it is met: its reason has gone, and so must the entry.

    Args:
        expectation: with the bound.
        measurement: without what is accepted.
        accepted: findings that were taken out of it.
    """
    bad: Outcome = "warned" if expectation.severity == "warn" else "failed"
    said = _sentence(expectation, measurement)
    if accepted:
        said += f"; {len(accepted)} accepted"
    if expectation.bound is None:
        outcome: Outcome = "measured"
    elif expectation.bound.holds(measurement.value):
        outcome = "passed" if expectation.xfail is None else bad
        said += "" if expectation.xfail is None else f"; no longer fails, so remove its xfail ({expectation.xfail})"
    elif expectation.xfail is None:
        outcome = bad
    else:
        outcome = "xfailed"
        said += f"; known to fail ({expectation.xfail})"
    return Verdict(expectation, measurement, outcome, said, accepted)


def skipped(expectation: Expectation) -> Verdict:
    """The verdict on an expectation that is not to be judged; it has nothing measured."""
    measurement = Measurement(math.nan, expectation.unit, 0, 0, "images")
    return Verdict(expectation, measurement, "skipped", f"{expectation.id}: skipped ({expectation.skip})")


def headline(verdicts: Iterable[Verdict]) -> str:
    """How it went, in one line: "1 of 3 expectations failed, 1 warned, 2 skipped"."""
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    judged = outcomes.total() - outcomes["skipped"] - outcomes["measured"]
    if outcomes["measured"] and not judged:
        return f"{outcomes['measured']} measured, nothing expected"
    noun = "expectation" if judged == 1 else "expectations"
    if outcomes["failed"]:
        said = f"{outcomes['failed']} of {judged} {noun} failed"
    else:
        whole = f"all {judged}" if judged > 1 else str(judged)
        said = f"{whole if outcomes['passed'] == judged else outcomes['passed']} {noun} passed"
    rest: dict[Outcome, str] = {"warned": "warned", "xfailed": "failed as expected", "skipped": "skipped"}
    return ", ".join([said, *(f"{outcomes[outcome]} {word}" for outcome, word in rest.items() if outcomes[outcome])])


def _sentence(expectation: Expectation, measurement: Measurement) -> str:
    unit, bound = measurement.unit, expectation.bound
    said = f"{expectation.id}: {format_value(measurement.value, unit, beside=bound.value if bound else None)}"
    if bound is not None:
        held = bound.holds(measurement.value)
        place = "within the" if held else "above the" if bound.direction == "at_most" else "below the"
        said += f", {'with' if math.isnan(measurement.value) else place} {format_bound(bound, unit)}"
    if unit == "share" and not math.isnan(measurement.value):
        said += f" ({measurement.count} of {measurement.population} {measurement.counted})"
    elif unit == "share" or measurement.population:
        said += f" (among {measurement.population} {measurement.counted})"
    return f"{said}; {measurement.remark}" if measurement.remark else said


def format_bound(bound: Bound, unit: Unit) -> str:
    """The bound in words: "1% allowed", "95% wanted"."""
    value = _exactly(bound.value, unit) if unit in {"share", "statistic"} else f"{bound.value:.0f}"
    return f"{value} allowed" if bound.direction == "at_most" else f"{value} wanted"


def format_value(value: float, unit: Unit, *, with_unit: bool = True, beside: float | None = None) -> str:
    """A measured value for people: "1.25%", "3 pairs", "0.173".

    Enough digits are kept that rounding never moves a value onto the bound or past it, nor onto nothing or all.

    Args:
        value: any number; not-a-number where there is none.
        unit: what it counts.
        with_unit: whether to say what.
        beside: the bound that is printed beside it, if there is one.
    """
    if math.isnan(value):
        return "nothing to measure"
    if unit in {"share", "statistic"}:
        near = round(value, 4) if unit == "share" else float(f"{value:.4g}")
        landmarks = [mark for mark in (0.0, 1.0, beside) if mark is not None]
        moved = any((near > mark) - (near < mark) != (value > mark) - (value < mark) for mark in landmarks)
        return _exactly(value if moved else near, unit)
    number = f"{value:.0f}"
    if not with_unit:
        return number
    return f"{number} {SINGULAR[unit]}" if value == 1 else f"{number} {unit}"


def _exactly(value: float, unit: Unit) -> str:
    return f"{100 * value:.10g}%" if unit == "share" else f"{value:.10g}"

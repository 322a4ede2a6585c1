"""What a check returns: one number with its population, and the images behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal

__all__ = ("SINGULAR", "Finding", "Measurement", "Unit")

Unit = Literal["share", "images", "pairs", "groups", "classes", "statistic"]
"""What a measured value counts. `share` is `count / population`, in 0..1; `statistic` has no population of its own."""

SINGULAR = {"images": "image", "pairs": "pair", "groups": "group", "classes": "class"}
"""Units, as of one of them."""
_PLURAL = re.compile(rf"(?<![^ ])(?:{'|'.join(SINGULAR)})(?![^ ])")


@dataclass(frozen=True, slots=True)
class Finding:
    """One offending image, pair or group."""

    images: tuple[str, ...]
    """Paths of the images, the one to look at first in front; a pair has two, a group two or more."""
    score: float
    """How strongly this is a finding: higher is worse. Its meaning is the check's."""
    note: str
    """One short phrase that says why, without the paths: "mirror", "looks like hat, labelled dress"."""
    evidence: tuple[tuple[str, str | int | float], ...] = ()
    """Named facts, in the order in which to show them: (("suggested", "hat"), ("chance", 0.93))."""
    weight: int = 1
    """How many of those that the measurement counts this finding stands for: all but one of a group of duplicates.
    The weights of all findings make up the count; of a check with a lower bound, what it lacks of the population."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """The value that a bound is held against, and what it was counted over."""

    value: float
    unit: Unit
    count: int
    """The numerator: how many offenders (images, pairs, groups)."""
    population: int
    """The denominator: out of how many. Unreadable images are never dropped from it in silence."""
    population_name: str
    """What the population holds, for people: "images", "images in train", "train x test"."""
    findings: tuple[Finding, ...] = ()
    """Worst first."""
    remark: str = ""
    """One sentence that qualifies the number ("3 images could not be read and are not counted"), or empty."""

    @property
    def counted(self) -> str:
        """The name of the population for its number: of one class it is no "classes"."""
        if self.population != 1:
            return self.population_name
        return _PLURAL.sub(lambda found: SINGULAR[found[0]], self.population_name, count=1)

    def __le__(self, bound: float) -> bool:
        """Whether the value is at most a bound; not-a-number never is."""
        return self.value <= bound

    def __ge__(self, bound: float) -> bool:
        """Whether the value is at least a bound; not-a-number never is."""
        return self.value >= bound

    def __lt__(self, bound: float) -> bool:
        """Whether the value is less than a bound; not-a-number never is."""
        return self.value < bound

    def __gt__(self, bound: float) -> bool:
        """Whether the value is more than a bound; not-a-number never is."""
        return self.value > bound

    def __eq__(self, other: object) -> bool:
        """Whether the value is a number, or all of it is that of another measurement."""
        if isinstance(other, int | float):
            return self.value == other
        if not isinstance(other, Measurement):
            return NotImplemented
        mine, theirs = (tuple(getattr(one, f.name) for f in fields(self)) for one in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        """As of the number that it equals."""
        return hash(self.value)

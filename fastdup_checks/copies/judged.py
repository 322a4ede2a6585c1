"""The pairs that a search has judged so far, and the groups that they form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.calibration import DEFAULT_THRESHOLD
from fastdup_checks.copies.groups import connect

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("Judged",)

_TIE = 200.0
"""How many times likelier than alone it is that two pictures are copies which others tie together. Of 7,000 pairs of
edits of photographs and clothes that scored 0.05 to 0.98 alone and were tied, all were copies: this is little."""


@dataclass(slots=True)
class Judged:
    """Pairs of images that are all different; a pair is one number, first * count + second."""

    count: int
    """Images."""
    drawn: NDArray[np.bool_]
    """(count,) which of them are drawn."""
    all: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Every pair that was looked at, ascending."""
    keys: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(p,) those that may be copies..."""
    score: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    """(p,) ...with what probability, by themselves..."""
    edit: list[str] = field(default_factory=list)
    """...by what edit..."""
    tied: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    """(p,) ...and whether they were looked at again because others tie them together."""

    def sides(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first and the second image of pairs."""
        return keys // self.count, keys % self.count

    def add(self, keys: NDArray[np.int64], score: NDArray[np.float32], edit: list[str], *, tied: bool) -> None:
        """Take in pairs that may be copies."""
        self.keys = np.concatenate([self.keys, keys])
        self.score = np.concatenate([self.score, score])
        self.edit += edit
        self.tied = np.concatenate([self.tied, np.full(len(keys), tied)])

    @property
    def sure(self) -> NDArray[np.bool_]:
        """(p,) which pairs are copies."""
        return self.score >= DEFAULT_THRESHOLD

    def groups(self) -> NDArray[np.int64]:
        """(count,) the group that each image belongs to so far."""
        return connect(self.count, *self.sides(self.keys[self.sure]))

    def final_score(self) -> NDArray[np.float32]:
        """(p,) scores, raised where both lie in one group although they do not look enough alike by themselves.

        Not where both are drawn: there what differs is what counts. Not above what holds the group together: a pair is
        no surer than the pairs that tie it.
        """
        label, sure = self.groups(), self.sure
        first, second = self.sides(self.keys)
        weakest = np.ones(self.count, np.float32)
        np.minimum.at(weakest, label[first[sure]], self.score[sure])
        odds = self.score / np.maximum(1 - self.score, np.float32(1e-6)) * np.float32(_TIE)
        raised = np.minimum(odds / (1 + odds), weakest[label[first]])
        tied = (label[first] == label[second]) & ~sure & ~(self.drawn[first] & self.drawn[second])
        return np.where(tied, raised, self.score)

"""How the pictures of a pair may lie in one another: guessed, gated, measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ("IN_PLACE", "FirstLook", "Gates", "Measured", "PictureSet")

IN_PLACE = 2
"""Which of the hypotheses of the first look is the one without any shift."""


@dataclass(frozen=True, slots=True)
class PictureSet:
    """What is compared of pictures; arrays have a row for each."""

    small: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    """Gives luminance (rows, 32, 32) of some pictures."""
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]]
    """Gives thumbnails (rows, 64, 64, 3) of some pictures."""
    shape: NDArray[np.float32]
    """Width over height of the original."""
    size: NDArray[np.float32]
    """Pixels along its shorter side."""
    mat: NDArray[np.uint8]
    """(n, 4), see `Descriptions`."""
    details: Callable[[NDArray[np.int64]], NDArray[np.uint8]]
    """Gives luminance (rows, 192, 192) of some drawn pictures."""

    def without_mats(self) -> PictureSet:
        """The same, every picture taken as it is."""
        return replace(self, mat=np.zeros_like(self.mat))


@dataclass(frozen=True, slots=True)
class Gates:
    """What a hypothesis must reach to be looked at more closely."""

    coarse: float = 0.68
    """Correlation of descriptions..."""
    coarse_behind: float = 0.03
    """...and how far behind the best hypothesis of its pair it may be there."""
    in_place: float = 0.45
    """Correlation of the sketches without any shift."""
    middle: float = 0.45
    """Correlation after alignment at 16 x 16..."""
    detail: float = 0.38
    """...and through the same map at 32 x 32..."""
    behind: float = 0.2
    """...and how far behind the best hypothesis of its pair it may be at either."""
    halfway: float = 0.3
    """Correlation at 32 x 32 when half of the steps there are done..."""
    nearly: float = 0.44
    """...and before the last of them."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What is known of pairs before they are aligned.

    Arrays are (pairs, 3): two hypotheses of the coarse look, the better one first, and one without any shift.
    """

    score: NDArray[np.float32]
    """Correlation of the descriptions, or without any shift of the sketches, 0..1."""
    swapped: NDArray[np.bool_]
    """Whether the first of the pair lies in the second."""
    orientation: NDArray[np.int64]
    """Of the picture that lies in the other."""
    maps: NDArray[np.float32]
    """(pairs, 3, 2, 3)."""
    turned: NDArray[np.float32]
    """(pairs,) the best coarse score in any other orientation than the best."""
    simple: NDArray[np.float32]
    """(pairs,) over how much of the simpler picture its structure spreads, as a share."""
    parted: NDArray[np.bool_]
    """(pairs,) whether many of their parts are alike as they lie, whatever the rest looks like."""

    def features(self, similarity: NDArray[np.float32]) -> NDArray[np.float32]:
        """What `calibration.FIRST_LOOK` names: (pairs, 6), from the cosines (pairs,) of the embeddings."""
        return np.concatenate([self.score, np.stack([self.turned, self.simple, similarity], axis=1)], axis=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """Aligned hypotheses that passed the gates, none, one or more of each pair."""

    pair: NDArray[np.int64]
    """(h,) which of the pairs passed in, ascending."""
    swapped: NDArray[np.bool_]
    """(h,) whether the first of the pair lies in the second."""
    orientation: NDArray[np.int64]
    """(h,) of the picture that lies in the other."""
    maps: NDArray[np.float32]
    """(h, 2, 3) from the picture that lies in the other to the other."""
    covered: NDArray[np.bool_]
    """(h,) whether a strip of the picture that lies in the other was left out."""
    evidence: Evidence

    def take(self, rows: NDArray[np.int64]) -> Measured:
        """Only some of the hypotheses."""
        return Measured(
            self.pair[rows],
            self.swapped[rows],
            self.orientation[rows],
            self.maps[rows],
            self.covered[rows],
            self.evidence.take(rows),
        )

    @classmethod
    def join(cls, parts: Sequence[Measured]) -> Measured:
        """Put the hypotheses of several batches together, those of a pair one after the other."""
        if not parts:
            empty = np.zeros(0, np.int64)
            no = empty.astype(bool)
            return cls(empty, no, empty, np.zeros((0, 2, 3), np.float32), no, Evidence.empty())
        joined = cls(
            np.concatenate([part.pair for part in parts]),
            np.concatenate([part.swapped for part in parts]),
            np.concatenate([part.orientation for part in parts]),
            np.concatenate([part.maps for part in parts]),
            np.concatenate([part.covered for part in parts]),
            Evidence.join([part.evidence for part in parts]),
        )
        return joined.take(np.argsort(joined.pair, kind="stable"))

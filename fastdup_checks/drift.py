"""Two sets of images -> whether they come from one source, how different they are, and which images make it so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("NEAR", "Drift", "measure_drift")

NEAR = 10
"""Neighbours that an image is compared with."""

_PERMUTATIONS = 199


@dataclass(frozen=True, slots=True)
class Drift:
    """How two sets differ."""

    effect: float
    """0 where neighbours are as mixed as chance mixes them (or more), 1 where no image has one in the other set.
    Not-a-number where a set has fewer than two images."""
    p_value: float
    """How often a random division into sets of these sizes looks as different, at least 1 / 200."""
    share: NDArray[np.float64]
    """(n,) as `effect`, of each image alone; may be below 0."""


def measure_drift(ids: NDArray[np.integer], side: NDArray[np.bool_]) -> Drift:
    """Measure how far two sets are apart by whose neighbours their images are.

    The nearest-neighbour two-sample test (Schilling, 1986; Henze, 1988): were both sets drawn from one source, an
    image's neighbours would be of its own set as often as sizes alone make them. Both sets count the same, whatever
    their sizes. The p-value is that of a permutation test, which assumes nothing of the vectors.

    Args:
        ids: (n, k) rows of each image's neighbours among both sets together, copies left out; k should be `NEAR`.
        side: (n,) which of the two sets each image is in.

    Returns:
        The same for the same input: the permutations are drawn from a fixed seed.
    """
    n, k = ids.shape
    sizes = np.array([np.count_nonzero(~side), np.count_nonzero(side)])
    if k == 0 or sizes.min() < 2:
        return Drift(float("nan"), 1.0, np.zeros(n))
    smaller = side if sizes[1] <= sizes[0] else ~side
    asked = np.bincount(ids.ravel(), minlength=n)
    effect = _effect(ids, smaller, asked)
    rng = np.random.default_rng(0)
    above = sum(_effect(ids, rng.permutation(smaller), asked) >= effect for _ in range(_PERMUTATIONS))
    return Drift(round(max(effect, 0.0), 6), (1 + above) / (1 + _PERMUTATIONS), _shares(ids, side, sizes))


def _shares(ids: NDArray[np.integer], side: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much more of an image's neighbours are of its own set than by chance, as a share of what is possible."""
    own = np.count_nonzero(side[ids] == side[:, None], axis=1) / ids.shape[1]
    chance = ((sizes - 1) / (len(side) - 1))[side.astype(int)]
    return np.asarray((own - chance) / (1 - chance), np.float64)


def _effect(ids: NDArray[np.integer], smaller: NDArray[np.bool_], asked: NDArray[np.int64]) -> float:
    """The mean of `_shares` of both sets, from the images of the smaller one and how often each is a neighbour."""
    n, k = ids.shape
    rows = np.flatnonzero(smaller)
    sizes = np.array([len(rows), n - len(rows)])
    inside = int(np.count_nonzero(smaller[ids[rows]]))
    outside = n * k - k * len(rows) - int(asked[rows].sum()) + inside
    own, chance = np.array([inside, outside]) / (k * sizes), (sizes - 1) / (n - 1)
    return round(float(((own - chance) / (1 - chance)).mean()), 9)

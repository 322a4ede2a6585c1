"""Neighbours -> how strange each image is, on a scale that means the same for every dataset.

An image is strange when it is far from its neighbours, and all the more when those are not far from theirs: in a
loose region a distance is ordinary that is not in a dense one (the idea of the local outlier factor; Breunig et al.,
2000). Both are taken as logarithms of a distance and added up. For ordinary images the sum is close to normal, with a
median and an upper scale that a few outliers cannot move. So the number of ordinary images that a dataset of this
size would have as far out as this one is known, and the score is `1 / (1 + 10 * that number)`: at 0.5 or above an
ordinary image is met in about one dataset of ten, however large the dataset. A clean dataset has no outliers, and one
with five has five, as long as these are no more than about a twentieth of it.

An encoder that was trained on photographs may place noise, pages of text and drawings among them. So the same is done
with light, colour and sharpness in place of the vectors (`score_looks`), and the higher of the two scores counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index import draw
from fastdup_checks.quality import RULES
from fastdup_checks.whitening import Whitening

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.encoders.background import Background
    from fastdup_checks.index import Neighbours

__all__ = ("AROUND", "BY_LOOKS", "Outliers", "describe", "how_unusual", "score_looks", "score_outliers")

AROUND = 15
"""How many neighbours to give."""

_RANK = 5
"""The neighbour whose distance counts. Up to this many alien images that are like each other are still found."""

_LEAST = 20
"""Fewer images than this say nothing about what is ordinary."""
_LEVELS = (0.8, 0.85, 0.9, 0.95)
BY_LOOKS = 3
"""Of `Outliers.where`."""
_LONELY = 1.0
"""Deviations by neighbours from which an image can be strange for the dataset as a whole."""
_PLACES = (
    "far from every other image",
    "far from the images around it",
    "unlike the dataset as a whole",
    "unlike the others in light or sharpness",
)
_LOOKS = {
    "sharpness": 0.3,
    "entropy": 0.5,
    "contrast": 0.05,
    "near_white": 0.2,
    "near_black": 0.2,
    "saturation": 0.08,
    "brightness": 0.1,
}
"""The statistics that make up the looks, and the least difference in each that counts as one step."""
_REFERENCES = 4000
"""Images that looks are compared with, at most."""
_AT_ONCE = 64
"""Images compared at a time: what fits into the cache of a processor."""
_GROUP = 16
"""Distances of which only the least is looked at, at first."""
_GRID = 1024.0
_FAR = 1000.0
"""Steps from the median beyond which a statistic is no stranger."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """How far each image stands from all others."""

    score: NDArray[np.float32]
    """(n,) in 0..1: 0.5 or above is an outlier, see the module."""
    nearest: NDArray[np.int32]
    """(n,) the most similar other image, -1 where there is none."""
    where: NDArray[np.int8]
    """(n,) where each image is strange, as `describe` names it: 0 far from everything, 1 far only for the place where
    it is, 2 for the dataset as a whole, 3 by its looks."""
    reason: tuple[str, ...] = ()
    """(n,) what makes each image strange, for people; see `describe`."""


def score_outliers(
    vectors: NDArray[np.float32],
    near: Neighbours,
    labels: NDArray[np.integer] | None = None,
    background: Background | None = None,
) -> Outliers:
    """Score images by their vectors.

    Copies hide an outlier: give one image of each group of copies, and pass its score on to the others.

    Args:
        vectors: (n, d), each of length 1.
        near: the neighbours of each; `AROUND` are looked at, fewer give a coarser picture.
        labels: (n,) classes 0, 1, ..., -1 for none. A class of m images need not have more than m - 1 close
            neighbours, so that a small class is no group of outliers.
        background: how the vectors of all kinds of pictures vary.

    Returns:
        Scores that do not depend on the order of the images, but for ties.
    """
    ids, n, k = near.ids, len(vectors), near.ids.shape[1]
    nearest = ids[:, 0].astype(np.int32) if k else np.full(n, -1, np.int32)
    if n < _LEAST or k == 0:
        return Outliers(np.zeros(n, np.float32), nearest, np.zeros(n, np.int8))
    # Vectors of length 1: the squared distance is 2 - 2 cos. Below 0.05 differences are those of copies.
    distance = np.sqrt(np.maximum(2 - 2 * near.similarities.astype(np.float64), 0.0025))
    rank = np.minimum(_rank(labels, n), k)
    reach = np.log(np.take_along_axis(distance, rank[:, None] - 1, 1)[:, 0])
    start = min(_RANK, k) - 1
    around = np.median(reach[ids[:, start:AROUND]], axis=1)
    strangeness = np.round(reach + (reach - around), 9)
    far = _standard(np.round(reach, 9))
    deviation = _standard(strangeness)
    score = _score(deviation, times=10)
    apart = _standard(np.round(_distances(vectors, background), 9))
    whole = _score(np.where(deviation >= _LONELY, apart, 0.0), times=20)
    where = np.where(whole > score, 2, far < 3.0).astype(np.int8)
    return Outliers(np.maximum(score, whole), nearest, where)


def _distances(vectors: NDArray[np.float32], background: Background | None) -> NDArray[np.float64]:
    """(n,) squared Mahalanobis distances from the other images, less those from the background; roots without one."""
    own = Whitening.fit(vectors)
    if own is None:
        return np.zeros(len(vectors))
    # Each image is part of the mean and covariance that it is measured by: without it it would be as far as this.
    within = own.distances(vectors)
    alone = within / np.maximum(1 - within / len(vectors), 0.02)
    other = background and Whitening.of(background.mean, background.covariance, 1.0)
    return alone - other.distances(vectors) if other else np.sqrt(alone)


def _looks(statistics: NDArray[np.void]) -> NDArray[np.float64]:
    """(n, 6) deviations of light, colour and sharpness from what is usual among these images."""
    looks = np.stack([statistics[name].astype(np.float64) for name in _LOOKS], 1)
    looks[:, 0] **= 2  # noise and text stand out from photographs by the square
    low, middle, high = np.quantile(looks, (0.05, 0.5, 0.95), axis=0)
    # 3.29 standard deviations of a normal distribution lie between the two quantiles.
    deviations: NDArray[np.float64] = (looks - middle) / np.maximum((high - low) / 3.29, list(_LOOKS.values()))
    return deviations


def how_unusual(statistics: NDArray[np.void]) -> NDArray[np.float64]:
    """(n,) how far the light, colour and sharpness of each image are from the middle of all, 0 or more."""
    return np.sqrt((_looks(statistics) ** 2).sum(1)) if len(statistics) else np.zeros(0)


def score_looks(statistics: NDArray[np.void]) -> NDArray[np.float32]:
    """Score images by light, colour and sharpness alone.

    Args:
        statistics: (n,) records of `fastdup_checks.statistics.STATISTICS`, one image of each group of copies.

    Returns:
        (n,) in 0..1; 0.5 or above is an outlier, and an ordinary image is met there in one dataset of twenty.
    """
    n = len(statistics)
    if n < _LEAST:
        return np.zeros(n, np.float32)
    looks = _looks(statistics)
    # On a grid squares and products are whole numbers, so that no order of additions changes a distance.
    looks = np.rint(np.clip(looks, -_FAR, _FAR) * _GRID)
    references = draw(looks.astype(np.float32), _REFERENCES)
    reach = np.empty(n)
    length = np.einsum("nd,nd->n", looks, looks)
    ones = np.ones((n, 1))
    sides = np.concatenate([looks, length[:, None], ones], 1)
    others = np.concatenate([-2 * looks[references], ones[references], length[references, None]], 1).T
    columns = max(-(-len(references) // _GROUP), _RANK)
    squares = np.full((_AT_ONCE, columns * _GROUP), np.inf)
    own = np.full(n, -1)
    own[references] = np.arange(len(references))
    for start in range(0, n, _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, n))
        here = squares[: part.stop - start]
        here[:, : len(references)] = sides[part] @ others
        itself = np.flatnonzero(own[part] >= 0)
        here[itself, own[part][itself]] = np.inf
        reach[part] = _least(here.reshape(len(here), _GROUP, columns)) / _GRID**2
    strangeness = np.asarray(np.round(np.log(np.maximum(np.sqrt(reach), 0.1)), 9), np.float64)
    return _score(_standard(strangeness), times=20)


def _least(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m,) the `_RANK`-th smallest of each (m, groups, columns), in a fifth of the time that looking at all takes.

    It lies in the `_RANK` columns with the smallest minima: as many values are no greater than the last of these.
    """
    few = values.min(1).argpartition(_RANK - 1, axis=1)[:, None, :_RANK]
    near = np.take_along_axis(values, few, 2).reshape(len(values), -1)
    near.partition(_RANK - 1, axis=1)
    return np.asarray(near[:, _RANK - 1], np.float64)


def describe(where: NDArray[np.integer], statistics: NDArray[np.void]) -> tuple[str, ...]:
    """Say what makes images strange, as far as it can be told.

    Args:
        where: (n,) as in `Outliers`.
        statistics: (n,) records of `fastdup_checks.statistics.STATISTICS`.

    Returns:
        One phrase an image: "far from every other image: looks like text or a drawing on white".
    """
    looks = np.full(len(statistics), "", dtype=object)
    white, sharp = statistics["near_white"], statistics["sharpness"]
    drawn = (sharp > 0.25) & (statistics["entropy"] < 4)
    looks[(white > 0.5) & drawn] = "looks like text or a drawing on white"
    looks[(statistics["near_black"] > 0.5) & drawn] = "looks like text or a drawing on black"
    looks[(sharp > 1.6) & (statistics["entropy"] > 6)] = "looks like noise"
    for name, phrase in (("bright", "nearly white"), ("dark", "nearly black"), ("low_information", "blank")):
        looks[RULES[name].flags(statistics).mask] = phrase
    return tuple(
        f"{_PLACES[here]}: {look}" if look else _PLACES[here]
        for here, look in zip(where.tolist(), looks.tolist(), strict=True)
    )


def _rank(labels: NDArray[np.integer] | None, n: int) -> NDArray[np.int64]:
    rank = np.full(n, _RANK)
    if labels is not None and (labels >= 0).any():
        known = labels >= 0
        size = np.bincount(labels[known])
        rank[known] = np.clip(size[labels[known]] - 1, 1, _RANK)
    return rank


def _score(deviation: NDArray[np.float64], *, times: float) -> NDArray[np.float32]:
    expected = len(deviation) * np.array([0.5 * math.erfc(z / math.sqrt(2)) for z in deviation.tolist()])
    return np.round(np.where(deviation > 0, 1 / (1 + times * expected), 0.0), 6).astype(np.float32)


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviations from the median in units of a standard deviation, as the upper half of the values tells it."""
    middle = float(np.median(values))
    normal = NormalDist()
    scale = max((float(np.quantile(values, level)) - middle) / normal.inv_cdf(level) for level in _LEVELS)
    # Few images tell the scale badly: allow for it.
    return np.asarray((values - middle) / max(scale * (1 + 10 / len(values)), 1e-3), np.float64)

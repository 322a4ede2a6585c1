"""Neighbours and labels -> how likely each label is wrong, and which classes are confused.

Three steps, each on what the one before found:

1. **Votes.** An image's neighbours vote for their labels, weighted by similarity. Images of one group of copies have
   one vote together, and copies of the image itself have none. No image votes on itself, so that the shares of the
   votes are cross-validated (leave one out).
2. **Margin.** The share of the given label against that of the strongest other one, each divided by the share that
   images of that class usually get for it (the per-class thresholds of confident learning; Northcutt, Jiang and
   Chuang, "Confident learning: estimating uncertainty in dataset labels", 2021). A small or scattered class is
   therefore not suspect as a whole.
3. **Chance.** How margins of wrong labels are distributed is known by experiment: give each image another class's
   label and take its margin. The observed margins are a mixture of those and of the margins of right labels; the
   share of wrong labels is bounded by where hardly any right label lies (Blanchard, Lee and Scott, "Semi-supervised
   novelty detection", 2010), and Bayes' rule gives each image's chance, made monotone in the margin (pool adjacent
   violators). Where classes overlap, right labels have poor margins too, and the chance stays low by itself.

The votes are then repeated with the chances known: a neighbour whose label is probably wrong votes less for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("VOTERS", "LabelSuspects", "score_labels")

VOTERS = 30
"""How many neighbours vote. A caller passes more, so that enough are left when copies are taken out."""

_TEMPERATURE = 0.2
"""A neighbour less similar by this much has 1/e of the weight (similarities of whitened vectors)."""
_PRIOR = 0.05
"""Share of the votes that stands for what neighbours cannot know; keeps margins finite."""
_ROUNDS = 2
_PLANTED = 8
"""Wrong labels tried on each image, at most."""
_KNOTS = 400
_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class LabelSuspects:
    """How likely each image's label is wrong."""

    score: NDArray[np.float32]
    """(n,) the chance that the label is wrong, 0 to 1; 0 where there is no label."""
    suggested: NDArray[np.int32]
    """(n,) the class that the neighbours speak for apart from the given one, -1 where they say nothing."""
    confusion: NDArray[np.float64]
    """(classes, classes) estimated number of images by given class (row) and true class (column)."""


@dataclass(frozen=True, slots=True)
class _Votes:
    """(n, k) for each image: the labels of its voters, and the share that each of these labels gets in all."""

    label: NDArray[np.int32]
    share: NDArray[np.float64]


def score_labels(
    ids: NDArray[np.integer],
    similarities: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    copies: NDArray[np.integer] | None = None,
) -> LabelSuspects:
    """Score the labels of a dataset.

    Args:
        ids: (n, k) rows of each image's neighbours, nearest first, -1 where there are fewer; never the image itself.
        similarities: (n, k) cosines of whitened vectors (see `fastdup_checks.whitening`) that belong to `ids`.
        labels: (n,) classes 0, 1, ...; -1 for an image without a label, which is not scored and does not vote.
        copies: (n,) equal numbers for copies of one picture; by default all pictures are different.

    Returns:
        Scores that do not depend on the order of the images, but for ties.
    """
    return _score(np.asarray(ids, np.int64), np.asarray(similarities, np.float64), np.asarray(labels, np.int32), copies)


def _score(
    ids: NDArray[np.int64],
    similarities: NDArray[np.float64],
    labels: NDArray[np.int32],
    copies: NDArray[np.integer] | None,
) -> LabelSuspects:
    n = len(labels)
    classes = int(labels.max(initial=-1)) + 1
    known = labels >= 0
    if classes < 2 or ids.shape[1] == 0:
        counts = np.bincount(labels[known], minlength=classes).astype(np.float64)
        return LabelSuspects(np.zeros(n, np.float32), np.full(n, -1, np.int32), np.diag(counts))
    groups = np.arange(n) if copies is None else np.asarray(copies)
    voters, weights = _voters(ids, similarities, labels, groups)
    trust = np.ones(n)
    for _ in range(_ROUNDS):
        votes = _count(voters, weights * trust[voters], labels)
        usual = _usual_share(votes, labels, classes)
        given, other, suggested = _against(votes, labels, usual)
        margin = np.where(known & (suggested >= 0), np.round(np.log(other / given), 9), -np.inf)
        chance = _chance(margin, _planted_margins(votes, labels, usual, trust))
        trust = 1 - chance
    # Ties of the chance at 0 and 1 keep the order of the margins.
    order = 1 / (1 + np.exp(-np.where(np.isfinite(margin), margin, -30.0)))
    score = np.where(known & (suggested >= 0), np.round(0.995 * chance + 0.005 * order, 6), 0.0)
    return LabelSuspects(
        score.astype(np.float32),
        suggested,
        _joint(votes, labels, usual, classes),
    )


def _voters(
    ids: NDArray[np.int64],
    similarities: NDArray[np.float64],
    labels: NDArray[np.int32],
    groups: NDArray[np.integer],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The neighbours that may vote, and their weights: (n, VOTERS) each, weight 0 beyond the last."""
    n, k = ids.shape
    rows = np.where(ids >= 0, ids, 0)
    may = (ids >= 0) & (labels[rows] >= 0) & (groups[rows] != groups[:, None])
    first = np.argsort(~may, axis=1, kind="stable")[:, : min(VOTERS, k)]
    voters = np.take_along_axis(rows, first, 1)
    may = np.take_along_axis(may, first, 1)
    near = np.take_along_axis(similarities, first, 1)
    weights = np.where(may, np.exp((near - near[:, :1]) / _TEMPERATURE), 0.0)
    for start in range(0, n, _CHUNK):
        part = slice(start, start + _CHUNK)
        group = np.where(may[part], groups[voters[part]], -1 - np.arange(voters.shape[1]))
        weights[part] /= (group[:, :, None] == group[:, None, :]).sum(2)
    return voters, weights


def _count(voters: NDArray[np.int64], weights: NDArray[np.float64], labels: NDArray[np.int32]) -> _Votes:
    label = labels[voters]
    share = np.empty(weights.shape)
    for start in range(0, len(voters), _CHUNK):
        part = slice(start, start + _CHUNK)
        same = label[part, :, None] == label[part, None, :]
        share[part] = np.einsum("nij,nj->ni", same, weights[part])
    total = weights.sum(1, keepdims=True)
    share = np.where(total > 0, share / np.maximum(total, 1e-300), 0.0)
    return _Votes(np.where(weights > 0, label, -1), np.where(weights > 0, share, 0.0))


def _share_of(votes: _Votes, labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """(n,) the share of the votes that one label of each image gets."""
    shares: NDArray[np.float64] = np.where(votes.label == labels[:, None], votes.share, 0.0).max(1)
    return shares


def _usual_share(votes: _Votes, labels: NDArray[np.int32], classes: int) -> NDArray[np.float64]:
    """(classes,) the mean share that images get for their own class; of small classes drawn to that of all."""
    known = labels >= 0
    own = _share_of(votes, labels)[known]
    size = np.bincount(labels[known], minlength=classes)
    total = np.bincount(labels[known], own, minlength=classes)
    mean = float(own.mean()) if len(own) else 1.0
    # A class of m images has at most m - 1 voters of its own, so that its share cannot be expected to be higher.
    reachable = mean * np.minimum(1.0, np.maximum(size - 1, 0) / VOTERS)
    return np.maximum((total + 2 * reachable) / (size + 2), _PRIOR)


def _against(
    votes: _Votes,
    labels: NDArray[np.int32],
    usual: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]:
    """For each image: the relative share of its label, that of the strongest other class, and which class that is."""
    scale = usual[np.maximum(votes.label, 0)]
    rival = np.where((votes.label >= 0) & (votes.label != labels[:, None]), votes.share / scale, -1.0)
    best = rival.max(1, initial=-1.0)
    classes = len(usual)
    # The smallest of equally strong classes, whatever the order of the voters.
    suggested = np.where(rival >= best[:, None], votes.label, classes).min(1, initial=classes)
    given = _share_of(votes, labels) / usual[np.maximum(labels, 0)] + _PRIOR
    none = best < 0
    return given, np.where(none, 0.0, best) + _PRIOR, np.where(none, -1, suggested).astype(np.int32)


def _planted_margins(
    votes: _Votes,
    labels: NDArray[np.int32],
    usual: NDArray[np.float64],
    trust: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Margins that images whose label is probably right would have under labels of other classes."""
    classes = len(usual)
    known = np.flatnonzero((labels >= 0) & (votes.label >= 0).any(1) & (trust > 0.5))
    subset = _Votes(votes.label[known], votes.share[known])
    margins = []
    for step in sorted({1 + turn * (classes - 1) // _PLANTED for turn in range(_PLANTED)}):
        wrong = ((labels[known] + step) % classes).astype(np.int32)
        given, other, _ = _against(subset, wrong, usual)
        margins.append(np.round(np.log(other / given), 9))
    return np.concatenate(margins)


def _chance(margin: NDArray[np.float64], planted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance of a wrong label for each margin, by Bayes' rule from the observed and the planted margins."""
    judged = np.isfinite(margin)
    seen = np.sort(margin[judged])
    chance = np.zeros(len(margin))
    if len(seen) < 2:
        return chance
    planted = np.sort(planted)
    rate = _wrong_share(seen, planted)
    if rate <= 0:
        return chance
    # Wrong labels among the observed ones, as a share of each place: rate * planted density / observed density.
    values = np.concatenate([seen, planted])
    weight = np.concatenate([np.ones(len(seen)), np.full(len(planted), rate * len(seen) / len(planted))])
    hit = np.concatenate([np.zeros(len(seen)), np.ones(len(planted))])
    place, share = _isotonic(values, hit, weight)
    at = np.interp(margin[judged], place, share)
    chance[judged] = np.minimum(at / np.maximum(1 - at, 1e-9), 1.0)
    return chance


def _wrong_share(seen: NDArray[np.float64], planted: NDArray[np.float64]) -> float:
    """An upper bound of the share of wrong labels: the least ratio of the two upper tails."""
    at = np.quantile(planted, np.linspace(0.1, 0.6, 11))
    observed = (len(seen) - np.searchsorted(seen, at, "left")).astype(np.float64)
    expected = 1 - np.searchsorted(planted, at, "left") / len(planted)
    # The least of many noisy counts is too small, and a few wrong labels may by chance leave a tail empty: each count
    # is taken at its upper limit (one sigma, Poisson; Gehrels, 1986).
    limit = observed + np.sqrt(observed + 0.75) + 1
    return float(np.min(limit / np.maximum(expected, 1e-9))) / len(seen)


def _isotonic(
    values: NDArray[np.float64],
    hits: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Non-decreasing weighted means of hits along values (pool adjacent violators), as knots for interpolation."""
    distinct, where = np.unique(values, return_inverse=True)
    sums = np.stack([np.bincount(where, w) for w in (weights, weights * hits, weights * distinct[where])], 1)
    # Blocks of some weight, so that a knot is no single image and the number of knots is bounded.
    least = max(float(weights.sum()) / _KNOTS, 3.0)
    block = np.floor(np.cumsum(sums[:, 0]) / least - 1e-9).astype(np.int64)
    pools: list[NDArray[np.float64]] = []
    for pool in np.add.reduceat(sums, np.flatnonzero(np.diff(block, prepend=-1)), axis=0):
        pools.append(pool)
        while len(pools) > 1 and pools[-2][1] * pools[-1][0] >= pools[-1][1] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = pools[-1] + last
    array = np.array(pools)
    return array[:, 2] / array[:, 0], array[:, 1] / array[:, 0]


def _joint(
    votes: _Votes,
    labels: NDArray[np.int32],
    usual: NDArray[np.float64],
    classes: int,
) -> NDArray[np.float64]:
    """The confident joint, scaled so that its rows add up to the sizes of the classes (Northcutt et al., 2021)."""
    known = labels >= 0
    scale = usual[np.maximum(votes.label, 0)]
    confident = np.where((votes.label >= 0) & (votes.share >= scale), votes.share, -1.0)
    best = confident.max(1, initial=-1.0)
    true = np.where(confident >= best[:, None], votes.label, classes).min(1, initial=classes)
    sure = known & (best > 0)
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[sure], true[sure]), 1.0)
    size = np.bincount(labels[known], minlength=classes).astype(np.float64)
    counted = joint.sum(1)
    joint[counted == 0] = np.diag(size)[counted == 0]
    scaled: NDArray[np.float64] = np.round(joint * (size / np.maximum(joint.sum(1), 1e-300))[:, None], 6)
    return scaled

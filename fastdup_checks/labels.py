"""Vectors and labels -> how likely each label is wrong, and which classes are taken for each other.

Three opinions are asked about each image, none of which has seen its label: the nearest neighbours by the vectors,
those by the whitened vectors, and a linear map. Images of one group of copies have one vote together, and copies of the
image itself have none. The opinions are then weighed against each other as the labels themselves say they should be:
the chance p of class k is proportional to `exp(a . opinions about k)`, and the weights a are those under which the
labels are most likely (stacking; Wolpert, 1992), though an image of class k may have got another label with a chance
T(k, label) (label-noise robust logistic regression; Bootkrajang and Kaban, 2012). Few numbers are fitted to all labels,
so that wrong ones do not sway them.

By Bayes' rule a label is then right with a chance in proportion to `p(label) T(label, label)`, and wrong with one to
the sum of `p(k) T(k, label)` over the other classes. Where vectors tell little, or classes overlap, p is small for no
label that is right for many an image like it, and so the chance of a wrong one stays low by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index import draw, find_neighbours, rank_again
from fastdup_checks.index.ranking import name_vectors
from fastdup_checks.label_noise import chances_of, fit_opinions, how_wrong, share_told
from fastdup_checks.ridge import Ridge
from fastdup_checks.whitening import whiten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.index import Neighbours

__all__ = ("LOOKED_UP", "LabelSuspects", "score_labels")

LOOKED_UP = 40
"""Neighbours to look up."""
VOTERS = 30
"""How many of them vote; the others are there for copies, which do not."""
_SEARCHED = 20_000
"""Images up to which neighbours by the whitened vectors are searched for. The time of that grows with the square of the
number of images; of more of them the neighbours by the vectors are taken, and only weighed again."""
_DRAWN, _DRAWN_OF_CLASS = 40_000, 400
"""Images up to which the linear maps are fitted to all; of more of them to so many, or to more where there are so many
classes, drawn by what they show."""
_PLAIN, _WHITE = 0.1, 0.2
"""A neighbour less similar by this much has 1/e of the weight, by vectors and by whitened ones."""
_DOUBT = 0.02
"""Added to the share of the votes that a class gets, for what neighbours cannot know."""
_FITTED = 150_000
"""Images times classes in the fit, at most."""
_LEAST = 400
_AT_ONCE = 1_000_000
"""Images times classes in one portion."""
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class LabelSuspects:
    """How likely each image's label is wrong."""

    score: NDArray[np.float32]
    """(n,) the chance that the label is wrong, 0 to 1; 0 where there is no label."""
    suggested: NDArray[np.int32]
    """(n,) the most likely class apart from the given one, -1 where there are not two classes."""
    given: NDArray[np.int32]
    """(m,) pairs of classes, in order: that of a label..."""
    looks: NDArray[np.int32]
    """(m,) ...and one that an image with it looks like."""
    images: NDArray[np.int32]
    """(m,) how many images with that label look most like the other class, which may be their own..."""
    wrong: NDArray[np.float64]
    """(m,) ...and the estimated number of wrong labels that should be it, after the joint of confident learning
    (Northcutt, Jiang and Chuang, 2021), with sums of chances in place of counts."""
    told: NDArray[np.float64]
    """() how much of what there is to know about a label those opinions know that have not seen it, 1 all; 0 and less
    where they know no more than how frequent each class is. Of seven data sets it was 0.55 to 0.87, with a fifth of the
    labels shuffled 0.3, and with half of them or more 0.03 at most."""


def score_labels(
    vectors: NDArray[np.float32],
    labels: NDArray[np.integer],
    *,
    copies: NDArray[np.integer] | None = None,
    looks: NDArray[np.floating] | None = None,
    neighbours: Neighbours | None = None,
    threads: int | None = None,
) -> LabelSuspects:
    """Score the labels of a dataset.

    Args:
        vectors: (n, d), each of length 1.
        labels: (n,) classes 0, 1, ...; -1 for an image without a label, which is not scored and does not vote. A class
            that no image has is never suggested.
        copies: (n,) equal numbers for copies of one picture; by default all pictures are different.
        looks: (n, m) more that the linear map may go by, in any units.
        neighbours: of the vectors, if they are known; some more than `VOTERS` of them.
        threads: cores to use, by default all.

    Returns:
        Scores that do not depend on the order of the images, but for ties.
    """
    labels = np.asarray(labels, np.int64)
    known = np.flatnonzero(labels >= 0)
    used, place = np.unique(labels[known], return_inverse=True)
    if len(used) < 2:
        none = np.zeros(0, np.int32)
        nobody = np.full(len(labels), -1, np.int32)
        return LabelSuspects(np.zeros(len(labels), np.float32), nobody, none, none, none, np.zeros(0), np.zeros(()))
    numbers = np.full(len(labels), -1)
    numbers[known] = place
    groups = np.arange(len(labels)) if copies is None else np.asarray(copies)
    panel = _Panel(vectors, numbers, groups, len(used), looks, neighbours, threads)
    sample = draw(vectors, max(_FITTED // len(used), _LEAST), known)
    found = _score(panel, numbers, len(used), sample)
    used = used.astype(np.int32)
    return replace(found, suggested=used[found.suggested], given=used[found.given], looks=used[found.looks])


def _score(panel: _Panel, labels: NDArray[np.integer], classes: int, sample: NDArray[np.int64]) -> LabelSuspects:
    """Score labels of which every class is some image's; few numbers are fitted to a sample of the labelled images."""
    n, known = len(labels), np.flatnonzero(labels >= 0)
    opinions = panel.opinions(sample)
    weights, noise = fit_opinions(opinions, labels[sample])
    told = share_told(chances_of(opinions, weights), labels[sample])
    own, doubt = np.zeros(n), np.zeros(n)
    suggested, looks = np.empty(n, np.int32), np.empty(n, np.int32)
    size = max(_AT_ONCE // classes, 1)
    for rows in np.split(np.arange(n), range(size, n, size)):
        chance = chances_of(panel.opinions(rows), weights)
        labelled = np.flatnonzero(labels[rows] >= 0)
        given = labels[rows[labelled]]
        looks[rows] = chance.argmax(1)
        own[rows[labelled]] = chance[labelled, given]
        chance[labelled] *= noise[:, given].T
        chance[labelled, given] = 0
        doubt[rows[labelled]] = chance[labelled].sum(1)
        suggested[rows] = chance.argmax(1)
    score = np.zeros(n, np.float32)
    score[known] = how_wrong(own[known], doubt[known], labels[known], noise, panel.share[known])
    row = labels[known].astype(np.int64) * classes
    pairs, place = np.unique(np.concatenate([row + looks[known], row + suggested[known]]), return_inverse=True)
    images = np.bincount(place[: len(known)], minlength=len(pairs)).astype(np.int32)
    wrong = np.asarray(np.bincount(place[len(known) :], score[known].astype(np.float64), len(pairs)), np.float64)
    one, other = (pairs // classes).astype(np.int32), (pairs % classes).astype(np.int32)
    return LabelSuspects(score, suggested, one, other, images, wrong.round(4), np.array(told))


class _Panel:
    """Who is asked about the classes of images."""

    def __init__(
        self,
        vectors: NDArray[np.float32],
        labels: NDArray[np.integer],
        groups: NDArray[np.integer],
        classes: int,
        looks: NDArray[np.floating] | None,
        neighbours: Neighbours | None,
        threads: int | None,
    ) -> None:
        self._classes = classes
        near = neighbours if neighbours is not None else find_neighbours(vectors, LOOKED_UP, threads=threads)
        groups = np.unique(groups, return_inverse=True)[1]
        known = np.flatnonzero(labels >= 0)
        known = known[np.lexsort((labels[known], name_vectors(vectors, known)))[::-1]]
        first = np.full(len(labels), -1)
        first[groups[known]] = known  # the last to be put there: which copy speaks follows from what it shows
        alone = np.sort(first[first >= 0])
        drawn = draw(vectors, max(_DRAWN, _DRAWN_OF_CLASS * classes), alone)
        whitened = whiten(vectors, fitted=drawn)
        if len(vectors) <= _SEARCHED:
            white = find_neighbours(whitened, LOOKED_UP, threads=threads)
        else:
            white = rank_again(whitened, near, threads=threads)
        self._votes = tuple(_voters(found, labels, groups, fade) for found, fade in ((near, _PLAIN), (white, _WHITE)))
        fitted = np.zeros(len(labels), bool)
        fitted[drawn] = True
        speaker = first[groups]
        speaker = np.where(fitted[speaker] & (speaker >= 0), speaker, -1)
        self.share = _shares(labels, groups, classes)
        self._ridge = Ridge(vectors, labels, speaker, classes, None if looks is None else _even(looks))

    def opinions(self, rows: NDArray[np.integer]) -> NDArray[np.float64]:
        """(3, len(rows), classes) about each class, in any units: more is likelier."""
        shares = []
        for label, weight in self._votes:
            place = np.arange(len(rows))[:, None] * self._classes + label[rows]
            share = np.bincount(place.ravel(), weight[rows].ravel(), len(rows) * self._classes)
            shares.append(np.log(share.reshape(len(rows), self._classes) + _DOUBT))
        return np.stack([*shares, self._ridge.predict(rows)])


def _shares(labels: NDArray[np.integer], groups: NDArray[np.integer], classes: int) -> NDArray[np.float64]:
    """(n,) the part that each image is of a picture of its class: copies of the same label are one together."""
    _, place, count = np.unique(groups * (classes + 1) + labels + 1, return_inverse=True, return_counts=True)
    shares: NDArray[np.float64] = 1 / count[place]
    return shares


def _even(looks: NDArray[np.floating]) -> NDArray[np.float32]:
    """Every column with the same spread, all together as much as a vector has."""
    spread = looks.std(0)
    scale = np.maximum(spread, max(float(spread.mean()) / 100, 1e-9)) * np.sqrt(max(looks.shape[1], 1))
    even: NDArray[np.float32] = (looks - looks.mean(0)).astype(np.float32, copy=False)
    even /= scale.astype(np.float32)
    return even


def _voters(
    near: Neighbours, labels: NDArray[np.integer], groups: NDArray[np.integer], fade: float
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """The labels of the neighbours that may vote, and their shares of the votes: (n, VOTERS) each, 0 for no vote."""
    count = min(VOTERS, near.ids.shape[1])
    may = (labels[near.ids] >= 0) & (groups[near.ids] != groups[:, None])
    voters, similarity, vote = (
        near.ids[:, :count].copy(),
        near.similarities[:, :count].astype(np.float64),
        may[:, :count],
    )
    some = np.flatnonzero(~vote.all(1))
    first = np.argsort(~may[some], axis=1, kind="stable")[:, :count]
    voters[some] = np.take_along_axis(near.ids[some], first, 1)
    similarity[some] = np.take_along_axis(near.similarities[some], first, 1)
    vote[some] = np.take_along_axis(may[some], first, 1)
    weights = np.where(vote, np.exp((similarity - similarity[:, :1]) / fade), 0.0)
    copied = np.bincount(groups) > 1
    some = np.flatnonzero(copied[groups[voters]].any(1))
    for start in range(0, len(some), _CHUNK):
        part = some[start : start + _CHUNK]
        group = np.where(vote[part], groups[voters[part]], -1 - np.arange(count))
        weights[part] /= (group[:, :, None] == group[:, None, :]).sum(2)
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-300)
    return np.where(vote, labels[voters], 0), weights

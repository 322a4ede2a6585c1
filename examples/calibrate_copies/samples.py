"""Pairs to learn from: copies, and the pictures that look most like each other without being copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.calibration import DEFAULT_THRESHOLD, LISTING_FLOOR
from fastdup_checks.copies.coarse import Descriptions
from fastdup_checks.copies.details import look_at_details
from fastdup_checks.copies.hypotheses import Gates, Measured, PictureSet
from fastdup_checks.copies.pictures import grey, shrink
from fastdup_checks.copies.verify import look_first, measure, measure_closely
from fastdup_checks.copies.windows import ORIENTATIONS
from fastdup_checks.detail import restore_detail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copyset import CopySet
    from numpy.typing import NDArray

    from fastdup_checks.copies.calibration import Calibration

__all__ = ["Samples", "draw"]

_LOOSE = Gates(coarse=0.6, in_place=0.35, middle=0.4, detail=0.33, behind=0.25, halfway=0.36, nearly=0.36)
"""More gets through than in use, so that what happens near the gates is learned, too."""
_COMPOSED = ("collage", "pasted30", "pasted50", "sticker")
"""Edits that show parts of two photographs: what they are no copy of cannot be said."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Measured pairs; those that did not pass the gates have no row in ``features``."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    """(p,) rows of the copy set."""
    copies: NDArray[np.bool_]
    """(p,) the truth."""
    seen: NDArray[np.float32]
    """(p, 6) what the first look shows, see `calibration.FIRST_LOOK`."""
    measured: Measured
    """Aligned hypotheses."""
    pictures: PictureSet
    """What was compared."""
    drawn: NDArray[np.bool_]
    """(p,) whether both are drawn."""

    @property
    def pair(self) -> NDArray[np.int64]:
        """(h,) to which pair each aligned hypothesis belongs."""
        return self.measured.pair

    @property
    def features(self) -> NDArray[np.float32]:
        """(h, features)."""
        return self.measured.evidence.features

    def details(self, model: Calibration) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Which pairs of drawn pictures a model takes for copies, or nearly, and what their details show."""
        sides = self.first, self.second
        best, score = _best(self.measured.take(np.flatnonzero(self.drawn[self.pair])), model)
        closely = best.take(np.flatnonzero((score >= LISTING_FLOOR) & (score < DEFAULT_THRESHOLD)))
        best, score = _best(Measured.join([best, measure_closely(self.pictures, closely, *sides)]), model)
        best = best.take(np.flatnonzero(score >= LISTING_FLOOR))
        return best.pair, look_at_details(self.pictures, best, *sides)


def _best(measured: Measured, model: Calibration) -> tuple[Measured, NDArray[np.float32]]:
    score = model.probability(measured.evidence.features)
    order = np.lexsort((-score, measured.pair))
    best = order[np.r_[True, np.diff(measured.pair[order]) != 0]] if len(order) else order
    return measured.take(best), score[best]


def draw(pictures: CopySet, *, each: int, seed: int, same: set[tuple[int, int]]) -> Samples:
    """Draw pairs of a copy set and measure them.

    Args:
        pictures: The copy set.
        each: How many pairs of copies, and about how many others.
        seed: Decides which.
        same: Origins that are the same picture although they come from two files.
    """
    rng = np.random.default_rng(seed)
    origin, edit = pictures.origin, np.array(pictures.edit)
    count = len(origin)
    untouched = np.isin(edit, ("original", "distractor"))
    original = {int(origin[row]): row for row in np.flatnonzero(edit == "original")}
    copies = [(original[int(origin[row])], row) for row in np.flatnonzero(~untouched)]
    for row in original.values():
        relatives = np.flatnonzero(origin == origin[row])
        pairs_each = 4 if not pictures.rendered[row] else 1
        copies += [tuple(rng.choice(relatives, 2, replace=False).tolist()) for _ in range(pairs_each)]
    small = shrink(pictures.thumbnails)
    descriptions = Descriptions.of(grey(small), pictures.thumbnails)
    base = np.flatnonzero(untouched)
    looks = descriptions.whole.astype(np.float32)
    others = [
        _nearest(pictures, base, [(looks[:, order] * sign, looks) for order, sign in ORIENTATIONS], 4),
        _nearest(pictures, base, [(pictures.embeddings, pictures.embeddings)], 3),
        rng.integers(0, count, (count, 2)),
    ]
    others = np.concatenate(others)
    a, b = origin[others[:, 0]], origin[others[:, 1]]
    known = np.array([(min(pair), max(pair)) in same for pair in zip(a.tolist(), b.tolist(), strict=True)], bool)
    others = others[(a != b) & ~known & ~np.isin(edit[others], _COMPOSED).any(axis=1)]
    # A photograph rarely resembles a rendered page, chart or logo; each other is what these resemble.
    rendered = (pictures.rendered[others[:, 0]], pictures.rendered[others[:, 1]])
    shuffled = rng.permutation(len(others))
    kinds = (rendered[0] & rendered[1], rendered[0] ^ rendered[1], ~rendered[0] & ~rendered[1])
    shares = (each, each // 3, 6 * each)
    chosen = [shuffled[kind[shuffled]][:share] for kind, share in zip(kinds, shares, strict=True)]
    positives = np.array(copies)[rng.permutation(len(copies))[:each]]
    pairs = np.concatenate([positives, others[np.concatenate(chosen)]])
    first, second = pairs.T
    seen = look_first(lambda rows: grey(small[rows]), descriptions, first, second)
    similarity = np.einsum("pd,pd->p", pictures.embeddings[first], pictures.embeddings[second])
    shape = (pictures.width / pictures.height).astype(np.float32)
    size = np.minimum(pictures.width, pictures.height).astype(np.float32)
    compared = PictureSet(
        lambda rows: grey(small[rows]),
        lambda rows: pictures.thumbnails[rows],
        shape,
        size,
        descriptions.mat,
        lambda rows: np.stack([restore_detail(pictures.details[row]) for row in rows.tolist()]),
    )
    measured = measure(compared, seen, first, second, gates=_LOOSE)
    truth = np.arange(len(pairs)) < len(positives)
    drawn = np.array([bool(detail) for detail in pictures.details])
    return Samples(first, second, truth, seen.features(similarity), measured, compared, drawn[first] & drawn[second])


def _nearest(
    pictures: CopySet,
    base: NDArray[np.int64],
    vectors: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
    nearest: int,
) -> NDArray[np.int64]:
    """Of every picture the untouched ones of another origin that are nearest, in any of several ways to describe it."""
    pairs = []
    for start in range(0, len(pictures.origin), 200):
        rows = np.arange(start, min(len(pictures.origin), start + 200))
        alike = np.max([query[rows] @ found[base].T for query, found in vectors], axis=0)
        alike[pictures.origin[rows][:, None] == pictures.origin[base][None]] = -np.inf
        best = np.argpartition(-alike, nearest, axis=1)[:, :nearest]
        pairs.append(np.stack([np.repeat(rows, nearest), base[best].ravel()], axis=1))
    return np.concatenate(pairs)

"""From evidence to the probability that two pictures are copies of one another.

Generalised additive models (Hastie and Tibshirani, 1986) with the logistic link: every feature adds a piecewise linear
function with a few knots to the log-odds. One model judges aligned pairs; another says, from the coarse look and the
embeddings, which pairs are worth aligning. Both were fitted to edits of public photographs, and to pictures that merely
look alike, by `examples/calibrate_copies`, which writes `calibration.json`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.copies.evidence import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = (
    "DEFAULT_THRESHOLD",
    "FIRST_LOOK",
    "REPORTING_FLOOR",
    "Calibration",
    "Models",
    "fit",
    "model_version",
    "shipped",
)

DEFAULT_THRESHOLD = 0.95
"""Pairs that score at least this are copies, unless the user decides otherwise.

High, because a set of pictures that are all of one kind, say products on plain ground, holds many look-alikes."""
REPORTING_FLOOR = 0.05
"""Pairs that score less are not worth keeping."""

FIRST_LOOK = ("coarse", "second", "in_place", "similarity")
"""What is known of a pair before it is aligned: the scores of the two best hypotheses of the coarse look, the
correlation of the pictures in place, and the cosine of their embeddings."""

_FILE = Path(__file__).with_name("calibration.json")
_DIRECTION = {
    **dict.fromkeys(
        ("all", "fine", "broad", "woven", "agreeing", "weak_blocks", "plain", "hue", "margin", "coarse"), 1
    ),
    **dict.fromkeys(("structure", "spread", "overlap"), 1),
    **dict.fromkeys(("in_place", "similarity"), 1),
    **dict.fromkeys(("tint", "repeats", "stretch", "unclean", "balance"), -1),
}
"""Whether more of a feature may only speak for a copy, or only against it: what cannot be true is not learned, however
the pairs at hand happen to lie."""
_QUANTILES = (0.2, 0.4, 0.6, 0.8)
"""Where among the training pairs the knots of a feature lie."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted model."""

    features: tuple[str, ...]
    """Names, in the order of the columns."""
    knots: tuple[tuple[float, ...], ...]
    """Of each feature, ascending; the first and last also bound the feature."""
    weights: tuple[tuple[float, ...], ...]
    """Of each feature: the slope that each piece between two knots adds."""
    intercept: float

    def probability(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Judge evidence (p, features): probabilities in 0..1, to four digits."""
        odds = np.full(len(features), self.intercept, np.float64)
        for column, (knots, weights) in enumerate(zip(self.knots, self.weights, strict=True)):
            value = features[:, column].astype(np.float64)
            for low, high, weight in zip(knots[:-1], knots[1:], weights, strict=True):
                odds += weight * np.clip((value - low) / (high - low), 0.0, 1.0)
        return np.round(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))), 4).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Models:
    """What `calibration.json` holds."""

    pairs: Calibration
    """Judges aligned pairs by `evidence.FEATURES`."""
    gate: Calibration
    """Judges pairs that are not aligned yet by `FIRST_LOOK`."""
    worth: float
    """Pairs that the gate gives at least this probability are aligned."""

    def write(self, path: Path = _FILE) -> None:
        """Write the models as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


@cache
def model_version() -> str:
    """Names the shipped models, for results that were kept."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()[:12]


@cache
def shipped() -> Models:
    """The models that come with the package."""
    stored = json.loads(_FILE.read_text(encoding="utf-8"))
    models = Models(_restore(stored["pairs"]), _restore(stored["gate"]), float(stored["worth"]))
    if models.pairs.features != FEATURES or models.gate.features != FIRST_LOOK:
        raise AssertionError("calibration.json is of another version of the evidence; run examples/calibrate_copies")
    return models


def _restore(stored: dict[str, Any]) -> Calibration:
    return Calibration(
        tuple(stored["features"]),
        tuple(map(tuple, stored["knots"])),
        tuple(map(tuple, stored["weights"])),
        float(stored["intercept"]),
    )


def fit(
    names: tuple[str, ...],
    features: NDArray[np.float32],
    copies: NDArray[np.bool_],
    weight: NDArray[np.float64],
    ridge: float = 2.0,
) -> Calibration:
    """Fit by penalised iteratively reweighted least squares.

    Args:
        names: Of the features.
        features: (p, features) evidence.
        copies: (p,) the truth.
        weight: (p,) how much each pair counts.
        ridge: Penalty on every weight, so that a feature is used only as far as the pairs support it.
    """
    knots, columns = [], []
    for value in features.T.astype(np.float64):
        bounds = np.quantile(value, (0.005, *_QUANTILES, 0.995))
        bounds = bounds[np.r_[True, np.diff(bounds) > 1e-3]]
        if len(bounds) < 2:
            bounds = np.array([bounds[0], bounds[0] + 1.0])
        bounds = np.round(bounds, 5)
        knots.append(tuple(bounds.tolist()))
        columns += [np.clip((value - a) / (b - a), 0, 1) for a, b in itertools.pairwise(bounds)]
    design = np.stack([np.ones(len(features)), *columns], axis=1)
    wanted = np.concatenate(
        [[0], *([_DIRECTION.get(name, 0)] * (len(b) - 1) for name, b in zip(names, knots, strict=True))]
    )
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 0.0
    solution = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ solution, -30, 30)))
        slope = weight * np.maximum(p * (1 - p), 1e-6)
        gradient = design.T @ (weight * (copies - p)) - penalty * solution
        # Newton's step, with the weights that would leave their side of zero held there.
        hessian = (design.T * slope) @ design + np.diag(penalty + 1e-9)
        before, free = solution, np.ones(len(solution), bool)
        while True:
            step = np.zeros(len(solution))
            pull = gradient - hessian[:, ~free] @ -before[~free]
            step[free] = np.linalg.solve(hessian[np.ix_(free, free)], pull[free])
            solution = np.where(free, before + np.clip(step, -4, 4), 0.0)
            wrong = free & (solution * wanted < 0)
            if not wrong.any():
                break
            free &= ~wrong
        if np.abs(solution - before).max() < 1e-6:
            break
    slopes, at = [], 1
    for bounds in knots:
        slopes.append(tuple(np.round(solution[at : at + len(bounds) - 1], 5).tolist()))
        at += len(bounds) - 1
    return Calibration(names, tuple(knots), tuple(slopes), round(float(solution[0]), 5))

"""From evidence to the probability that two pictures are copies of one another.

Boosted trees (Friedman, 2001) with the logistic link: many small trees of a few questions each add to the log-odds. One
model judges aligned pairs; another says, from the coarse look and the embeddings, which pairs are worth aligning. More
agreement can only speak for a copy, however the training pairs lie: the trees were grown under that constraint. They
were fitted to edits of public photographs, large and small, and to pictures that merely look alike, by
`examples/calibrate_copies`, which writes `calibration.json`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.copies.details import DETAILS
from fastdup_checks.copies.evidence import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = (
    "DEFAULT_THRESHOLD",
    "FIRST_LOOK",
    "LISTING_FLOOR",
    "REPORTING_FLOOR",
    "Calibration",
    "Models",
    "model_version",
    "shipped",
)

DEFAULT_THRESHOLD = 0.98
"""Pairs that score at least this are copies, unless the user decides otherwise.

High, because a dataset of one kind of thing, say products on plain ground, holds many look-alikes."""
LISTING_FLOOR = 0.2
"""Pairs that score less than the threshold but at least this are listed as possible copies, which no check counts: of
photographs that are often copied more of them are copies than the score says."""
REPORTING_FLOOR = 0.05
"""Pairs that score less are not worth keeping."""

FIRST_LOOK = ("coarse", "second", "in_place", "turned", "simple", "similarity")
"""What is known of a pair before it is aligned: the scores of the two best hypotheses of the coarse look, the
correlation of the pictures in place, the coarse score in another orientation than the best, over how much of the
simpler one its structure spreads, and the cosine of their embeddings."""
_FILE = Path(__file__).with_name("calibration.json")


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted model. Node i of a tree asks whether a feature exceeds a threshold: 2 i + 1 follows on no, else 2 i + 2.

    Every tree is full; where a branch ended early its last questions lead nowhere new.
    """

    features: tuple[str, ...]
    """Names, in the order of the columns."""
    feature: tuple[tuple[int, ...], ...]
    """Of each tree and node: the column that is asked about."""
    threshold: tuple[tuple[float, ...], ...]
    """Of each tree and node."""
    value: tuple[tuple[float, ...], ...]
    """Of each tree and leaf: what is added to the log-odds."""
    intercept: float

    def probability(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Judge evidence (p, features): probabilities in 0..1, to four digits."""
        odds = np.full(len(features), self.intercept, np.float64)
        columns = features.T.astype(np.float64)
        rows = np.arange(len(features))
        for asked, thresholds, values in zip(self.feature, self.threshold, self.value, strict=True):
            column, threshold, value = np.array(asked), np.array(thresholds), np.array(values)
            at = np.zeros(len(features), np.int64)
            for _ in range(len(values).bit_length() - 1):
                at = 2 * at + 1 + (columns[column[at], rows] > threshold[at])
            odds += value[at - len(thresholds)]
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
    drawn: Calibration
    """Judges pairs of drawn pictures by `details.DETAILS`..."""
    sure: float
    """...and those that it gives at least this probability as much as `pairs` does."""

    def write(self, path: Path = _FILE) -> None:
        """Write the models as JSON."""
        path.write_text(json.dumps(asdict(self)).replace("], [", "],\n[") + "\n", encoding="utf-8")


@cache
def model_version() -> str:
    """Names the shipped models, for results that were kept."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()[:12]


@cache
def shipped() -> Models:
    """The models that come with the package."""
    stored = json.loads(_FILE.read_text(encoding="utf-8"))
    parts = [_restore(stored[name]) for name in ("pairs", "gate", "drawn")]
    models = Models(parts[0], parts[1], float(stored["worth"]), parts[2], float(stored["sure"]))
    if [part.features for part in parts] != [FEATURES, FIRST_LOOK, DETAILS]:
        raise AssertionError("calibration.json is of another version of the evidence; run examples/calibrate_copies")
    return models


def _restore(stored: dict[str, Any]) -> Calibration:
    return Calibration(
        tuple(stored["features"]),
        tuple(map(tuple, stored["feature"])),
        tuple(map(tuple, stored["threshold"])),
        tuple(map(tuple, stored["value"])),
        float(stored["intercept"]),
    )

"""Whether splits are alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.checks.check import at_most, check, parameter
from fastdup_checks.checks.scope import broken_in, expect_two_splits, not_counted
from fastdup_checks.drift import NEAR, Drift, measure_drift
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis

__all__ = ("DriftScope", "split_drift")

_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftScope:
    """Which splits to compare."""

    between: tuple[str, str] | None = parameter("split_pair", "Two splits; by default the two that differ most.")


@check(unit="statistic", bound=at_most(0.1), params=DriftScope, needs=("splits",))
def split_drift(analysis: Analysis, scope: DriftScope) -> Measurement:
    """How different the pictures of two splits are.

    Population: readable images of the two splits, one of each group of copies. Value: how much more often the ten
    nearest neighbours of an image are of its own split than by chance, 0 where the splits are mixed and 1 where none
    has a neighbour in the other; the remark gives the p-value of a permutation test. Unit: statistic.

    A test set that differs from training measures something else than what was learned: other cameras, seasons, sites
    or classes. Look at the images that drive it, and divide the data again at random or by group, or keep the
    difference on purpose and say so.
    """
    splits = expect_two_splits(analysis.scan.dataset, scope.between, "split_drift")
    held = {image.split for image in analysis.images}
    pairs = [pair for pair in combinations(splits, 2) if held.issuperset(pair)]
    if not pairs:
        remark = not_counted(broken_in(analysis, splits))
        return Measurement(float("nan"), "statistic", 0, 0, "images in two splits", (), remark)
    found = [(*_measure(analysis, one, other), one, other) for one, other in pairs]
    drift, rows, one, other = max(found, key=lambda f: -1.0 if math.isnan(f[0].effect) else f[0].effect)
    side = np.array([analysis.images[row].split == other for row in rows.tolist()], bool)
    smaller = other if side.sum() <= len(side) / 2 else one
    drivers = np.flatnonzero((drift.share > 0.5) & (side == (smaller == other)) & (drift.p_value <= 0.01))
    order = sorted(drivers.tolist(), key=lambda place: (-drift.share[place], place))
    findings = tuple(
        Finding(
            (analysis.images[int(rows[place])].path,),
            round(float(drift.share[place]), 4),
            f"its neighbours are in {printable(smaller)} as well",
        )
        for place in order[:_SHOWN]
    )
    chance = f"p = {drift.p_value:.3g} that {printable(one)} and {printable(other)} are of one source"
    if math.isnan(drift.effect):
        chance = f"{printable(one)} and {printable(other)} have too few different images to be compared"
    remark = "; ".join(filter(None, (chance, not_counted(broken_in(analysis, (one, other))))))
    name = f"images in {printable(one)} and {printable(other)}"
    return Measurement(drift.effect, "statistic", len(order), len(rows), name, findings, remark)


def _measure(analysis: Analysis, one: str, other: str) -> tuple[Drift, np.ndarray]:
    split = np.array([image.split for image in analysis.images], dtype=object)
    rows = _different(analysis, np.flatnonzero((split == one) | (split == other)))
    side = split[rows] == other

    def compute() -> dict[str, NDArray[Any]]:
        drift = measure_drift(analysis.neighbours_among(rows, NEAR).ids, side)
        return {"effect": np.array(drift.effect), "p_value": np.array(drift.p_value), "share": drift.share}

    known = analysis.derive("drift-3", compute, rows.tobytes(), side.tobytes())
    return Drift(float(known["effect"]), float(known["p_value"]), known["share"]), rows


def _different(analysis: Analysis, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """One of each group of copies among some images, by rising rows; the one that stands for all, where it is there.

    Copies are neighbours for what they are, and leaks have a check of their own.
    """
    group = analysis.cluster_of[rows]
    order = np.lexsort((rows, analysis.stand_in[rows] != rows, group))
    _, first = np.unique(group[order], return_index=True)
    return np.sort(rows[order[first]])

"""Fit the boosted trees of the copy search with scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.ensemble import HistGradientBoostingClassifier

from fastdup_checks.copies.calibration import Calibration

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["fit"]

_FOR = ("all", "fine", "broad", "woven", "agreeing", "weak_blocks", "plain", "hue", "margin", "coarse", "structure")
_FOR += ("spread", "overlap", "second", "in_place", "simple", "similarity", "quiet", "finest", "finest_weak")
_AGAINST = ("tint", "repeats", "stretch", "unclean", "balance", "turned", "unexplained", "oddest")
_DETAILS_FOR = ("alike", "worst_2", "worst_5", "worst_10", "worst_20", "whole")
_DETAILS_AGAINST = ("stray", "unlike", "uneven")
_DIRECTION = {**dict.fromkeys(_FOR, 1), **dict.fromkeys(_AGAINST, -1)}
_DIRECTION |= {f"{soft}{name}": 1 for name in _DETAILS_FOR for soft in ("", "soft_")}
_DIRECTION |= {f"{soft}{name}": -1 for name in _DETAILS_AGAINST for soft in ("", "soft_")}
"""Whether more of a feature may only speak for a copy, or only against it: what cannot be true is not learned, however
the pairs at hand happen to lie."""
_NEVER = 1e30


def fit(
    names: tuple[str, ...],
    features: NDArray[np.float32],
    copies: NDArray[np.bool_],
    weight: NDArray[np.float64],
    *,
    trees: int,
    rate: float,
    depth: int,
    against: tuple[str, ...] = (),
) -> Calibration:
    """Fit to features (p, names) of pairs, of which some are copies.

    Args:
        names: Of the features.
        features: What was measured.
        copies: (p,) the truth.
        weight: (p,) how much each pair counts.
        trees: How many to grow.
        rate: How much of its advice is taken from each.
        depth: Questions from the root of a tree to a leaf.
        against: Names of features that may only speak against a copy here.
    """
    model = HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=rate,
        max_depth=depth,
        l2_regularization=10.0,
        min_samples_leaf=60,
        monotonic_cst=[-1 if name in against else _DIRECTION.get(name, 0) for name in names],
        early_stopping=False,
        random_state=0,
    )
    model.fit(features, copies, sample_weight=weight)
    grown = [_flatten(stage[0].nodes, depth) for stage in model._predictors]  # noqa: SLF001 - the library gives its trees no other way
    feature, threshold, value = (tuple(tree[part] for tree in grown) for part in range(3))
    start = float(model._baseline_prediction[0, 0])  # noqa: SLF001
    return Calibration(names, feature, threshold, value, round(start, 5))


def _flatten(nodes: np.ndarray, depth: int) -> tuple[tuple[int, ...], tuple[float, ...], tuple[float, ...]]:
    """Features and thresholds of the nodes and values of the leaves of a tree that is made full, level by level."""
    feature, threshold, level = [], [], [0]
    for _ in range(depth):
        below = []
        for at in level:
            node = nodes[at]
            leaf = bool(node["is_leaf"])
            feature.append(0 if leaf else int(node["feature_idx"]))
            threshold.append(_NEVER if leaf else float(f"{node['num_threshold']:.6g}"))
            below += [at, at] if leaf else [int(node["left"]), int(node["right"])]
        level = below
    return tuple(feature), tuple(threshold), tuple(round(float(nodes[at]["value"]), 5) for at in level)

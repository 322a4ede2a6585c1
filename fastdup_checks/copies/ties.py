"""Pairs that a third picture ties together: how both lie in it says how the one lies in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.hypotheses import FirstLook
from fastdup_checks.copies.maps import turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.copies.hypotheses import Measured

__all__ = ("correspondences", "find_ties", "propose_maps")


def find_ties(
    pairs: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64], score: NDArray[np.float32]
) -> NDArray[np.int64]:
    """(p,) the picture that is a copy of both of each pair (p, 2), the one whose weaker link is strongest; -1 for none.

    Args:
        pairs: Rows.
        first: (e,) rows of pictures that are copies...
        second: (e,) ...of these.
        score: (e,) how surely.
    """
    links: dict[int, dict[int, float]] = {}
    for one, other, sure in zip(first.tolist(), second.tolist(), score.tolist(), strict=True):
        links.setdefault(one, {})[other] = links.setdefault(other, {})[one] = sure
    ties = []
    for one, other in pairs.tolist():
        ours, theirs = links.get(one, {}), links.get(other, {})
        both = [(-min(ours[row], theirs[row]), row) for row in ours.keys() & theirs.keys()]
        ties.append(min(both)[1] if both else -1)
    return np.array(ties, np.int64)


def correspondences(measured: Measured) -> NDArray[np.float64]:
    """(h, 3, 3) from the coordinates of the second picture of each pair to those of the first, both as they are."""
    onto = np.tile(np.eye(3), (len(measured.pair), 1, 1))
    linear = measured.maps[:, :, :2].astype(np.float64)
    onto[:, :2, :2] = linear @ turns(measured.orientation).transpose(0, 2, 1)
    onto[:, :2, 2] = measured.maps[:, :, 2]
    onto[measured.swapped] = np.linalg.inv(onto[measured.swapped])
    return onto


def propose_maps(seen: FirstLook, onto: NDArray[np.float64]) -> FirstLook:
    """What was seen of pairs, with one hypothesis instead of those that it led to.

    Args:
        seen: What the first look gave.
        onto: (p, 3, 3) from the coordinates of the second picture to those of the first.
    """
    swapped = np.abs(np.linalg.det(onto[:, :2, :2])) > 1
    onto = np.where(swapped[:, None, None], np.linalg.inv(onto), onto)
    all_turns = turns(np.arange(8))
    upright = onto[:, None, :2, :2] @ all_turns
    orientation = (upright[:, :, 0, 0] + upright[:, :, 1, 1]).argmax(axis=1)
    maps = np.concatenate([upright[np.arange(len(onto)), orientation], onto[:, :2, 2:]], axis=2)
    score = np.full_like(seen.score, -1)
    score[:, 0] = seen.score[:, 0]
    kept = seen.maps.copy()
    kept[:, 0] = maps
    return FirstLook(
        score,
        np.repeat(swapped[:, None], 3, axis=1),
        np.repeat(orientation[:, None], 3, axis=1),
        kept,
        seen.turned,
        seen.simple,
        np.zeros_like(seen.parted),
    )

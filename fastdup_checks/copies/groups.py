"""Copies of copies: the groups that pairs tie together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ("Group", "connect", "find_groups", "rank_to_keep")


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are tied together by pairs, directly or through others."""

    members: tuple[int, ...]
    """Rows, ascending."""
    weakest: float
    """The score of the weakest link that holds the group together: without all pairs up to it, it falls apart."""
    weakest_pair: tuple[int, int]
    """That pair."""


def connect(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Label each of ``count`` images with the smallest row it is tied to, by any number of pairs (left, right)."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, left, low)
        np.minimum.at(label, right, low)
        label = np.minimum(label, label[label])
        if np.array_equal(before, label):
            return label


def find_groups(
    count: int, left: NDArray[np.int32], right: NDArray[np.int32], score: NDArray[np.float32]
) -> list[Group]:
    """Find the connected components of pairs, of two images or more, by their smallest member.

    The weakest link is the weakest edge of a maximum spanning tree (Kruskal, 1956): the pair at which the group would
    fall apart first if the threshold rose. Report it, since one wrong pair can tie two groups together.

    Args:
        count: Images.
        left: (p,) rows.
        right: (p,) rows.
        score: (p,) probabilities; the pairs to use, already cut at a threshold.
    """
    parent = list(range(count))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    weakest: dict[int, tuple[float, tuple[int, int]]] = {}
    for at in np.lexsort((right, left, -score)).tolist():
        a, b = root(int(left[at])), root(int(right[at]))
        if a != b:
            kept, gone = min(a, b), max(a, b)
            parent[gone] = kept
            weakest.pop(gone, None)
            weakest[kept] = (float(score[at]), (int(left[at]), int(right[at])))
    members: dict[int, list[int]] = {}
    for row in np.unique(np.concatenate([left, right])).tolist():
        members.setdefault(root(row), []).append(row)
    return [Group(tuple(rows), *weakest[label]) for label, rows in sorted(members.items())]


def rank_to_keep(
    members: Sequence[int],
    *,
    framed: NDArray[np.bool_],
    pixels: NDArray[np.int64],
    grey: NDArray[np.bool_],
    sharpness: NDArray[np.float32],
    bytes_per_pixel: NDArray[np.float32],
    training: NDArray[np.bool_],
    path: Sequence[str],
) -> list[int]:
    """Order the members of a group: the first is the one to keep.

    The rule: a picture without a border; then the one with the most pixels; among equals one in colour, then the
    sharpest, then the least compressed, then one that is not in a training split (a test set should not shrink), then
    the first by path.

    Args:
        members: Rows.
        framed: (n,) whether a plain border was put around the picture.
        pixels: (n,) width times height.
        grey: (n,) whether the picture is without colour.
        sharpness: (n,) any measure that is larger for sharper pictures.
        bytes_per_pixel: (n,) size of the file divided by pixels.
        training: (n,) whether the image belongs to a training split.
        path: (n,) of every image.
    """
    return sorted(
        members,
        key=lambda row: (
            bool(framed[row]),
            -int(pixels[row]),
            bool(grey[row]),
            -float(sharpness[row]),
            -float(bytes_per_pixel[row]),
            bool(training[row]),
            path[row],
        ),
    )

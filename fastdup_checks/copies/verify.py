"""The pixels dispose: every candidate pair is aligned and measured, coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Levels, Reader, Stack, align, grid
from fastdup_checks.copies.coarse import Descriptions, compare_in_place, look
from fastdup_checks.copies.evidence import Evidence, weigh
from fastdup_checks.copies.pictures import halve, luminance, orient

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ("FirstLook", "Gates", "Measured", "look_first", "measure")

_PAIRS = 128
"""Pairs aligned at a time: some 30 MB."""


@dataclass(frozen=True, slots=True)
class Gates:
    """What a hypothesis must reach to be looked at more closely."""

    coarse: float = 0.68
    """Correlation of descriptions..."""
    coarse_behind: float = 0.03
    """...and how far behind the best hypothesis of its pair it may be there."""
    in_place: float = 0.45
    """Correlation of the sketches without any shift."""
    middle: float = 0.56
    """Correlation after alignment at 16 x 16..."""
    behind: float = 0.04
    """...and how far behind the best hypothesis of its pair it may be there."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What is known of pairs before they are aligned.

    Arrays are (pairs, 3): two hypotheses of the coarse look, the better one first, and one without any shift.
    """

    score: NDArray[np.float32]
    """Correlation of the descriptions, or without any shift of the sketches, 0..1."""
    swapped: NDArray[np.bool_]
    """Whether the first of the pair lies in the second."""
    orientation: NDArray[np.int64]
    """Of the picture that lies in the other."""
    maps: NDArray[np.float32]
    """(pairs, 3, 2, 3)."""

    def features(self, similarity: NDArray[np.float32]) -> NDArray[np.float32]:
        """What `calibration.FIRST_LOOK` names: (pairs, 4), from the cosines (pairs,) of the embeddings."""
        return np.concatenate([self.score, similarity[:, None]], axis=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """Aligned hypotheses that passed the gates, none, one or more of each pair."""

    pair: NDArray[np.int64]
    """(h,) which of the pairs passed in, ascending."""
    swapped: NDArray[np.bool_]
    """(h,) whether the first of the pair lies in the second."""
    orientation: NDArray[np.int64]
    """(h,) of the picture that lies in the other."""
    maps: NDArray[np.float32]
    """(h, 2, 3) from the picture that lies in the other to the other."""
    evidence: Evidence

    def take(self, rows: NDArray[np.int64]) -> Measured:
        """Only some of the hypotheses."""
        return Measured(
            self.pair[rows], self.swapped[rows], self.orientation[rows], self.maps[rows], self.evidence.take(rows)
        )


def look_first(
    pictures: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    descriptions: Descriptions,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> FirstLook:
    """Find out how the pictures of pairs may lie in one another.

    Args:
        pictures: Gives luminance (rows, 32, 32) of some pictures.
        descriptions: Of all pictures.
        first: (p,) rows; in which order a pair is given matters only where two hypotheses are equally good.
        second: (p,) rows.
    """
    found = look(pictures, descriptions, first, second)
    turn, in_place = compare_in_place(descriptions, first, second)
    count = len(first)
    identity = np.broadcast_to(np.eye(2, 3, dtype=np.float32), (count, 1, 2, 3))
    return FirstLook(
        np.concatenate([found.score, in_place[:, None]], axis=1),
        np.concatenate([found.swapped, np.zeros((count, 1), bool)], axis=1),
        np.concatenate([found.orientation, turn[:, None]], axis=1),
        np.concatenate([found.maps, identity], axis=1),
    )


def measure(
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    seen: FirstLook,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    shape: NDArray[np.float32],
    *,
    wanted: NDArray[np.bool_] | None = None,
    gates: Gates | None = None,
) -> Measured:
    """Align and measure pairs of pictures.

    Args:
        thumbnails: Gives thumbnails (rows, 64, 64, 3) of some pictures.
        seen: What the first look gave of these pairs.
        first: (p,) rows.
        second: (p,) rows.
        shape: (n,) width over height of every original.
        wanted: (p,) which pairs to measure; all of them where None.
        gates: What may pass.
    """
    gates = gates or Gates()
    score = seen.score
    least = np.maximum(np.float32(gates.coarse), score[:, :1] - np.float32(gates.coarse_behind))
    go = np.concatenate([score[:, :2] >= least, score[:, 2:] >= gates.in_place], axis=1)
    if wanted is not None:
        go &= wanted[:, None]
    parts = []
    some = np.flatnonzero(go.any(axis=1))
    for start in range(0, len(some), _PAIRS):
        pairs = some[start : start + _PAIRS]
        at, which = np.nonzero(go[pairs])
        pair = pairs[at]
        swapped = seen.swapped[pair, which]
        # The coarse score of an alignment without shift is that of the best hypothesis of its pair.
        parts.append(
            _align(
                thumbnails,
                np.where(swapped, second[pair], first[pair]),
                np.where(swapped, first[pair], second[pair]),
                Measured(pair, swapped, seen.orientation[pair, which], seen.maps[pair, which], Evidence.empty()),
                score[pair, np.where(which == 2, 0, which)],
                shape,
                gates,
            )
        )
    return _join(parts)


def _align(
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    container: NDArray[np.int64],
    content: NDArray[np.int64],
    start: Measured,
    score: NDArray[np.float32],
    shape: NDArray[np.float32],
    gates: Gates,
) -> Measured:
    if not len(container):
        return start
    rows, inverse = np.unique(np.concatenate([container, content]), return_inverse=True)
    colour = thumbnails(rows)
    light = luminance(colour)
    levels = Levels.of(halve(light), 16)
    at_container, at_content = inverse[: len(container)], inverse[len(container) :]
    pair, orientation = start.pair, start.orientation
    maps = align(levels, at_container, at_content, orientation, start.maps, 16)
    middle = np.round(np.abs(_agreement(levels, at_container, at_content, orientation, maps)), 4)
    first_of_pair = np.flatnonzero(np.r_[True, np.diff(pair) != 0])
    best = np.repeat(np.maximum.reduceat(middle, first_of_pair), np.diff(np.r_[first_of_pair, len(pair)]))
    go = np.flatnonzero((middle >= gates.middle) & (middle >= best - gates.behind))
    if not len(go):
        return start.take(go)
    left, inverse = np.unique(np.concatenate([at_container[go], at_content[go]]), return_inverse=True)
    at_container, at_content, orientation = inverse[: len(go)], inverse[len(go) :], orientation[go]
    light, rgb = light[left], colour[left].astype(np.float32)
    levels = Levels.of(light, 32)
    maps = align(levels, at_container, at_content, orientation, maps[go], 32)
    tints = [(rgb[..., 2] - light) * np.float32(0.564), (rgb[..., 0] - light) * np.float32(0.713)]
    blue, red = (Stack.of(tint, 32) for tint in tints)
    evidence = weigh(levels, (blue, red), at_container, at_content, orientation, maps, score[go], shape[rows[left]])
    return Measured(pair[go], start.swapped[go], orientation, maps, evidence)


def _agreement(
    levels: Levels,
    container: NDArray[np.int64],
    content: NDArray[np.int64],
    orientation: NDArray[np.int64],
    maps: NDArray[np.float32],
) -> NDArray[np.float32]:
    reader = Reader.through(maps, container, levels.even, grid(16), 16)
    base = orient(levels.even.levels[16][content], orientation).reshape(len(content), -1) * reader.inside
    warped = reader.read(levels.even) * reader.inside
    product, left, right = (base * warped).sum(axis=1), (base * base).sum(axis=1), (warped * warped).sum(axis=1)
    correlation: NDArray[np.float32] = product / np.sqrt((left + 6) * (right + 6))
    return correlation


def _join(parts: list[Measured]) -> Measured:
    if not parts:
        empty = np.zeros(0, np.int64)
        return Measured(empty, empty.astype(bool), empty, np.zeros((0, 2, 3), np.float32), Evidence.empty())
    return Measured(
        np.concatenate([part.pair for part in parts]),
        np.concatenate([part.swapped for part in parts]),
        np.concatenate([part.orientation for part in parts]),
        np.concatenate([part.maps for part in parts]),
        Evidence.join([part.evidence for part in parts]),
    )

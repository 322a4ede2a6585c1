"""The pixels dispose: every candidate pair is aligned and measured, coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Alignment, Levels, Stack, agreement
from fastdup_checks.copies.coarse import Descriptions, compare_in_place, look, parts_in_place
from fastdup_checks.copies.evidence import Evidence, weigh
from fastdup_checks.copies.pictures import luminance, without_mat
from fastdup_checks.copies.poses import find_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ("FirstLook", "Gates", "Measured", "look_first", "measure")

_PAIRS = 128
"""Pairs aligned at a time: some 30 MB."""
_MORE = 6
"""Steps at most..."""
_GAIN = np.float32(0.003)
"""...that raise the correlation by this much, after those that every alignment takes."""
_PARTS = 6
"""Of 16 parts; of strangers that look somewhat alike fewer than one in a thousand have as many in common."""
_AS_IT_IS = 0.85
"""Correlation without any shift from which two pictures are also compared as they are, mats and all."""
_SAME = 0.03
"""Difference of maps, in half sides of a picture, that a few more steps of alignment make good."""


@dataclass(frozen=True, slots=True)
class Gates:
    """What a hypothesis must reach to be looked at more closely."""

    coarse: float = 0.68
    """Correlation of descriptions..."""
    coarse_behind: float = 0.03
    """...and how far behind the best hypothesis of its pair it may be there."""
    in_place: float = 0.45
    """Correlation of the sketches without any shift."""
    middle: float = 0.45
    """Correlation after alignment at 16 x 16..."""
    detail: float = 0.38
    """...and through the same map at 32 x 32..."""
    behind: float = 0.2
    """...and how far behind the best hypothesis of its pair it may be at either."""
    halfway: float = 0.3
    """Correlation at 32 x 32 when half of the steps there are done..."""
    nearly: float = 0.44
    """...and before the last of them."""


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
    turned: NDArray[np.float32]
    """(pairs,) the best coarse score in any other orientation than the best."""
    simple: NDArray[np.float32]
    """(pairs,) over how much of the simpler picture its structure spreads, as a share."""
    parted: NDArray[np.bool_]
    """(pairs,) whether many of their parts are alike as they lie, whatever the rest looks like."""

    def features(self, similarity: NDArray[np.float32]) -> NDArray[np.float32]:
        """What `calibration.FIRST_LOOK` names: (pairs, 6), from the cosines (pairs,) of the embeddings."""
        return np.concatenate([self.score, np.stack([self.turned, self.simple, similarity], axis=1)], axis=1)


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
    parted = parts_in_place(descriptions, first, second) >= _PARTS
    turn[parted] = 0
    count = len(first)
    identity = np.broadcast_to(np.eye(2, 3, dtype=np.float32), (count, 1, 2, 3))
    return FirstLook(
        np.concatenate([found.score, in_place[:, None]], axis=1),
        np.concatenate([found.swapped, np.zeros((count, 1), bool)], axis=1),
        np.concatenate([found.orientation, turn[:, None]], axis=1),
        np.concatenate([found.maps, identity], axis=1),
        found.turned,
        np.minimum(descriptions.spread[first], descriptions.spread[second]),
        parted,
    )


def measure(
    pictures: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    seen: FirstLook,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    shape: NDArray[np.float32],
    size: NDArray[np.float32],
    mat: NDArray[np.uint8],
    *,
    wanted: NDArray[np.bool_] | None = None,
    gates: Gates | None = None,
) -> Measured:
    """Align and measure pairs of pictures.

    Args:
        pictures: Gives luminance (rows, 32, 32) of some pictures.
        thumbnails: Gives thumbnails (rows, 64, 64, 3) of some pictures.
        seen: What the first look gave of these pairs.
        first: (p,) rows.
        second: (p,) rows.
        shape: (n,) width over height of every original.
        size: (n,) pixels along its shorter side.
        mat: (n, 4) of every picture, see `Descriptions`.
        wanted: (p,) which pairs to measure; all of them where None.
        gates: What may pass.
    """
    gates = gates or Gates()
    score = seen.score
    least = np.maximum(np.float32(gates.coarse), score[:, :1] - np.float32(gates.coarse_behind))
    in_place = (score[:, 2] >= gates.in_place) | seen.parted
    go = np.concatenate([score[:, :2] >= least, in_place[:, None]], axis=1)
    if wanted is not None:
        go &= wanted[:, None]
    # Light ground that was made brighter looks like a mat. It is none where the other is the same without any plain
    # edge; things that are all shown on white are not compared by their outlines.
    matted: NDArray[np.bool_] = np.asarray(mat[first].any(axis=1))
    maybe = np.flatnonzero(go[:, 2] & (score[:, 2] >= _AS_IT_IS) & (matted != mat[second].any(axis=1)))
    without = np.where(matted[maybe], second[maybe], first[maybe])
    bare = np.zeros_like(go)
    bare[maybe, 2] = (find_frame(pictures(without)) == 0).all(axis=1)
    parts = []
    for chosen, mats in ((go, mat), (bare, np.zeros_like(mat))):
        some = np.flatnonzero(chosen.any(axis=1))
        for start in range(0, len(some), _PAIRS):
            pairs = some[start : start + _PAIRS]
            at, which = np.nonzero(chosen[pairs])
            pair = pairs[at]
            swapped = seen.swapped[pair, which]
            # The coarse score of an alignment without shift is that of the best hypothesis of its pair.
            parts.append(
                _align(
                    pictures,
                    thumbnails,
                    np.where(swapped, second[pair], first[pair]),
                    np.where(swapped, first[pair], second[pair]),
                    Measured(pair, swapped, seen.orientation[pair, which], seen.maps[pair, which], Evidence.empty()),
                    score[pair, np.where(which == 2, 0, which)],
                    shape,
                    size,
                    mats,
                    gates,
                )
            )
    return _join(parts)


def _align(
    pictures: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
    container: NDArray[np.int64],
    content: NDArray[np.int64],
    start: Measured,
    score: NDArray[np.float32],
    shape: NDArray[np.float32],
    size: NDArray[np.float32],
    mat: NDArray[np.uint8],
    gates: Gates,
) -> Measured:
    pair, orientation = start.pair, start.orientation
    rows, inverse = np.unique(np.concatenate([container, content]), return_inverse=True)
    at_container, at_content = inverse[: len(container)], inverse[len(container) :]
    levels = Levels.of(without_mat(pictures(rows), mat[rows]), 16)
    alignment = Alignment.of(levels, at_container, at_content, orientation, 16)
    maps, _ = alignment.improve(start.maps, robust=False)
    maps, _ = alignment.improve(maps)
    maps, middle = alignment.improve(maps)
    go = _ahead(pair, middle, gates.middle, gates.behind)
    go = go[_distinct(pair[go], start.swapped[go], orientation[go], maps[go])]
    if not len(go):
        return start.take(go)
    detail = agreement(levels, at_container[go], at_content[go], orientation[go], maps[go], 32)
    go = go[_ahead(pair[go], detail, gates.detail, gates.behind)]
    if not len(go):
        return start.take(go)

    rows, inverse = np.unique(np.concatenate([container[go], content[go]]), return_inverse=True)
    at_container, at_content = inverse[: len(go)], inverse[len(go) :]
    colour = thumbnails(rows)
    light = luminance(colour)
    levels = Levels.of(without_mat(light, mat[rows]), 32)
    alignment = Alignment.of(levels, at_container, at_content, orientation[go], 32)
    maps, _ = alignment.improve(maps[go], robust=False)
    maps, halfway = alignment.improve(maps)
    on = np.flatnonzero(halfway >= gates.halfway)
    if not len(on):
        return start.take(on)
    alignment, maps = alignment.take(on), maps[on]
    maps, before = alignment.improve(maps)
    maps, nearly = alignment.improve(maps)
    last = np.flatnonzero(nearly >= gates.nearly)
    if not len(last):
        return start.take(last)
    maps, on = maps[last], on[last]
    _settle(alignment.take(last), maps, before[last], nearly[last])

    at_container, at_content, go = at_container[on], at_content[on], go[on]
    pair, orientation = pair[go], orientation[go]
    rgb = colour.astype(np.float32)
    tints = [(rgb[..., 2] - light) * np.float32(0.564), (rgb[..., 0] - light) * np.float32(0.713)]
    blue, red = (Stack.of(tint, 32) for tint in tints)
    evidence = weigh(
        levels, (blue, red), at_container, at_content, orientation, maps, score[go], shape[rows], size[rows]
    )
    return Measured(pair, start.swapped[go], orientation, maps, evidence)


def _settle(
    alignment: Alignment, maps: NDArray[np.float32], before: NDArray[np.float32], now: NDArray[np.float32]
) -> None:
    """Take more steps with those maps, in place, for which the last one still gained."""
    for _ in range(_MORE):
        moving = np.flatnonzero(now >= before + _GAIN)
        if not len(moving):
            return
        before[moving] = now[moving]
        maps[moving], now[moving] = alignment.take(moving).improve(maps[moving])


def _ahead(pair: NDArray[np.int64], agreeing: NDArray[np.float32], least: float, behind: float) -> NDArray[np.int64]:
    """Which hypotheses reach the least and are not far behind the best of their pair; pairs ascend."""
    starts = np.flatnonzero(np.r_[True, np.diff(pair) != 0])
    best = np.repeat(np.maximum.reduceat(agreeing, starts), np.diff(np.r_[starts, len(pair)]))
    return np.flatnonzero((agreeing >= least) & (agreeing >= best - np.float32(behind)))


def _distinct(
    pair: NDArray[np.int64], swapped: NDArray[np.bool_], orientation: NDArray[np.int64], maps: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Which hypotheses say something else than those of the same pair before them; pairs ascend."""
    again = np.zeros(len(pair), bool)
    for back in (1, 2):
        alike = (pair[back:] == pair[:-back]) & (swapped[back:] == swapped[:-back])
        alike &= orientation[back:] == orientation[:-back]
        alike &= np.abs(maps[back:] - maps[:-back]).max(axis=(1, 2), initial=0) < _SAME
        again[back:] |= alike
    return np.flatnonzero(~again)


def _join(parts: list[Measured]) -> Measured:
    if not parts:
        empty = np.zeros(0, np.int64)
        return Measured(empty, empty.astype(bool), empty, np.zeros((0, 2, 3), np.float32), Evidence.empty())
    joined = Measured(
        np.concatenate([part.pair for part in parts]),
        np.concatenate([part.swapped for part in parts]),
        np.concatenate([part.orientation for part in parts]),
        np.concatenate([part.maps for part in parts]),
        Evidence.join([part.evidence for part in parts]),
    )
    return joined.take(np.argsort(joined.pair, kind="stable"))

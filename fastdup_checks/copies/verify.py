"""The pixels dispose: every candidate pair is aligned and measured, coarse to fine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Alignment, Levels, agreement
from fastdup_checks.copies.coarse import Descriptions, compare_in_place, look, parts_in_place
from fastdup_checks.copies.evidence import STRIPS
from fastdup_checks.copies.guesses import Close, Guesses, Looked
from fastdup_checks.copies.hypotheses import IN_PLACE, FirstLook, Gates, Measured, PictureSet
from fastdup_checks.copies.pictures import without_mat
from fastdup_checks.copies.poses import find_frame
from fastdup_checks.copies.steps import improve, refine, search_around, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ("look_first", "measure", "measure_closely")

_PAIRS = 128
"""Pairs aligned at a time: some 30 MB."""
_CLOSE, _LOST = 0.87, 0.5
"""Pictures that agree so well at 16 x 16, and less than this at 32 x 32, are looked for around where they started:
stripes are alike at every period."""
_ALIKE = 0.5
"""Correlation as they lie from which two pictures are measured so."""
_STEPS = 3
"""Of every alignment at 16 x 16."""
_PROMISING = 0.85
"""Coarse score from which a hypothesis whose alignment has got nowhere yet takes..."""
_FURTHER = 8
"""...so many steps instead: soft pictures, such as folds of plain cloth, come together slowly."""
_PARTS = 6
"""Of 16 parts; of strangers that look somewhat alike fewer than one in a thousand have as many in common."""
_AS_IT_IS = 0.85
"""Correlation without any shift from which two pictures are also compared as they are, mats and all."""
_SAME = 0.03
"""Difference of maps, in half sides of a picture, that a few more steps of alignment make good."""


def look_first(
    small: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    descriptions: Descriptions,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> FirstLook:
    """Find out how the pictures of pairs may lie in one another.

    Args:
        small: Gives luminance (rows, 32, 32) of some pictures.
        descriptions: Of all pictures.
        first: (p,) rows; in which order a pair is given matters only where two hypotheses are equally good.
        second: (p,) rows.
    """
    found = look(small, descriptions, first, second)
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
    pictures: PictureSet,
    seen: FirstLook,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    *,
    wanted: NDArray[np.bool_] | None = None,
    gates: Gates | None = None,
) -> Measured:
    """Align and measure pairs of pictures.

    Args:
        pictures: What is compared of all pictures.
        seen: What the first look gave of these pairs.
        first: (p,) rows.
        second: (p,) rows.
        wanted: (p,) which pairs to measure; all of them where None.
        gates: What may pass.
    """
    gates = gates or Gates()
    score, mat = seen.score, pictures.mat
    least = np.maximum(np.float32(gates.coarse), score[:, :1] - np.float32(gates.coarse_behind))
    in_place = (score[:, IN_PLACE] >= gates.in_place) | seen.parted
    go = np.concatenate([score[:, :IN_PLACE] >= least, in_place[:, None]], axis=1)
    if wanted is not None:
        go &= wanted[:, None]
    # Light ground that was made brighter looks like a mat. It is none where the other is the same without any plain
    # edge; things that are all shown on white are not compared by their outlines.
    matted: NDArray[np.bool_] = np.asarray(mat[first].any(axis=1))
    maybe = np.flatnonzero(go[:, IN_PLACE] & (score[:, IN_PLACE] >= _AS_IT_IS) & (matted != mat[second].any(axis=1)))
    without = np.where(matted[maybe], second[maybe], first[maybe])
    bare = np.zeros_like(go)
    bare[maybe, IN_PLACE] = (find_frame(pictures.small(without)) == 0).all(axis=1)
    parts = []
    for chosen, shown in ((go, pictures), (bare, pictures.without_mats())):
        some = np.flatnonzero(chosen.any(axis=1))
        for start in range(0, len(some), _PAIRS):
            pairs = some[start : start + _PAIRS]
            at, which = np.nonzero(chosen[pairs])
            guesses = Guesses.of(seen, first, second, pairs[at], which)
            parts.append(_align(shown, guesses, gates))
            parts.append(_leave(shown, guesses.take(np.flatnonzero(which == IN_PLACE)), gates))
    return Measured.join(parts)


def measure_closely(
    pictures: PictureSet, measured: Measured, first: NDArray[np.int64], second: NDArray[np.int64]
) -> Measured:
    """Align once more at 64 x 64, and measure both whole and without a strip along each side: a caption may lie there.

    Args:
        pictures: What is compared of all pictures.
        measured: One hypothesis for each of some pairs.
        first: (p,) rows of the pictures of all pairs.
        second: (p,) rows.
    """
    parts = []
    for start in range(0, len(measured.pair), _PAIRS):
        some = measured.take(np.arange(start, min(start + _PAIRS, len(measured.pair))))
        guesses = Guesses.again(some, first, second)
        close = Close.at(pictures, guesses)
        pictures_of = close.looked.container, close.looked.content, guesses.orientation
        guesses = replace(guesses, maps=refine(close.levels, pictures_of, guesses.maps))
        every = np.arange(len(guesses.pair))
        parts += [close.weigh(pictures, guesses, every, np.full(len(every), strip)) for strip in range(STRIPS + 1)]
    return Measured.join(parts)


def _align(pictures: PictureSet, guesses: Guesses, gates: Gates) -> Measured:
    looked = Looked.at(guesses)
    levels = _small(pictures, looked.rows)
    alignment = Alignment.of(levels, looked.container, looked.content, guesses.orientation, 16)
    start = guesses.maps
    maps, middle = improve(alignment, start, _STEPS)
    far = np.flatnonzero((middle < gates.middle) & (guesses.coarse >= _PROMISING))
    if len(far):
        maps[far], middle[far] = improve(alignment.take(far), start[far], _FURTHER)
    guesses = replace(guesses, maps=maps)
    go = _ahead(guesses.pair, middle, gates.middle, gates.behind)
    go = go[_distinct(guesses.take(go))]
    if not len(go):
        return Measured.join([])
    # Stripes of which 16 pixels show no more than every other one are led astray there.
    pictures_of = looked.container[go], looked.content[go], guesses.orientation[go]
    detail, before = (agreement(levels, *pictures_of, some[go], 32) for some in (maps, start))
    maps[go] = np.where((before > detail)[:, None, None], start[go], maps[go])
    detail = np.maximum(detail, before)
    lost = np.flatnonzero((detail < _LOST) & (middle[go] >= _CLOSE))
    if len(lost):
        pictures_of = looked.container[go[lost]], looked.content[go[lost]], guesses.orientation[go[lost]]
        maps[go[lost]], detail[lost] = search_around(levels, pictures_of, start[go[lost]], maps[go[lost]], detail[lost])
    on = go[_ahead(guesses.pair[go], detail, gates.detail, gates.behind)]
    guesses = replace(guesses, maps=maps).take(on)
    if not len(guesses.pair):
        return Measured.join([])

    close = Close.at(pictures, guesses)
    looked = close.looked
    alignment = Alignment.of(close.levels, looked.container, looked.content, guesses.orientation, 32)
    maps, at_first = alignment.improve(guesses.maps, robust=False)
    maps, halfway = alignment.improve(maps)
    on = np.flatnonzero(np.maximum(at_first, halfway) >= gates.halfway)
    if not len(on):
        return Measured.join([])
    alignment, maps = alignment.take(on), maps[on]
    maps, before = alignment.improve(maps)
    maps, nearly = alignment.improve(maps)
    last = np.flatnonzero(nearly >= gates.nearly)
    if not len(last):
        return Measured.join([])
    settled = guesses.maps.copy()
    settled[on[last]] = settle(alignment.take(last), maps[last], before[last], nearly[last])
    return close.weigh(pictures, replace(guesses, maps=settled), on[last])


def _leave(pictures: PictureSet, guesses: Guesses, gates: Gates) -> Measured:
    """Measure hypotheses as they are: a sticker that hides much of a picture draws every alignment towards its rim."""
    if not len(guesses.pair):
        return Measured.join([])
    looked = Looked.at(guesses)
    levels = _small(pictures, looked.rows)
    alike = agreement(levels, looked.container, looked.content, guesses.orientation, guesses.maps, 32)
    guesses = guesses.take(np.flatnonzero(alike >= max(gates.nearly, _ALIKE)))
    if not len(guesses.pair):
        return Measured.join([])
    return Close.at(pictures, guesses).weigh(pictures, guesses, np.arange(len(guesses.pair)))


def _small(pictures: PictureSet, rows: NDArray[np.int64]) -> Levels:
    return Levels.of(without_mat(pictures.small(rows), pictures.mat[rows]), 16)


def _ahead(pair: NDArray[np.int64], agreeing: NDArray[np.float32], least: float, behind: float) -> NDArray[np.int64]:
    """Which hypotheses reach the least and are not far behind the best of their pair; pairs ascend."""
    starts = np.flatnonzero(np.r_[True, np.diff(pair) != 0])
    best = np.repeat(np.maximum.reduceat(agreeing, starts), np.diff(np.r_[starts, len(pair)]))
    return np.flatnonzero((agreeing >= least) & (agreeing >= best - np.float32(behind)))


def _distinct(guesses: Guesses) -> NDArray[np.int64]:
    """Which hypotheses say something else than those of the same pair before them; pairs ascend."""
    again = np.zeros(len(guesses.pair), bool)
    for back in (1, 2):
        one, other = guesses.take(np.arange(back, len(again))), guesses.take(np.arange(len(again) - back))
        alike = (one.pair == other.pair) & (one.swapped == other.swapped) & (one.orientation == other.orientation)
        alike &= np.abs(one.maps - other.maps).max(axis=(1, 2), initial=0) < _SAME
        again[back:] |= alike
    return np.flatnonzero(~again)

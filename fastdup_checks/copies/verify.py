"""The pixels dispose: every candidate pair is aligned and measured, coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Alignment, Levels, Stack, agreement
from fastdup_checks.copies.coarse import Descriptions, compare_in_place, look, parts_in_place
from fastdup_checks.copies.evidence import Evidence, weigh
from fastdup_checks.copies.hypotheses import FirstLook, Gates, Measured, PictureSet
from fastdup_checks.copies.pictures import luminance, without_mat
from fastdup_checks.copies.poses import find_frame
from fastdup_checks.copies.steps import improve, search_around, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ("look_first", "measure")

_PAIRS = 128
"""Pairs aligned at a time: some 30 MB."""
_WEIGHED = 64
"""Hypotheses weighed at a time: at 64 x 64 as much as a processor keeps at hand."""
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
_IN_PLACE = 2
"""Which of the hypotheses of the first look is the one without any shift."""


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
    in_place = (score[:, _IN_PLACE] >= gates.in_place) | seen.parted
    go = np.concatenate([score[:, :_IN_PLACE] >= least, in_place[:, None]], axis=1)
    if wanted is not None:
        go &= wanted[:, None]
    # Light ground that was made brighter looks like a mat. It is none where the other is the same without any plain
    # edge; things that are all shown on white are not compared by their outlines.
    matted: NDArray[np.bool_] = np.asarray(mat[first].any(axis=1))
    maybe = np.flatnonzero(go[:, _IN_PLACE] & (score[:, _IN_PLACE] >= _AS_IT_IS) & (matted != mat[second].any(axis=1)))
    without = np.where(matted[maybe], second[maybe], first[maybe])
    bare = np.zeros_like(go)
    bare[maybe, _IN_PLACE] = (find_frame(pictures.small(without)) == 0).all(axis=1)
    parts = []
    for chosen, shown in ((go, pictures), (bare, pictures.without_mats())):
        some = np.flatnonzero(chosen.any(axis=1))
        for start in range(0, len(some), _PAIRS):
            pairs = some[start : start + _PAIRS]
            at, which = np.nonzero(chosen[pairs])
            guesses = _Guesses.of(seen, first, second, pairs[at], which)
            parts.append(_align(shown, guesses, gates))
            parts.append(_leave(shown, guesses.take(np.flatnonzero(which == _IN_PLACE)), gates))
    return Measured.join(parts)


@dataclass(frozen=True, slots=True)
class _Guesses:
    """Hypotheses that are yet to be measured; arrays are as in `Measured`."""

    container: NDArray[np.int64]
    """(h,) rows of the pictures in which others lie..."""
    content: NDArray[np.int64]
    """(h,) ...and of these."""
    pair: NDArray[np.int64]
    swapped: NDArray[np.bool_]
    orientation: NDArray[np.int64]
    maps: NDArray[np.float32]
    coarse: NDArray[np.float32]
    """(h,) score in the coarse look."""

    @classmethod
    def of(
        cls,
        seen: FirstLook,
        first: NDArray[np.int64],
        second: NDArray[np.int64],
        pair: NDArray[np.int64],
        which: NDArray[np.int64],
    ) -> _Guesses:
        """Some of the hypotheses (h,) of the first look."""
        swapped = seen.swapped[pair, which]
        return cls(
            np.where(swapped, second[pair], first[pair]),
            np.where(swapped, first[pair], second[pair]),
            pair,
            swapped,
            seen.orientation[pair, which],
            seen.maps[pair, which],
            # That of an alignment without shift is the one of the best hypothesis of its pair.
            seen.score[pair, np.where(which == _IN_PLACE, 0, which)],
        )

    def take(self, rows: NDArray[np.int64]) -> _Guesses:
        """Only some of them."""
        return _Guesses(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class _Looked:
    """The pictures that take part in hypotheses, and which of them (h,) each container and each content is."""

    rows: NDArray[np.int64]
    container: NDArray[np.int64]
    content: NDArray[np.int64]

    @classmethod
    def at(cls, guesses: _Guesses) -> _Looked:
        """Those of these hypotheses."""
        rows, place = np.unique(np.concatenate([guesses.container, guesses.content]), return_inverse=True)
        return cls(rows, place[: len(guesses.pair)], place[len(guesses.pair) :])


@dataclass(frozen=True, slots=True)
class _Close:
    """The thumbnails of the pictures that take part in hypotheses."""

    looked: _Looked
    colour: NDArray[np.float32]
    """(rows, 64, 64, 3)..."""
    light: NDArray[np.float32]
    """...and their luminance (rows, 64, 64)..."""
    levels: Levels
    """...the same without mats."""

    @classmethod
    def at(cls, pictures: PictureSet, guesses: _Guesses) -> _Close:
        """Those of these hypotheses."""
        looked = _Looked.at(guesses)
        colour = pictures.thumbnails(looked.rows)
        light = luminance(colour)
        levels = Levels.of(without_mat(light, pictures.mat[looked.rows]), 32)
        return cls(looked, colour.astype(np.float32), light, levels)

    def weigh(self, pictures: PictureSet, guesses: _Guesses, some: NDArray[np.int64]) -> Measured:
        """Measure some of the hypotheses, one at least."""
        rows, chosen = self.looked.rows, guesses.take(some)
        tints = [(self.colour[..., 2] - self.light) * np.float32(0.564)]
        tints += [(self.colour[..., 0] - self.light) * np.float32(0.713)]
        blue, red = (Stack.of(tint, 32) for tint in tints)
        parts = [slice(start, start + _WEIGHED) for start in range(0, len(some), _WEIGHED)]
        evidence = Evidence.join(
            [
                weigh(
                    self.levels,
                    (blue, red),
                    self.looked.container[some[part]],
                    self.looked.content[some[part]],
                    chosen.orientation[part],
                    chosen.maps[part],
                    chosen.coarse[part],
                    pictures.shape[rows],
                    pictures.size[rows],
                )
                for part in parts
            ]
        )
        return Measured(chosen.pair, chosen.swapped, chosen.orientation, chosen.maps, evidence)


def _align(pictures: PictureSet, guesses: _Guesses, gates: Gates) -> Measured:
    looked = _Looked.at(guesses)
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

    close = _Close.at(pictures, guesses)
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


def _leave(pictures: PictureSet, guesses: _Guesses, gates: Gates) -> Measured:
    """Measure hypotheses as they are: a sticker that hides much of a picture draws every alignment towards its rim."""
    if not len(guesses.pair):
        return Measured.join([])
    looked = _Looked.at(guesses)
    levels = _small(pictures, looked.rows)
    alike = agreement(levels, looked.container, looked.content, guesses.orientation, guesses.maps, 32)
    guesses = guesses.take(np.flatnonzero(alike >= max(gates.nearly, _ALIKE)))
    if not len(guesses.pair):
        return Measured.join([])
    return _Close.at(pictures, guesses).weigh(pictures, guesses, np.arange(len(guesses.pair)))


def _small(pictures: PictureSet, rows: NDArray[np.int64]) -> Levels:
    return Levels.of(without_mat(pictures.small(rows), pictures.mat[rows]), 16)


def _ahead(pair: NDArray[np.int64], agreeing: NDArray[np.float32], least: float, behind: float) -> NDArray[np.int64]:
    """Which hypotheses reach the least and are not far behind the best of their pair; pairs ascend."""
    starts = np.flatnonzero(np.r_[True, np.diff(pair) != 0])
    best = np.repeat(np.maximum.reduceat(agreeing, starts), np.diff(np.r_[starts, len(pair)]))
    return np.flatnonzero((agreeing >= least) & (agreeing >= best - np.float32(behind)))


def _distinct(guesses: _Guesses) -> NDArray[np.int64]:
    """Which hypotheses say something else than those of the same pair before them; pairs ascend."""
    again = np.zeros(len(guesses.pair), bool)
    for back in (1, 2):
        one, other = guesses.take(np.arange(back, len(again))), guesses.take(np.arange(len(again) - back))
        alike = (one.pair == other.pair) & (one.swapped == other.swapped) & (one.orientation == other.orientation)
        alike &= np.abs(one.maps - other.maps).max(axis=(1, 2), initial=0) < _SAME
        again[back:] |= alike
    return np.flatnonzero(~again)

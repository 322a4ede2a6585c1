"""Hypotheses about pairs that are yet to be measured, and the pictures that take part in them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Levels, Stack
from fastdup_checks.copies.evidence import FEATURES, STRIPS, Evidence, weigh
from fastdup_checks.copies.hypotheses import IN_PLACE, FirstLook, Measured, PictureSet
from fastdup_checks.copies.pictures import luminance, without_mat

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("Close", "Guesses", "Looked")

_AT_ONCE = 64
"""Hypotheses weighed at a time: at 64 x 64 as much as a processor keeps at hand."""


@dataclass(frozen=True, slots=True)
class Guesses:
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
    ) -> Guesses:
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
            seen.score[pair, np.where(which == IN_PLACE, 0, which)],
        )

    @classmethod
    def again(cls, measured: Measured, first: NDArray[np.int64], second: NDArray[np.int64]) -> Guesses:
        """Hypotheses that were measured, to be measured once more; `first` and `second` are rows of all pairs."""
        one, other = first[measured.pair], second[measured.pair]
        return cls(
            np.where(measured.swapped, other, one),
            np.where(measured.swapped, one, other),
            measured.pair,
            measured.swapped,
            measured.orientation,
            measured.maps,
            measured.evidence.features[:, FEATURES.index("coarse")],
        )

    def take(self, rows: NDArray[np.int64]) -> Guesses:
        """Only some of them."""
        return Guesses(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Looked:
    """The pictures that take part in hypotheses, and which of them (h,) each container and each content is."""

    rows: NDArray[np.int64]
    container: NDArray[np.int64]
    content: NDArray[np.int64]

    @classmethod
    def at(cls, guesses: Guesses) -> Looked:
        """Those of these hypotheses."""
        rows, place = np.unique(np.concatenate([guesses.container, guesses.content]), return_inverse=True)
        return cls(rows, place[: len(guesses.pair)], place[len(guesses.pair) :])


@dataclass(frozen=True, slots=True)
class Close:
    """The thumbnails of the pictures that take part in hypotheses."""

    looked: Looked
    colour: NDArray[np.float32]
    """(rows, 64, 64, 3)..."""
    light: NDArray[np.float32]
    """...and their luminance (rows, 64, 64)..."""
    levels: Levels
    """...the same without mats."""

    @classmethod
    def at(cls, pictures: PictureSet, guesses: Guesses) -> Close:
        """Those of these hypotheses."""
        looked = Looked.at(guesses)
        colour = pictures.thumbnails(looked.rows)
        light = luminance(colour)
        levels = Levels.of(without_mat(light, pictures.mat[looked.rows]), 32)
        return cls(looked, colour.astype(np.float32), light, levels)

    def weigh(
        self,
        pictures: PictureSet,
        guesses: Guesses,
        some: NDArray[np.int64],
        strip: NDArray[np.int64] | None = None,
    ) -> Measured:
        """Measure some of the hypotheses, one at least, each without one strip if that is given."""
        rows, chosen = self.looked.rows, guesses.take(some)
        tints = [(self.colour[..., 2] - self.light) * np.float32(0.564)]
        tints += [(self.colour[..., 0] - self.light) * np.float32(0.713)]
        blue, red = (Stack.of(tint, 32) for tint in tints)
        strip = np.full(len(some), STRIPS) if strip is None else strip
        parts = [slice(start, start + _AT_ONCE) for start in range(0, len(some), _AT_ONCE)]
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
                    strip[part],
                )
                for part in parts
            ]
        )
        return Measured(chosen.pair, chosen.swapped, chosen.orientation, chosen.maps, strip < STRIPS, evidence)

"""The coarse look at pairs: which part of one picture, in which orientation, may be the other.

Every candidate pair is compared at a few hundred windows in both directions and all eight orientations, by inner
products of the descriptions in `windows`. What comes out is not an answer but a few hypotheses: affine maps from which
the fine alignment starts. Most pairs of unrelated pictures end here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.maps import turns
from fastdup_checks.copies.pictures import even_contrast, halve
from fastdup_checks.copies.poses import find_mat, unframed
from fastdup_checks.copies.windows import ORIENTATIONS, UNIT, core_windows, dense_windows, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ("Descriptions", "Hypotheses", "compare_in_place", "look", "parts_in_place")

_CORE = 0.77
"""Share of the sides that the middle of a picture takes."""
_BLOCK = 16
"""Contents compared with one container at a time: some 200 kB."""
_CHUNK = 8
"""Containers described at a time: as many as a processor keeps at hand, less than a megabyte."""
_IN_PLACE_CHUNK = 1024
"""Pairs compared in place at a time: some 8 MB."""
_KEEP = 2
"""Hypotheses kept of each pair."""
_SKETCH_NOISE = np.float32(8.0)
_SPREAD_NOISE = 1.0
_PART_NOISE = np.float32(0.5)
_PART = np.float32(127)
_SAME_PART = np.float32(0.8) * _PART * _PART
_FRAME = -1
"""Stands for the inside of a container's frame among the numbers of the windows."""
_ORDER = np.stack([order for order, _ in ORIENTATIONS])
_SIGN = np.stack([sign for _, sign in ORIENTATIONS])
# Turning upside down changes the sign of the odd frequencies down, mirroring that of the odd ones across.
_PARITY_SIGN = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], np.float32)


@dataclass(frozen=True, slots=True)
class Descriptions:
    """What the coarse look remembers of every picture."""

    whole: NDArray[np.int16]
    """(n, `DIMENSIONS`)."""
    core: NDArray[np.int16]
    """(n, `DIMENSIONS`) of the middle."""
    sketch: NDArray[np.int16]
    """(n, 256) cosine transform of the picture with even contrast at 16 x 16, scaled to length `UNIT`: the products of
    even frequencies down and across, then even and odd, odd and even, odd and odd."""
    parts: NDArray[np.int8]
    """(n, 256) the picture with even contrast at 16 x 16, in 4 x 4 parts, each without its mean and of length 127."""
    spread: NDArray[np.float32]
    """(n,) over how much of the picture its structure spreads, as a share: little in simple shapes on plain ground."""
    inside: NDArray[np.int16]
    """(n, `DIMENSIONS`) of what a plain frame encloses; zeros where there is none."""
    frame: NDArray[np.uint8]
    """(n, 4) pixels of 32 that the frame takes left, right, at the top and at the bottom."""
    mat: NDArray[np.uint8]
    """(n, 4) the same of what was put around the picture, see `poses.find_mat`."""

    @classmethod
    def of(cls, pictures: NDArray[np.float32], thumbnails: NDArray[np.uint8]) -> Descriptions:
        """Describe luminance pictures (n, 32, 32), of which these are the thumbnails (n, 64, 64, 3)."""
        cosines = _cosines()
        even = even_contrast(halve(pictures))
        blocks = halve(even * even).reshape(len(even), -1)
        power = (blocks * blocks).sum(axis=1) * blocks.shape[1] + np.float32(_SPREAD_NOISE)
        small = cosines @ even @ cosines.T
        small = small.reshape(len(small), 2, 8, 2, 8).transpose(0, 1, 3, 2, 4).reshape(-1, 256)
        sketch = np.rint(small * (np.float32(UNIT) / np.sqrt((small * small).sum(axis=1) + _SKETCH_NOISE))[:, None])
        parts = even.reshape(-1, 4, 4, 4, 4).transpose(0, 1, 3, 2, 4).reshape(-1, 16, 16)
        parts = parts - parts.mean(axis=2, keepdims=True)
        parts *= _PART / np.sqrt((parts * parts).sum(axis=2, keepdims=True) + _PART_NOISE)
        mat = find_mat(pictures, thumbnails)
        inside, frame = unframed(pictures, mat)
        return cls(
            whole().describe(pictures)[:, :, 0].astype(np.int16),
            whole(_CORE).describe(pictures)[:, :, 0].astype(np.int16),
            sketch.astype(np.int16),
            np.rint(parts).reshape(-1, 256).astype(np.int8),
            blocks.sum(axis=1) ** 2 / power,
            inside,
            frame,
            mat,
        )


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """The best ways found to lay one picture of each pair into the other; arrays are (pairs, kept)."""

    score: NDArray[np.float32]
    """Correlation of the descriptions, 0..1, best first; signs are dropped, since a negative is a copy, too."""
    turned: NDArray[np.float32]
    """(pairs,) the best in any other orientation than the best of all: what looks alike in several has little in it."""
    swapped: NDArray[np.bool_]
    """Whether the first picture lies in the second, rather than the second in the first."""
    orientation: NDArray[np.int64]
    """0..7, see `pictures.orient`, to apply to the picture that lies in the other."""
    maps: NDArray[np.float32]
    """(pairs, kept, 2, 3) from the coordinates of the picture that lies in the other, -1..1, to those of the other."""


def look(
    pictures: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    descriptions: Descriptions,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> Hypotheses:
    """Find the most promising hypotheses for pairs.

    Args:
        pictures: Gives luminance (rows, 32, 32) of some pictures.
        descriptions: Of all pictures.
        first: (p,) rows.
        second: (p,) rows. Equally good hypotheses are told apart by which picture is first.
    """
    count = len(first)
    container, content = np.concatenate([first, second]), np.concatenate([second, first])
    score, place = np.zeros((2 * count, 8), np.float32), np.zeros((2 * count, 8), np.int64)
    order = np.argsort(container, kind="stable")
    rows, start = np.unique(container[order], return_index=True)
    stop = np.append(start[1:], len(order))
    for at in range(0, len(rows), _CHUNK):
        light = pictures(rows[at : at + _CHUNK])
        windows = zip(dense_windows().describe(light), core_windows().describe(light), strict=True)
        for row, (dense, core) in enumerate(windows, start=at):
            for begin in range(start[row], stop[row], _BLOCK):
                block = order[begin : min(begin + _BLOCK, stop[row])]
                best, where = _compare(dense, _oriented(descriptions.whole[content[block]]))
                core_best, core_where = _compare(core, _oriented(descriptions.core[content[block]]))
                middle = core_best > best
                score[block] = np.where(middle, core_best, best)
                place[block] = np.where(middle, core_where + dense.shape[1], where)
    framed = np.flatnonzero(descriptions.frame[container].any(axis=1))
    for at in range(0, len(framed), _IN_PLACE_CHUNK):
        rows = framed[at : at + _IN_PLACE_CHUNK]
        inside = descriptions.inside[container[rows]].astype(np.float32)
        fits = np.abs(_oriented(descriptions.whole[content[rows]]) @ inside[:, :, None])[:, :, 0]
        better = fits >= score[rows]
        score[rows] = np.where(better, fits, score[rows])
        place[rows] = np.where(better, _FRAME, place[rows])
    score = score.reshape(2, count, 8).transpose(1, 0, 2).reshape(count, 16)
    place = place.reshape(2, count, 8).transpose(1, 0, 2).reshape(count, 16)
    top = np.argsort(-score, axis=1, kind="stable")[:, :_KEEP]
    either = np.maximum(score[:, :8], score[:, 8:])
    either[np.arange(count), top[:, 0] % 8] = 0
    swapped, turn, place = top >= 8, top % 8, np.take_along_axis(place, top, axis=1)
    maps = _maps()[place]
    pair, which = np.nonzero(place == _FRAME)
    around = np.where(swapped[pair, which], second[pair], first[pair])
    maps[pair, which] = _into_frames(descriptions.frame[around])
    smaller = np.linalg.det(maps[:, :, :, :2].astype(np.float64)) > 1
    maps[smaller], turn[smaller] = _inverse(maps[smaller], turn[smaller])
    return Hypotheses(
        np.take_along_axis(score, top, axis=1) / np.float32(UNIT * UNIT),
        either.max(axis=1) / np.float32(UNIT * UNIT),
        swapped ^ smaller,
        turn,
        maps,
    )


def _into_frames(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(p, 2, 3): from the coordinates of a content to those of the picture inside whose frame (p, 4) it lies."""
    left, right, top, bottom = frame.astype(np.float32).T / np.float32(16)
    none = np.zeros_like(left)
    return np.stack(
        [
            np.stack([1 - (left + right) / 2, none, (left - right) / 2], axis=1),
            np.stack([none, 1 - (top + bottom) / 2, (top - bottom) / 2], axis=1),
        ],
        axis=1,
    )


def _inverse(
    maps: NDArray[np.float32], orientation: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The same correspondences (p, 2, 3) told from the other picture, and how that one is to be oriented."""
    turn, straight = turns(orientation), (orientation & 4) == 0
    back = turn @ np.linalg.inv(maps[:, :, :2].astype(np.float64))
    offset = -(back @ maps[:, :, 2:].astype(np.float64))
    both = np.concatenate([back @ turn.transpose(0, 2, 1), offset], axis=2)
    turned = np.where(straight, orientation, 4 | (orientation & 1) << 1 | (orientation & 2) >> 1)
    return both.astype(np.float32), turned


def compare_in_place(
    descriptions: Descriptions, first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Compare pairs without any shift: what hides a part, a sticker say, misleads `look` but not this.

    Returns:
        The orientation of the second in which it agrees best with the first, and the correlation, 0..1.
    """
    best, score = np.zeros(len(first), np.int64), np.zeros(len(first), np.float32)
    transposed = np.arange(256).reshape(2, 2, 8, 8).transpose(1, 0, 3, 2).ravel()
    for start in range(0, len(first), _IN_PLACE_CHUNK):
        rows = slice(start, start + _IN_PLACE_CHUNK)
        left, right = descriptions.sketch[first[rows]].astype(np.float32), descriptions.sketch[second[rows]]
        parts = np.stack([_parities(left, right), _parities(left, right[:, transposed])], axis=1)
        products = np.abs(parts @ _PARITY_SIGN.T).reshape(-1, 8)
        best[rows] = products.argmax(axis=1)
        score[rows] = products.max(axis=1) / np.float32(UNIT * UNIT)
    return best, score


def parts_in_place(
    descriptions: Descriptions, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many (pairs,) of the 16 parts of two pictures are alike as they lie: a sticker hides only some of them."""
    count = np.zeros(len(first), np.int64)
    for start in range(0, len(first), _IN_PLACE_CHUNK):
        rows = slice(start, start + _IN_PLACE_CHUNK)
        products = descriptions.parts[first[rows]].astype(np.float32) * descriptions.parts[second[rows]]
        count[rows] = (products.reshape(-1, 16, 16).sum(axis=2) > _SAME_PART).sum(axis=1)
    return count


def _parities(left: NDArray[np.float32], right: NDArray[np.int16]) -> NDArray[np.float32]:
    """(p, 4): the inner products of two sketches, for each of the four parities of their frequencies."""
    parts: NDArray[np.float32] = (left * right).reshape(-1, 4, 64).sum(axis=2)
    return parts


@cache
def _cosines() -> NDArray[np.float32]:
    """The orthonormal cosine transform of 16 values as a matrix, the even frequencies first."""
    frequency = np.r_[0:16:2, 1:16:2][:, None]
    basis = np.cos(np.pi * frequency * (np.arange(16) + 0.5) / 16) * np.where(frequency, np.sqrt(1 / 8), 0.25)
    matrix: NDArray[np.float32] = basis.astype(np.float32)
    return matrix


def _oriented(contents: NDArray[np.int16]) -> NDArray[np.float32]:
    """Descriptions in all eight orientations: (m, 8, `DIMENSIONS`)."""
    oriented: NDArray[np.float32] = contents[:, _ORDER] * _SIGN
    return oriented


def _compare(
    windows: NDArray[np.float32], contents: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Best window and its score for contents (m, 8, `DIMENSIONS`) in every orientation: two arrays (m, 8)."""
    # One product for each content: a larger one would be split over threads that cost more than they save.
    products = (contents @ windows).reshape(-1, windows.shape[1])
    np.abs(products, out=products)
    at = products.argmax(axis=1)
    best = products[np.arange(len(products)), at]
    return best.reshape(-1, 8), at.reshape(-1, 8)


@cache
def _maps() -> NDArray[np.float32]:
    """(windows, 2, 3) of the dense and then the core windows: from the coordinates of a content to its container's."""
    core = core_windows().maps.copy()
    core[:, :, :2] /= _CORE  # it is the content's middle that the window shows
    return np.concatenate([dense_windows().maps, core]).astype(np.float32)

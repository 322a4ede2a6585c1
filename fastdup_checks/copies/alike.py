"""Proposals by looks: pairs of pictures that look alike in some orientation, with or without their frames.

Every pose of a picture asks for the pictures that it is nearest to (see `poses`). What it found is kept for the next
search, and stays true until one of those is gone: only what is new is asked about, and asked. Where all are compared
with all, what comes out is to the bit what asking everything again would give.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.memory import places_in
from fastdup_checks.copies.nearest import SLACK, nearest
from fastdup_checks.copies.poses import standard_pose
from fastdup_checks.copies.windows import UNIT
from fastdup_checks.index.products import QUERIES
from fastdup_checks.report.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.copies.coarse import Descriptions
    from fastdup_checks.index import Scale

__all__ = ("propose",)

_NEAREST = 5
"""Neighbours by looks."""
_ASKED = _NEAREST + 1
"""The picture itself is one of those that are found."""
_LEAST = np.float32(0.6 * UNIT * UNIT)
"""Correlation of the looks below which they tell nothing."""
_POSE_BITS, _LOOK_BITS = 5, 1
"""A picture has two looks at most, and each look 16 poses."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What poses found: by number of the pose and of the look, arrays are (h,)."""

    pose: NDArray[np.int64]
    look: NDArray[np.int64]
    product: NDArray[np.float32]

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> _Found:
        return _Found(self.pose[rows], self.look[rows], self.product[rows])

    def ordered(self) -> _Found:
        """By pose, the nearest first; in little time where nearly all stands like this already."""
        # The bits of positive numbers in single precision are in the order of the numbers.
        return self.take(np.argsort((self.pose << 32) - self.product.view(np.int32), kind="stable"))

    @staticmethod
    def join(parts: Iterable[_Found]) -> _Found:
        columns = zip(*((part.pose, part.look, part.product) for part in parts), strict=True)
        return _Found(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True, slots=True)
class _Known:
    """What all pictures found the last time, by their names."""

    names: NDArray[np.uint64]
    """(n,) ascending."""
    whole: NDArray[np.bool_]
    """(n,) whether each picture has found so many that another can only come before the last of them."""
    found: _Found
    """Of poses and looks as `_Looks.label_pose` and `_Looks.label_look` call them."""
    recall: float
    exact: bool
    """Whether all were compared with all."""


class _Looks:
    """The looks of all pictures, as they ask and as they are asked about."""

    def __init__(self, descriptions: Descriptions) -> None:
        owner = np.flatnonzero(descriptions.frame.any(axis=1))
        self.count = len(descriptions.whole)
        looks = np.concatenate([descriptions.whole, descriptions.inside[owner]])
        self.picture = np.concatenate([np.arange(self.count), owner])
        """(l,) the picture of each look: first all pictures as they are, then those in frames without these."""
        _, self.base = standard_pose(looks, undecided=False)
        self.look, self.poses = standard_pose(looks, undecided=True)
        self.asker = self.picture[self.look]
        self._start = np.searchsorted(self.look, np.arange(len(looks)))
        self._inside = np.full(self.count, -1)
        self._inside[owner] = self.count + np.arange(len(owner))

    def few(self, scale: Scale) -> bool:
        """Whether all are compared with all."""
        return len(self.poses) * len(self.base) <= scale.exact_up_to**2

    def label_look(self, look: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Name looks, with `place` for the numbers of pictures."""
        label: NDArray[np.int64] = (place[self.picture[look]] << _LOOK_BITS) | (look >= self.count)
        return label

    def label_pose(self, pose: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Likewise poses."""
        look = self.look[pose]
        return (self.label_look(look, place) << _POSE_BITS) | (pose - self._start[look])

    def look_of(self, label: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
        """The look that was called so when pictures had other numbers; -1 where the picture is gone."""
        picture = place[label >> _LOOK_BITS]
        return np.where(picture < 0, -1, np.where(label & 1, self._inside[picture], picture))

    def pose_of(self, label: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Likewise the pose, of looks that are there."""
        first: NDArray[np.int64] = self._start[self.look_of(label >> _POSE_BITS, place)]
        return first + (label & ((1 << _POSE_BITS) - 1))


def propose(
    descriptions: Descriptions, names: NDArray[np.uint64], file: Path | None, *, threads: int, scale: Scale
) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """Propose pairs that look alike.

    Args:
        descriptions: of n different pictures.
        names: (n,) numbers that follow from the pictures.
        file: what was found the last time, and will be the next time; made where there is none.
        threads: cores to use.
        scale: from which size on not all are compared with all.

    Returns:
        Pairs, (p,) each: the five most like each picture, and all as like as the fifth. And the share of what is that
        near which was found.

    Raises:
        ScanError: if the file cannot be written.
    """
    looks = _Looks(descriptions)
    known = None if file is None else _load(file)
    answer = None if known is None else _ask_again(known, looks, names, threads, scale)
    exact = looks.few(scale) if answer is None or known is None else known.exact
    found, whole, recall = answer or _ask(looks, np.arange(len(looks.poses)), threads, scale)
    if file is not None and (known is None or not np.array_equal(np.sort(names), known.names)):
        place = np.argsort(np.argsort(names))
        stored = _Found(looks.label_pose(found.pose, place), looks.label_look(found.look, place), found.product)
        _save(file, _Known(np.sort(names), whole[np.argsort(names)], stored, recall, exact))
    asker, other = looks.asker[found.pose], looks.picture[found.look]
    return *_strongest(asker, other, found.product, _NEAREST), recall


def _ask(
    looks: _Looks, poses: NDArray[np.int64], threads: int, scale: Scale
) -> tuple[_Found, NDArray[np.bool_], float]:
    """What some poses find among all looks, which pictures found enough with all of these, and the recall."""
    hits = nearest(looks.poses[poses], looks.base, _ASKED, threads=threads, scale=scale, least=float(_LEAST))
    whole = np.ones(looks.count, bool)
    whole[looks.asker[poses[np.bincount(hits.query, minlength=len(poses)) < _ASKED]]] = False
    found = _Found(poses[hits.query], hits.place, hits.product)
    return found.take(hits.product >= _LEAST), whole, hits.recall


def _ask_again(
    known: _Known, looks: _Looks, names: NDArray[np.uint64], threads: int, scale: Scale
) -> tuple[_Found, NDArray[np.bool_], float] | None:
    """The same as asking everything, from what is known; None where that is no less work."""
    if looks.few(scale) and not known.exact:
        return None
    order = np.argsort(names)
    place = places_in(known.names, names[order])
    place = np.where(place >= 0, order[place], -1)
    knows, fresh = np.zeros(looks.count, bool), np.ones(looks.count, bool)
    knows[place[(place >= 0) & known.whole]] = True
    fresh[place[place >= 0]] = False
    found = known.found.take(place[known.found.pose >> (_POSE_BITS + _LOOK_BITS)] >= 0)
    found = _Found(looks.pose_of(found.pose, place), looks.look_of(found.look, place), found.product)
    knows[looks.asker[found.pose[found.look < 0]]] = False
    asked = np.flatnonzero(~knows[looks.asker])
    if 2 * len(asked) > len(looks.poses) or len(asked) * len(looks.base) > scale.exact_up_to**2:
        return None
    found, full = _insert(found.take(knows[looks.asker[found.pose]]), looks, knows, fresh[looks.picture])
    again, whole, _ = _ask(looks, asked, threads, scale)
    whole[looks.asker[full]] = False
    return _Found.join((found, again)), whole, known.recall


def _insert(
    found: _Found, looks: _Looks, knows: NDArray[np.bool_], fresh: NDArray[np.bool_]
) -> tuple[_Found, NDArray[np.int64]]:
    """Put new looks into what the pictures that know found, and say which poses found more alike ones than fit."""
    added, poses = np.flatnonzero(fresh), np.flatnonzero(knows[looks.asker])
    last = np.full(len(looks.poses), _LEAST)
    found = found.ordered()
    at, fits = _ranked(found, _ASKED)
    last[found.pose[fits]] = found.product[at[fits]]
    parts = [found]
    for start in range(0, len(poses), QUERIES):
        some = poses[start : start + QUERIES]
        product = looks.poses[some] @ looks.base[added].T
        row, column = np.nonzero(product >= last[some, None])
        parts.append(_Found(some[row], added[column], product[row, column]))
    found = _Found.join(parts).ordered()
    at, fits = _ranked(found, _ASKED)
    keep = ~fits | (found.product >= found.product[at])
    if len(looks.base) > _ASKED + SLACK:
        beyond, more = _ranked(found, _ASKED + SLACK)
        crowded = more & (found.product[beyond] == found.product[at])
    else:
        crowded = np.zeros(len(keep), bool)
    keep &= ~crowded | (found.product > found.product[at])
    return found.take(keep), np.unique(found.pose[crowded])


def _ranked(found: _Found, k: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(h,) where the k-th of what each pose found stands, and whether there are so many; by pose, the nearest first."""
    at = np.searchsorted(found.pose, found.pose) + k - 1
    inside = np.minimum(at, len(found.pose) - 1)
    return inside, (at == inside) & (found.pose[inside] == found.pose)


def _strongest(
    query: NDArray[np.int64], hit: NDArray[np.int64], product: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The k strongest hits of each query, and all as strong as the k-th, of several searches for the same query.

    Products are positive; a query does not find itself.
    """
    apart = query != hit
    query, hit, product = query[apart], hit[apart], product[apart]
    if not len(query):
        return query, hit
    pair = query * (int(hit.max()) + 1) + hit
    order = np.argsort(pair)
    first = np.flatnonzero(np.diff(pair[order], prepend=-1))
    query, hit = query[order[first]], hit[order[first]]
    product = np.maximum.reduceat(product[order], first)
    order = np.argsort((query << 32) - product.view(np.int32))
    query, hit, product = query[order], hit[order], product[order]
    start = np.searchsorted(query, query)
    at = np.minimum(start + k - 1, len(query) - 1)
    keep = (query[at] != query) | (product >= product[at])
    return query[keep], hit[keep]


def _load(file: Path) -> _Known | None:
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as arrays:
            names, whole, recall = arrays["names"], arrays["whole"], float(arrays["recall"])
            exact = bool(arrays["exact"])
            found = _Found(arrays["pose"], arrays["look"], arrays["product"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None  # there is none, or it cannot be read: it is made again
    return _Known(names, whole, found, recall, exact)


def _save(file: Path, known: _Known) -> None:
    found = known.found
    with replacing(file) as out:
        np.savez(
            out,
            names=known.names,
            whole=known.whole,
            recall=np.array(known.recall),
            exact=np.array(known.exact),
            pose=found.pose,
            look=found.look,
            product=found.product,
        )

"""Pictures that are on both sides of a split."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.checks.check import at_most, check, parameter
from fastdup_checks.checks.scope import broken_in, expect_two_splits, not_counted
from fastdup_checks.copies import DEFAULT_THRESHOLD, REPORTING_FLOOR, SPREAD, WHOLE_GROUP, find_groups
from fastdup_checks.errors import DatasetError
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.copies import Copies
    from fastdup_checks.records import Record

__all__ = ("GroupLeakScope", "LeakScope", "group_leak", "leak", "leaking_pairs", "leaking_rows", "sides")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakScope:
    """Between which splits to look, and for what."""

    between: tuple[str, str] | None = parameter("split_pair", "Two splits; by default every two splits of the dataset.")
    kind: str = parameter("choice", "exact: identical images only; any: edited copies too.", "any", ("exact", "any"))
    threshold: float = parameter(
        "share",
        f"The probability from which two images are copies; at least {REPORTING_FLOOR}.",
        DEFAULT_THRESHOLD,
        least=REPORTING_FLOOR,
    )


@check(unit="images", bound=at_most(0), params=LeakScope, needs=("splits",))
def leak(analysis: Analysis, scope: LeakScope) -> Measurement:
    """Pictures that are in two splits, exactly or as an edited copy.

    Population: readable images of the later split (of all but the first, where no two are named); the order is that
    of `dataset.splits`. Numerator: those that have a copy in an earlier split. Unit: images.

    A model is then tested on what it was trained on, and the test result is too good. Remove the copies from the
    training split, or from the test split if the published test set may change.
    """
    splits, side, pairs = _pairs(analysis, scope)
    copies = analysis.copies_at(scope.threshold)
    best: dict[int, Finding] = {}
    for pair, earlier, later in pairs:
        if later not in best:
            note = "identical" if copies.exact[pair] else copies.edit[pair]
            names = (analysis.images[later], analysis.images[earlier])
            best[later] = Finding(
                (names[0].path, names[1].path),
                round(float(copies.score[pair]), 4),
                note,
                (("in", str(names[0].split)), ("also in", str(names[1].split))),
            )
    population = int((side > 0).sum())
    compared = len(np.unique(side[side >= 0])) > 1
    name = f"images in {splits[1]}, against {splits[0]}" if len(splits) == 2 else "images outside the first split"
    return Measurement(
        len(best) if compared else float("nan"),
        "images",
        len(best),
        population,
        name,
        tuple(best.values()),
        not_counted(broken_in(analysis, splits)),
    )


def leaking_rows(analysis: Analysis, scope: LeakScope) -> NDArray[np.bool_]:
    """(n,) which images have a copy in another split, on every side: `leak` names one partner of each alone."""
    _, side, pairs = _pairs(analysis, scope)
    rows = np.unique([row for _, *both in pairs for row in both]).astype(np.int64)
    # Whatever has the same pixels has a copy there as well, or is one.
    return np.isin(analysis.exact_group, analysis.exact_group[rows]) & (side >= 0)


def _pairs(analysis: Analysis, scope: LeakScope) -> tuple[Sequence[str], NDArray[np.int32], list[tuple[int, int, int]]]:
    splits = expect_two_splits(analysis.scan.dataset, scope.between, "leak")
    side = sides(analysis.images, splits)
    copies = analysis.copies_at(scope.threshold)
    return splits, side, leaking_pairs(copies, analysis.exact_group, side, exact_only=scope.kind == "exact")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLeakScope:
    """Between which splits to look."""

    between: tuple[str, str] | None = parameter("split_pair", "Two splits; by default every two splits of the dataset.")


@check(unit="groups", bound=at_most(0), params=GroupLeakScope, needs=("splits", "groups"))
def group_leak(analysis: Analysis, scope: GroupLeakScope) -> Measurement:
    """Groups (patients, videos, products, users) that have images in more than one split.

    Population: groups named by `dataset.groups` that have an image in the splits, unreadable images included.
    Numerator: those with images in two splits or more. Unit: groups.

    Images of one patient or of one video are alike without being copies, and a model recognises them: what it scores
    on such a test set, it will not score on a new patient. Split by group.
    """
    splits = expect_two_splits(analysis.scan.dataset, scope.between, "group_leak")
    where: dict[str, dict[str, str]] = {}
    alone = 0
    records = [*analysis.images, *(b.record for b in analysis.scan.broken)]
    for record in sorted(records, key=lambda r: r.path):
        if record.split not in splits:
            continue
        if record.group is None:
            alone += 1
        else:
            where.setdefault(record.group, {}).setdefault(str(record.split), record.path)
    if not where:
        raise DatasetError("group_leak: no image of the splits has a group; check dataset.groups")
    findings = []
    for group, first in sorted(where.items()):
        if len(first) > 1:
            found = [split for split in splits if split in first]
            note = f"{printable(group)} is in {' and '.join(map(printable, found))}"
            findings.append(
                Finding(tuple(first[split] for split in found), float(len(found)), note, (("group", group),))
            )
    remark = f"{alone} {'image is' if alone == 1 else 'images are'} in no group" if alone else ""
    return Measurement(len(findings), "groups", len(findings), len(where), "groups", tuple(findings), remark)


def sides(images: Iterable[Record], splits: Sequence[str]) -> NDArray[np.int32]:
    """(n,) the rank of each image's split among some, -1 for images that are in none of them."""
    rank = {name: place for place, name in enumerate(splits)}
    return np.array([rank.get(image.split or "", -1) for image in images], dtype=np.int32)


def leaking_pairs(
    copies: Copies,
    exact_group: NDArray[np.int32],
    side: NDArray[np.int32],
    *,
    exact_only: bool = False,
) -> list[tuple[int, int, int]]:
    """(pair, earlier row, later row) of the copies that lie on two sides, strongest first, then by row.

    Every image that has a copy on another side is there. Of a picture that is there more than `SPREAD` times `copies`
    holds few pairs: its images are then paired with the first one on each other side. So are images of large groups of
    which no pair on two sides was verified, with the weakest link of the group as what is known of the two.

    Args:
        copies: the pairs to choose from; of each that is given, `pair` says how likely it is and what was edited.
        exact_group: (n,) equal numbers for images with the same pixels.
        side: (n,) the rank of each image's split; see `sides`.
        exact_only: leave edited copies out.
    """
    one, other = exact_group[copies.left], exact_group[copies.right]
    size = np.bincount(exact_group)
    crowded = np.maximum(size[one], size[other]) > SPREAD
    wanted = copies.exact if exact_only else np.ones(len(copies), bool)
    left, right = side[copies.left], side[copies.right]
    pairs = np.flatnonzero(wanted & ~crowded & (left >= 0) & (right >= 0) & (left != right))
    found = list(zip(pairs.tolist(), copies.left[pairs].tolist(), copies.right[pairs].tolist(), strict=True))
    many = np.flatnonzero(wanted & crowded)
    groups = np.sort(np.stack([one[many], other[many]]), axis=0)
    _, first = np.unique(groups, axis=1, return_index=True)
    rows_of = _by_picture(exact_group, side)
    for pair in many[first].tolist():
        ours, theirs = (rows_of(group[pair : pair + 1]).tolist() for group in (one, other))
        found += [(pair, *rows) for rows in _meet(ours, theirs, side)]
    if copies.truncated and not exact_only:
        known = {(row, int(side[other])) for _, one, two in found for row, other in ((one, two), (two, one))}
        found += _through_others(copies, exact_group, side, known, rows_of)
    found.sort(key=lambda leak: (-float(copies.score[leak[0]]), *leak[1:]))
    return [(pair, a, b) if side[a] < side[b] else (pair, b, a) for pair, a, b in found]


def _through_others(
    copies: Copies,
    exact_group: NDArray[np.int32],
    side: NDArray[np.int32],
    known: set[tuple[int, int]],
    rows_of: Callable[[NDArray[np.integer]], NDArray[np.int64]],
) -> list[tuple[int, int, int]]:
    """(weakest link, row, row) for the images of large groups, by rising rows.

    Left out is what is `known`: an image, and a side on which it has a copy. That it has one on another side as well
    is still to be said: only a copy on an earlier side makes it leak.
    """
    near = np.flatnonzero(~copies.exact)
    left, right = exact_group[copies.left[near]], exact_group[copies.right[near]]
    place = dict(zip(zip(left.tolist(), right.tolist(), strict=True), near.tolist(), strict=True))
    pairs = {}
    for group in find_groups(len(side), left, right, copies.score[near]):
        if len(group.members) > WHOLE_GROUP:
            rows = rows_of(np.array(group.members)).tolist()
            first = {int(side[row]): row for row in reversed(rows)}
            for row, (rank, other) in product(rows, first.items()):
                if rank != side[row] and (row, rank) not in known:
                    pairs[min(row, other), max(row, other)] = place[group.weakest_pair]
    return [(pair, *rows) for rows, pair in sorted(pairs.items())]


def _by_picture(
    exact_group: NDArray[np.int32], side: NDArray[np.int32]
) -> Callable[[NDArray[np.integer]], NDArray[np.int64]]:
    """From some pictures to their images on any side, by rising rows, without a look at all images for each."""
    rows = np.argsort(exact_group, kind="stable")
    rows = rows[side[rows] >= 0]
    ordered = exact_group[rows]

    def rows_of(groups: NDArray[np.integer]) -> NDArray[np.int64]:
        starts, ends = np.searchsorted(ordered, groups, "left"), np.searchsorted(ordered, groups, "right")
        return np.sort(np.concatenate([rows[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]))

    return rows_of


def _meet(ours: Sequence[int], theirs: Sequence[int], side: NDArray[np.int32]) -> set[tuple[int, int]]:
    """The images of two pictures, each with the first one of the other picture on each other side; rising pairs."""

    def firsts(rows: Sequence[int]) -> list[int]:
        return list({int(side[row]): row for row in reversed(rows)}.values())

    our_firsts, their_firsts = firsts(ours), firsts(theirs)
    pairs = {(row, first) for row in ours for first in their_firsts}
    pairs |= {(first, row) for row in theirs for first in our_firsts}
    return {(min(pair), max(pair)) for pair in pairs if side[pair[0]] != side[pair[1]]}

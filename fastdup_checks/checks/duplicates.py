"""Images that show the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.checks.check import Scope, at_most, check, parameter
from fastdup_checks.checks.scope import select
from fastdup_checks.copies import DEFAULT_THRESHOLD, REPORTING_FLOOR, WHOLE_GROUP, find_groups
from fastdup_checks.findings import Finding, Measurement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis

__all__ = ("NearScope", "duplicate_rate", "near_duplicate_rate")


@check(unit="share", bound=at_most(0))
def duplicate_rate(analysis: Analysis, scope: Scope) -> Measurement:
    """Images that repeat another one exactly: the same bytes, or the same pixels in another file.

    Population: readable images (in the split, with the label). Numerator: images to remove so that no picture is
    left twice; a group of three identical files counts two. Unit: share of the population. Of a large JPEG the
    compressed picture is compared, whatever its metadata: the same one in another format is a near-duplicate.

    Repeats give some pictures more weight than others and make a random split leak. Keep one of each group.
    """
    selection = select(analysis, scope)
    rows = np.flatnonzero(selection.rows)
    number = analysis.exact_group[rows]
    again = np.bincount(number)[number] > 1
    groups: dict[int, list[int]] = {}
    for row, group in zip(rows[again].tolist(), number[again].tolist(), strict=True):
        groups.setdefault(group, []).append(row)
    repeated = sorted(groups.values(), key=lambda g: (-len(g), g))
    findings = [_group(analysis, rows, 1.0, "identical") for rows in repeated]
    return selection.share(sum(len(rows) - 1 for rows in repeated), findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearScope(Scope):
    """Which images to look at, and what counts as a copy."""

    threshold: float = parameter(
        "share",
        f"The probability from which two images are copies; at least {REPORTING_FLOOR}.",
        DEFAULT_THRESHOLD,
        least=REPORTING_FLOOR,
    )


@check(unit="share", bound=at_most(0.01), params=NearScope)
def near_duplicate_rate(analysis: Analysis, scope: NearScope) -> Measurement:
    """Images that repeat another one with an edit: resized, cropped, turned, mirrored, re-encoded, recoloured, ...

    Population: readable images (in the split, with the label). Numerator: images to remove so that no picture is
    left in two versions, exact repeats not counted again; a group of three versions counts two. Unit: share of the
    population.

    Near-duplicates do what duplicates do, and hash comparisons do not find them. Keep the best of each group, or
    make sure that all of a group are in one split.
    """
    selection = select(analysis, scope)
    copies = analysis.copies_at(scope.threshold)
    # Pairs between groups of identical images: one node for each picture, so that exact repeats do not count here.
    left, right = analysis.exact_group[copies.left], analysis.exact_group[copies.right]
    first = _first_inside(analysis.exact_group, selection.rows)
    near = np.flatnonzero(~copies.exact & (first[left] >= 0) & (first[right] >= 0))
    left, right = left[near], right[near]
    left, right = first[np.minimum(left, right)], first[np.maximum(left, right)]
    groups = find_groups(len(analysis.images), left, right, copies.score[near])
    edits = [copies.edit[pair] for pair in near.tolist()]
    edit_of = dict(zip(zip(left.tolist(), right.tolist(), strict=True), edits, strict=True))
    findings = [_group(analysis, group.members, group.weakest, edit_of.get(group.weakest_pair, "")) for group in groups]
    findings.sort(key=lambda f: (-len(f.images), -f.score, f.images))
    many = f"{copies.truncated} pictures are in groups of more than {WHOLE_GROUP} versions: not every two were compared"
    count = sum(len(group.members) - 1 for group in groups)
    return selection.share(count, findings, many if copies.truncated else "")


def _first_inside(group: NDArray[np.int32], rows: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(n,) the first selected row of each exact group, found under the group's number."""
    first = np.full(len(group), -1, np.int32)
    chosen = np.flatnonzero(rows)[::-1]
    first[group[chosen]] = chosen
    return first


def _group(analysis: Analysis, rows: Sequence[int], score: float, note: str) -> Finding:
    """A group as a finding, the image to keep in front; the score and the note are those of its weakest link."""
    paths = tuple(analysis.images[row].path for row in analysis.keep_order(rows))
    return Finding(paths, round(score, 4), note, (("keep", paths[0]),), len(rows) - 1)

"""Images that show the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.analysis import connect
from fastdup_checks.checks.check import Scope, at_most, check
from fastdup_checks.checks.scope import select, share
from fastdup_checks.findings import Finding, Measurement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis

__all__ = ("duplicate_rate", "near_duplicate_rate")


@check(unit="share", bound=at_most(0))
def duplicate_rate(analysis: Analysis, scope: Scope) -> Measurement:
    """Images that repeat another one exactly: the same bytes, or the same pixels in another file.

    Population: readable images (in the split, with the label). Numerator: images to remove so that no picture is
    left twice; a group of three identical files counts two. Unit: share of the population.

    Repeats give some pictures more weight than others and make a random split leak. Keep one of each group.
    """
    selection = select(analysis, scope)
    groups: dict[int, list[int]] = {}
    for row in np.flatnonzero(selection.rows).tolist():
        groups.setdefault(int(analysis.exact_group[row]), []).append(row)
    repeated = sorted((g for g in groups.values() if len(g) > 1), key=lambda g: (-len(g), g))
    findings = tuple(_group(analysis, rows, 1.0, "identical") for rows in repeated)
    count = sum(len(rows) - 1 for rows in repeated)
    return Measurement(
        share(count, selection.count),
        "share",
        count,
        selection.count,
        selection.name,
        findings,
        selection.remark,
    )


@check(unit="share", bound=at_most(0.01))
def near_duplicate_rate(analysis: Analysis, scope: Scope) -> Measurement:
    """Images that repeat another one with an edit: resized, cropped, turned, mirrored, re-encoded, recoloured, ...

    Population: readable images (in the split, with the label). Numerator: images to remove so that no picture is
    left in two versions, exact repeats not counted again; a group of three versions counts two. Unit: share of the
    population.

    Near-duplicates do what duplicates do, and hash comparisons do not find them. Keep the best of each group, or
    make sure that all of a group are in one split.
    """
    selection = select(analysis, scope)
    copies = analysis.copies
    inside = selection.rows[copies.left] & selection.rows[copies.right]
    near = np.flatnonzero(inside & ~copies.exact)
    # Pairs between groups of identical images: one node for each picture, so that exact repeats do not count here.
    left, right = analysis.exact_group[copies.left[near]], analysis.exact_group[copies.right[near]]
    first = _first_inside(analysis.exact_group, selection.rows)
    groups = connect(len(analysis.images), first[left], first[right])
    best = _best_pair(groups, near, first[left], copies.score)
    findings = tuple(
        _group(analysis, rows, float(copies.score[best[g]]), copies.edit[best[g]]) for g, rows in enumerate(groups)
    )
    findings = tuple(sorted(findings, key=lambda f: (-len(f.images), -f.score, f.images)))
    count = sum(len(rows) - 1 for rows in groups)
    return Measurement(
        share(count, selection.count),
        "share",
        count,
        selection.count,
        selection.name,
        findings,
        selection.remark,
    )


def _first_inside(group: NDArray[np.int32], rows: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(n,) the first selected row of each exact group, found under the group's number."""
    first = np.full(len(group), -1, np.int32)
    chosen = np.flatnonzero(rows)[::-1]
    first[group[chosen]] = chosen
    return first


def _best_pair(
    groups: tuple[tuple[int, ...], ...],
    pairs: NDArray[np.int64],
    left: NDArray[np.int32],
    score: NDArray[np.float32],
) -> dict[int, int]:
    """Group -> its strongest pair."""
    group_of = {row: g for g, rows in enumerate(groups) for row in rows}
    best: dict[int, int] = {}
    for pair, row in zip(pairs.tolist(), left.tolist(), strict=True):
        g = group_of[row]
        if g not in best or score[pair] > score[best[g]]:
            best[g] = pair
    return best


def _group(analysis: Analysis, rows: tuple[int, ...] | list[int], score: float, note: str) -> Finding:
    return Finding(tuple(analysis.images[row].path for row in rows), round(score, 4), note)

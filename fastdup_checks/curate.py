"""An analysis -> which files to keep, and why each of the others goes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.checks.labels import labels_told
from fastdup_checks.checks.scope import expect_splits
from fastdup_checks.quality import RULES, find_flaws
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastdup_checks.analysis import Analysis

__all__ = ("DROPS", "Curation", "Kept", "Removed", "clean")

DROPS = ("outliers", "suspects", "flawed")
"""What may be dropped on request; it is only noted otherwise."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that goes."""

    path: str
    reason: str
    """One phrase: "broken: empty file", "copy of train/cat/1.jpg", "leak: test/cat/1.jpg shows the same picture"."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that stays."""

    path: str
    split: str | None
    label: str | None
    note: str
    """What a person should look at, or empty."""


@dataclass(frozen=True, slots=True)
class Curation:
    """What to keep and what to remove; together all files that were found, each once."""

    kept: tuple[Kept, ...]
    removed: tuple[Removed, ...]


def clean(
    analysis: Analysis,
    *,
    leaks_from: str | None = None,
    drop: Iterable[str] = (),
    threshold: float = 0.5,
) -> Curation:
    """Decide what to keep. No file is touched.

    The rules, in this order, each file going for the first that holds:

    1. A file that cannot be read is removed.
    2. Of each group of copies, exact and edited, one is kept, a file rather than a link to it: where the group is in
       several splits, one outside `leaks_from`; among those the one that `Analysis.keep_order` puts first, but none
       that rule 3 removes while another is left. Where copies carry different labels it has the label that is least
       likely wrong, and a note.
    3. Flawed pictures, outliers and label suspects are removed where `drop` names them, and else kept with a note.

    Args:
        analysis: what was found.
        leaks_from: the split that gives up a picture which another split has as well; by default the one with the most
            images, which is training as a rule.
        drop: any of `DROPS`.
        threshold: the score from which an image is an outlier or a suspect.

    Raises:
        DatasetError: if there is no split of that name.
    """
    dropped = frozenset(drop)
    removed = {b.record.path: f"broken: {b.reason}" for b in analysis.scan.broken}
    giver = _giver(analysis, leaks_from)
    notes = _notes(analysis, threshold)
    reasons = {row: next((text for kind, text in found if kind in dropped), None) for row, found in notes.items()}
    for group in analysis.groups:
        rows = analysis.keep_order(group.members)
        # Of a file and a link to it the link goes, whichever split it is in: without the file it would show nothing.
        files = [row for row in rows if not analysis.is_link(row)] or rows
        protected = [row for row in files if analysis.images[row].split != giver] if giver is not None else []
        # A picture is not lost because the copy that stands first goes for a reason of its own.
        choice = [row for row in (*protected, *files) if reasons.get(row) is None] or protected or files
        keep = choice[0]
        best = analysis.images[keep]
        labels = sorted({label for row in rows if (label := analysis.images[row].label) is not None})
        if len(labels) > 1:
            text = f"its copies are labelled {' and '.join(printable(label) for label in labels)}"
            notes.setdefault(keep, []).append(("torn", text))
        for row in rows:
            if row != keep:
                other = analysis.images[row]
                same = other.split == best.split
                why = f"copy of {best.path}" if same else f"leak: {best.path} in {best.split} shows the same picture"
                root = analysis.scan.dataset.root
                if os.path.realpath(root / other.path) == os.path.realpath(root / best.path):
                    why += " (it is the same file, through a link: only the link may go)"
                removed[other.path] = why
    for row, reason in reasons.items():
        if reason is not None:
            removed.setdefault(analysis.images[row].path, reason)
    kept = tuple(
        Kept(image.path, image.split, image.label, "; ".join(text for _, text in notes.get(row, ())))
        for row, image in enumerate(analysis.images)
        if image.path not in removed
    )
    return Curation(kept, tuple(Removed(path, removed[path]) for path in sorted(removed)))


def _giver(analysis: Analysis, leaks_from: str | None) -> str | None:
    splits = analysis.scan.dataset.splits
    if leaks_from is not None:
        expect_splits(analysis.scan.dataset, (leaks_from,))
        return leaks_from
    if len(splits) < 2:
        return None
    size = {name: sum(image.split == name for image in analysis.images) for name in splits}
    return max(splits, key=lambda name: (size[name], -splits.index(name)))


def _notes(analysis: Analysis, threshold: float) -> dict[int, list[tuple[str, str]]]:
    """What is to be said of images, by row: pairs of what it could be dropped as, and why."""
    notes: dict[int, list[tuple[str, str]]] = {}
    for name, flags in find_flaws(analysis.scan.statistics).items():
        if RULES[name].flaw:
            for row in np.flatnonzero(flags.mask).tolist():
                notes.setdefault(row, []).append(("flawed", name.replace("_", " ")))
    outliers = analysis.outliers
    for row in np.flatnonzero(outliers.score >= threshold).tolist():
        notes.setdefault(row, []).append(("outliers", f"outlier: {outliers.reason[row]}"))
    if labels_told(analysis):
        suspects = analysis.labels
        for row in np.flatnonzero(suspects.score >= threshold).tolist():
            suggested = analysis.class_name(int(suspects.suggested[row])) or "none of the classes"
            text = f"label suspect: labelled {analysis.images[row].label}, looks like {suggested}"
            notes.setdefault(row, []).append(("suspects", text))
    return notes

"""Whether labels and pictures agree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.checks.check import Scope, at_least, at_most, check, parameter
from fastdup_checks.checks.scope import select, share, worst_first
from fastdup_checks.errors import DatasetError
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis

__all__ = ("LabelScope", "conflicting_labels", "label_consistency", "labels_told")

_ALIKE = 3
"""Images that are named for a suggested label."""
_TOLD = 0.05
"""Share of what there is to know about the labels that the images alike must say, see `LabelSuspects.told`."""
_UNTOLD = "the images that look alike say next to nothing about a label: most labels may be wrong, or cannot be seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScope(Scope):
    """Which images to look at, and what counts as a wrong label."""

    threshold: float = parameter("share", "The chance of a wrong label from which an image is a suspect.", 0.5)


@check(unit="share", bound=at_least(0.993), params=LabelScope, needs=("labels",))
def label_consistency(analysis: Analysis, scope: LabelScope) -> Measurement:
    """Images whose label is the one that their look-alikes carry.

    Population: readable images that have a label (in the split, with the label). Numerator: those whose chance of a
    wrong label is below `threshold`. Unit: share of the population.

    Where the images that look like one say next to nothing about its label, there is nothing to measure, and no image
    is a suspect: most labels are wrong, against the files shifted by one for instance, or the classes do not differ in
    what can be seen.

    What is below is a wrong label, a confusing picture, or two classes that mean the same: look at the suspects, and
    at which two classes they fall between.
    """
    if len(analysis.scan.dataset.classes) < 2:
        raise DatasetError(
            f"label_consistency needs two classes, and the dataset has {len(analysis.scan.dataset.classes) or 'none'}"
            "; check dataset.labels",
        )
    selection = select(analysis, scope)
    labelled = np.fromiter((r.label is not None for r in analysis.images), bool, len(analysis.images)) & selection.rows
    suspects = analysis.labels
    comparable, told = _comparable(analysis), labels_told(analysis)
    rows = worst_first(labelled & (suspects.score >= scope.threshold), suspects.score) if told else []
    findings = []
    for row in rows:
        image, suggested = analysis.images[row], analysis.class_name(int(suspects.suggested[row]))
        note = f"labelled {printable(image.label or '')}, looks like {printable(suggested or 'none of the classes')}"
        evidence = (("label", image.label or ""), ("suggested", suggested or ""), *_alike(analysis, row, suggested))
        findings.append(Finding((image.path,), round(float(suspects.score[row]), 4), note, evidence))
    population = int(labelled.sum())
    unlabelled = selection.count - population
    remarks = [
        "" if comparable else "no two classes have readable images",
        "" if told or not comparable else _UNTOLD,
        selection.remark,
        f"{unlabelled} without a label are not counted" if unlabelled else "",
    ]
    return Measurement(
        share(population - len(rows), population) if told else float("nan"),
        "share",
        population - len(rows),
        population,
        f"labelled {selection.name}",
        tuple(findings),
        "; ".join(r for r in remarks if r),
    )


def labels_told(analysis: Analysis) -> bool:
    """Whether the images that look alike say anything of the labels; where not, no label is more suspect."""
    return _comparable(analysis) and float(analysis.labels.told) >= _TOLD


def _comparable(analysis: Analysis) -> bool:
    return len(np.unique(analysis.label_numbers[analysis.label_numbers >= 0])) > 1


def _alike(analysis: Analysis, row: int, label: str | None) -> list[tuple[str, str]]:
    """The nearest images that speak for a suggestion."""
    near = (analysis.images[other] for other in analysis.neighbours.ids[row].tolist())
    paths = islice((image.path for image in near if image.label == label), _ALIKE) if label is not None else ()
    return [(f"neighbour {place}", path) for place, path in enumerate(paths, start=1)]


@check(unit="groups", bound=at_most(0), needs=("labels",))
def conflicting_labels(analysis: Analysis, scope: Scope) -> Measurement:
    """Groups of copies that do not all carry the same label.

    Population: groups of copies, exact or edited (within the split, with an image of the label). Numerator: those with
    two or more different labels. Unit: groups.

    At least one of the labels is wrong, or the picture belongs to both classes: decide for each group.
    """
    selection, split = select(analysis, scope), select(analysis, Scope(split=scope.split))
    groups = [[row for row in group if split.rows[row]] for group in analysis.clusters]
    groups = [group for group in groups if len(group) > 1 and selection.rows[group].any()]
    findings = []
    for group in groups:
        labels = sorted({str(label) for row in group if (label := analysis.images[row].label) is not None})
        if len(labels) > 1:
            paths = tuple(analysis.images[row].path for row in group)
            note = "labelled " + " and ".join(printable(label) for label in labels)
            findings.append(Finding(paths, float(len(labels)), note, (("labels", len(labels)),)))
    return Measurement(
        len(findings),
        "groups",
        len(findings),
        len(groups),
        f"groups of copies of {selection.count} {selection.name}",
        tuple(findings),
        selection.remark,
    )

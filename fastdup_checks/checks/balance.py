"""How the images are spread over classes and splits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fastdup_checks.checks.check import Scope, at_least, at_most, check
from fastdup_checks.checks.scope import select
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis

__all__ = ("class_balance", "missing_class")


@check(unit="statistic", bound=at_least(0.05), needs=("labels",))
def class_balance(analysis: Analysis, scope: Scope) -> Measurement:
    """How many images the smallest class has, for each image of the largest.

    Population: the classes of the dataset (the one with the label). Value: readable images of the smallest of them (in
    the split) divided by those of the largest class of all, 1 where all classes are of one size; a class that the split
    lacks counts 0. Unit: statistic.

    A model learns a rare class badly, and accuracy over all images hides it. Collect more of the small classes, weight
    them, or report the accuracy of each class. A class with one or two images is often a misspelt label.
    """
    selection = select(analysis, scope)
    counts = Counter(image.label for image in analysis.images if scope.split in {None, image.split})
    sizes = {name: counts[name] for name in analysis.classes if scope.label in {None, name}}
    largest = max(counts[name] for name in analysis.classes)
    value = min(sizes.values()) / largest if largest else float("nan")
    small = [name for name in sorted(sizes, key=lambda name: (sizes[name], name)) if sizes[name] < 0.05 * largest]
    example = _examples(analysis)
    findings = tuple(
        Finding(
            example.get(name, ()),
            round(1 - sizes[name] / largest, 4),
            f"{printable(name)} has {_images(sizes[name])}, the largest class {largest}",
            (("label", name), ("images", sizes[name])),
        )
        for name in small
    )
    name = f"classes of the {selection.name}"
    least, most = min(sizes, key=lambda name: (sizes[name], name)), max(analysis.classes, key=lambda name: counts[name])
    ends = f"{printable(least)} has {_images(sizes[least])}, {printable(most)} {counts[most]}" if value < 1 else ""
    remark = "; ".join(filter(None, (ends, selection.remark)))
    return Measurement(value, "statistic", len(small), len(sizes), name, findings, remark)


@check(unit="classes", bound=at_most(0), needs=("labels", "splits"))
def missing_class(analysis: Analysis, scope: Scope) -> Measurement:
    """Classes that one split has and another lacks.

    Population: the classes of the dataset. Numerator: those without a readable image in at least one split (in the
    split that is named). Unit: classes.

    A class that is only trained is never tested, and one that is only tested cannot be right. Look for a folder that
    was not copied, or a class that is spelt in two ways.
    """
    dataset = analysis.scan.dataset
    remark = select(analysis, scope).remark
    splits = [name for name in dataset.splits if scope.split in {None, name}]
    classes = [name for name in dataset.classes if scope.label in {None, name}]
    held = {(image.split, image.label) for image in analysis.images}
    example = _examples(analysis)
    findings = []
    for label in classes:
        without = [split for split in splits if (split, label) not in held]
        if without:
            note = f"{printable(label)} has no images in {' and '.join(map(printable, without))}"
            findings.append(Finding(example.get(label, ()), float(len(without)), note, (("label", label),)))
    return Measurement(len(findings), "classes", len(findings), len(classes), "classes", tuple(findings), remark)


def _examples(analysis: Analysis) -> dict[str | None, tuple[str]]:
    """By label, the first image that has it."""
    first: dict[str | None, tuple[str]] = {}
    for image in analysis.images:
        first.setdefault(image.label, (image.path,))
    return first


def _images(count: int) -> str:
    return f"{count} image{'' if count == 1 else 's'}"

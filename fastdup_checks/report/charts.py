"""Small drawings as numbers: what the template needs to write them as inline SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_checks.report.page import Distribution, Tally
    from fastdup_checks.verdict import Verdict

__all__ = ("Balance", "Bullet", "Histogram", "balance", "bullet", "histogram")

BINS = 40
CLASSES = 24
"""At most so many classes are drawn, the largest first; the rest is summed up."""


@dataclass(frozen=True, slots=True)
class Bullet:
    """A value against its bound, both in 0..100 of the width."""

    value: float
    bound: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars in a box of 100 x 100, from the left."""

    name: str
    bars: tuple[tuple[float, float, float, str], ...]
    """(x, width, height, what it says)."""
    low: str
    high: str
    count: int
    threshold: float | None
    """x of the line, or None where there is no threshold."""
    threshold_text: str
    summary: str
    """The picture in one sentence, for those who do not see it."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Classes as rows, splits as parts of a bar."""

    splits: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[tuple[float, float, int, int], ...]], ...]
    """(class, images, parts); a part is (x, width, index of the split, images), in 0..100 of the width."""
    rest: str


def bullet(verdict: Verdict) -> Bullet | None:
    """The bar of a verdict; None where there is no bound or nothing to compare."""
    bound = verdict.expectation.bound
    if bound is None or not np.isfinite([verdict.measurement.value, bound.value]).all():
        return None
    value, limit = verdict.measurement.value, bound.value
    top = max(value, limit) * 1.15
    if min(value, limit) < 0 or top <= 0:
        return None
    return Bullet(round(100 * value / top, 2), round(100 * limit / top, 2))


def histogram(distribution: Distribution) -> Histogram | None:
    """Count the values in equal bins; None where there are none."""
    values = np.asarray(distribution.values, dtype=np.float64).ravel()
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    least, most = float(values.min()), float(values.max())
    threshold = distribution.threshold
    # The axis reaches as far as the threshold, so that the line shows on which side of it the values are.
    low, high = (least, most) if threshold is None else (min(least, threshold), max(most, threshold))
    if (high - low) / BINS <= np.spacing(max(abs(low), abs(high))):  # no room for so many bins
        high = low + max(abs(low), 1e-3) * 1e-3
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    width = 100 / BINS
    bars = tuple(
        (
            round(i * width, 2),
            round(width, 2),
            # A bin that holds anything at all is never drawn as nothing.
            round(max(1.0, 100 * int(count) / int(counts.max())), 2),
            f"{edges[i]:.3g} to {edges[i + 1]:.3g}: {count}",
        )
        for i, count in enumerate(counts.tolist())
        if count
    )
    name = printable(distribution.name)
    middle = float(np.median(values))
    return Histogram(
        name=name,
        bars=bars,
        low=f"{low:.3g}",
        high=f"{high:.3g}",
        count=int(values.size),
        threshold=None if threshold is None else round(100 * (threshold - low) / (high - low), 2),
        threshold_text="" if threshold is None else f"{threshold:.3g}",
        summary=f"{name}: {values.size} values from {least:.3g} to {most:.3g}, half of them below {middle:.3g}",
    )


def balance(tallies: Sequence[Tally]) -> Balance | None:
    """Classes by size with their splits; None where there are no labels."""
    splits = tuple(dict.fromkeys(tally.split or "" for tally in tallies))
    sizes: dict[str, dict[str, int]] = {}
    for tally in tallies:
        if tally.label is not None:
            row = sizes.setdefault(tally.label, {})
            row[tally.split or ""] = row.get(tally.split or "", 0) + tally.images
    if not sizes:
        return None
    order = sorted(sizes, key=lambda label: (-sum(sizes[label].values()), label))
    top = max(1, sum(sizes[order[0]].values()))
    rows = []
    for label in order[:CLASSES]:
        x, parts = 0.0, []
        for index, split in enumerate(splits):
            images = sizes[label].get(split, 0)
            if images:
                parts.append((round(x, 2), round(100 * images / top, 2), index, images))
                x += 100 * images / top
        rows.append((printable(label), sum(sizes[label].values()), tuple(parts)))
    left = order[CLASSES:]
    images_left = sum(sum(sizes[label].values()) for label in left)
    rest = f"and {len(left)} more classes with {images_left} images" if left else ""
    return Balance(tuple(printable(split) for split in splits), tuple(rows), rest)

"""Families of alike images -> what the gallery shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_checks.families import name_mix
from fastdup_checks.report.page import Shelf

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis

__all__ = ("SHELVES", "make_shelves")

SHELVES = 40
"""Families on a page, at most; `families.csv` has them all."""
_SHOWN = 6
"""Images of a family."""


def make_shelves(analysis: Analysis) -> tuple[Shelf, ...]:
    """The largest families, each with its most typical images; copies of an image stand for it once."""
    shelves = []
    for number, rows in enumerate(analysis.families):
        if number == SHELVES:
            break
        alone = dict.fromkeys(int(analysis.cluster_of[row]) for row in rows)
        paths = tuple(analysis.images[row].path for row in list(alone)[:_SHOWN])
        name = name_mix(analysis.images[row].label for row in rows) or f"family {number}"
        shelves.append(Shelf(name, len(rows), paths))
    return tuple(shelves)

"""Copies: near-duplicate images, found by neighbours and verified on the pixels.

The stages, from top to bottom: `pictures` and `windows` describe thumbnails, `poses`, `nearest` and `alike` propose
candidates (`proposals`) among the different images (`subjects`), `coarse`, `align` and `evidence` look at each pair
ever more closely (`verify`), `calibration` turns what they saw into a probability, `edits` into words, `find` runs the
rounds, `judged` holds what they say of pairs, `ties` tells from a third picture how two lie, and `groups` ties pairs
together.
"""

from fastdup_checks.copies.calibration import DEFAULT_THRESHOLD, LISTING_FLOOR, REPORTING_FLOOR
from fastdup_checks.copies.find import NEAREST, find_copies
from fastdup_checks.copies.groups import Group, find_groups, rank_to_keep
from fastdup_checks.copies.pairs import SPREAD, WHOLE_GROUP, Copies, CopyInputs

__all__ = (
    "DEFAULT_THRESHOLD",
    "LISTING_FLOOR",
    "NEAREST",
    "REPORTING_FLOOR",
    "SPREAD",
    "WHOLE_GROUP",
    "Copies",
    "CopyInputs",
    "Group",
    "find_copies",
    "find_groups",
    "rank_to_keep",
)

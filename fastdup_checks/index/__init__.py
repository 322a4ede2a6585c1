"""Vectors -> the nearest neighbours of each.

`products` finds the largest products of two sets of vectors, `ranking` ranks different vectors by them, `clusters` says
what to compare with what in large sets, `search` chooses between all and these, `neighbours` says what is found of
images, among which there are equal ones, `similarities` how near the nearest of some are to others, and `grow` does it
again when images come and go.
"""

from __future__ import annotations

from fastdup_checks.index.clusters import Scale
from fastdup_checks.index.grow import find_again
from fastdup_checks.index.neighbours import (
    Neighbours,
    find_neighbours,
    neighbours_among,
    rank_again,
)
from fastdup_checks.index.ranking import draw
from fastdup_checks.index.similarities import similarities_among, similarities_to

__all__ = (
    "Neighbours",
    "Scale",
    "draw",
    "find_again",
    "find_neighbours",
    "neighbours_among",
    "rank_again",
    "similarities_among",
    "similarities_to",
)

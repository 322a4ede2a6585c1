"""Vectors -> the nearest neighbours of each.

`products` finds the largest products of two sets of vectors, `ranking` makes exact rankings of them, `clusters` bounds
what is compared with what in large sets, and `neighbours` says all this of images, among which there are equal ones.
"""

from __future__ import annotations

from fastdup_checks.index.neighbours import Neighbours, find_neighbours, neighbours_among, rank_again

__all__ = ("Neighbours", "find_neighbours", "neighbours_among", "rank_again")

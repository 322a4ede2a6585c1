"""Different vectors -> the ranking of each, by the search that their number asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.probes import rank_by_clusters
from fastdup_checks.index.ranking import SPARE, Ranking, rank

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastdup_checks.index.clusters import Scale

__all__ = ("rank_some",)


def rank_some(
    take: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    count: int,
    rows: NDArray[np.int64],
    k: int,
    scale: Scale,
    threads: int,
) -> tuple[Ranking, float]:
    """Rank others for some of the vectors: among all, or where that is too much among those near by.

    Args:
        take: gives some of the vectors (m, d), on the grid.
        count: how many there are, all different.
        rows: which to rank others for.
        k: how many others must be ranked, if there are so many.
        scale: how much is too much.
        threads: cores to use.

    Returns:
        Their ranking, and the share of the neighbours that matter which a search among all would find, too.
    """
    length = min(k + SPARE, max(count - 1, 0))
    if len(rows) * count > scale.exact_up_to**2:
        ranking, recall = rank_by_clusters(take, count, length, min(k, length), scale, threads)
        return (ranking if len(rows) == count else ranking.take(rows)), recall
    return rank(take(np.arange(count)), rows, length, min(k, length), threads=threads), 1.0

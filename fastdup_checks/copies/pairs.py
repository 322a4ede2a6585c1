"""What goes into the search for copies, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index.clusters import Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.index import Neighbours

__all__ = ("SPREAD", "Copies", "CopyInputs", "list_pairs")

SPREAD = 16
"""Groups of exact copies up to this size are listed pair by pair; larger ones as pairs with their first."""
WHOLE_GROUP = 32
"""Of up to so many different pictures that are copies every pair is verified; larger groups are only tied together."""


@dataclass(frozen=True, slots=True)
class CopyInputs:
    """The images to search, as a scan knows them."""

    count: int
    """How many images, n."""
    embeddings: NDArray[np.float32]
    """(n, d) of length 1."""
    width: NDArray[np.int32]
    """(n,) pixels of the original."""
    height: NDArray[np.int32]
    """(n,) pixels of the original."""
    exact_group: NDArray[np.int32]
    """(n,) images with the same number have the same bytes or the same pixels."""
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]]
    """Loads thumbnails (rows, 64, 64, 3), RGB, the whole picture squashed to a square, for some rows."""
    drawn: NDArray[np.bool_]
    """(n,) which pictures count as drawn, see `fastdup_checks.detail`..."""
    details: Callable[[NDArray[np.int64]], NDArray[np.uint8]]
    """...and of these the luminance (rows, 192, 192) for some rows."""
    neighbours: Neighbours | None = None
    """The nearest neighbours by embedding of every image, where they are known already."""
    scale: Scale = Scale()  # noqa: RUF009 - it is frozen
    """From which size on not all are compared with all."""
    names: NDArray[np.uint64] | None = None
    """(n,) a number for every image that follows from its pixels and its embedding..."""
    kept: Path | None = None
    """...by which this file tells what the last search found out; it is made where there is none."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Pairs of images that are copies of one another, the most probable first, then by left and right."""

    left: NDArray[np.int32]
    """(p,) rows."""
    right: NDArray[np.int32]
    """(p,) rows, each greater than its ``left``."""
    score: NDArray[np.float32]
    """(p,) calibrated probability that the two are copies, 0..1, to four digits; 1 for exact copies."""
    exact: NDArray[np.bool_]
    """(p,) whether bytes or pixels are the same."""
    edit: tuple[str, ...]
    """(p,) what was done to the smaller of the two, or to the right one, in a few words."""
    truncated: int
    """Different pictures in groups of more than `WHOLE_GROUP`, of which not every pair was verified."""
    recall: float = 1.0
    """Share of the pictures nearest by looks or by embedding that a search by clusters finds, where there are too many
    images to compare all with all: the least that was measured of the searches that propose pairs."""

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.left)

    def at_least(self, score: float) -> Copies:
        """Only the pairs that score at least this much."""
        keep = self.score >= np.float32(score)
        edit = tuple(text for text, stays in zip(self.edit, keep.tolist(), strict=True) if stays)
        return Copies(
            self.left[keep], self.right[keep], self.score[keep], self.exact[keep], edit, self.truncated, self.recall
        )


def list_pairs(
    group: NDArray[np.int64],
    pairs: Sequence[tuple[int, int]],
    score: Sequence[float],
    edit: Sequence[str],
    *,
    at_least: float,
    truncated: int,
    recall: float = 1.0,
) -> Copies:
    """Say of all images what was found of different ones, and add the exact copies.

    Args:
        group: (n,) images with the same number, from 0 on, are exact copies.
        pairs: Two such numbers each.
        score: Of each pair.
        edit: Of each pair.
        at_least: Pairs that score less are left out.
        truncated: See `Copies`.
        recall: See `Copies`.
    """
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1]) if len(order) else []
    left, right, scores, exact = [], [], [], []
    edits: list[str] = []
    for rows in members:
        if len(rows) > 1:
            a, b = (
                np.triu_indices(len(rows), 1)
                if len(rows) <= SPREAD
                else (np.zeros(len(rows) - 1, int), np.arange(1, len(rows)))
            )
            left.append(rows[a])
            right.append(rows[b])
            scores.append(np.ones(len(a), np.float32))
            exact.append(np.ones(len(a), bool))
            edits += ["identical"] * len(a)
    for pair, probability, words in zip(pairs, score, edit, strict=True):
        if probability < at_least:
            continue
        ours, theirs = (members[number][:SPREAD] for number in pair)
        a, b = np.repeat(ours, len(theirs)), np.tile(theirs, len(ours))
        left.append(np.minimum(a, b))
        right.append(np.maximum(a, b))
        scores.append(np.full(len(a), probability, np.float32))
        exact.append(np.zeros(len(a), bool))
        edits += [words] * len(a)
    columns = [
        np.concatenate(part) if part else np.zeros(0, kind)
        for part, kind in ((left, int), (right, int), (scores, np.float32), (exact, bool))
    ]
    by = np.lexsort((columns[1], columns[0], -columns[2]))
    return Copies(
        columns[0][by].astype(np.int32),
        columns[1][by].astype(np.int32),
        columns[2][by].astype(np.float32),
        columns[3][by].astype(bool),
        tuple(edits[at] for at in by.tolist()),
        truncated,
        recall,
    )

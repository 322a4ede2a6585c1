"""Vectors -> vectors in which every direction that the dataset uses counts the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ("whiten",)

_GRID = 2.0**14
"""Vectors are laid on a grid of this many steps, and the map on one of `_MAP_GRID`: products and sums are then whole
numbers below 2**53, which no order of additions and so no number of threads can change."""
_MAP_GRID = 2.0**20
_CHUNK = 2048
"""Vectors at a time: what fits into the cache of a processor."""


def whiten(vectors: NDArray[np.float32], *, fitted: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
    """Map vectors linearly so that directions of little variance count as much as those of much.

    An encoder spends its strongest directions on what tells all images of the world apart; within one dataset it is
    often the weaker ones that tell the classes apart. The map is `(C + s I) ** -0.5` of the centred vectors, with C
    their covariance and s the shrinkage, and the results have length 1 again (the symmetric root, ZCA, is unique,
    unlike one along single axes).

    Safe at any number of vectors: s is the mean variance times `1 + d / n`, so that with few vectors little more than
    the mean is taken out.

    Args:
        vectors: (n, d), each of length 1.
        fitted: (m,) rows that tell how vectors vary, by default all.

    Returns:
        (n, d) float32, each of length 1, or 0 where a vector is the mean.
    """
    known = vectors if fitted is None else vectors[fitted]
    n, d = known.shape
    if n < 2:
        return vectors.copy()
    total = np.zeros(d)
    product = np.zeros((d, d))
    for _, grid in _chunks(known):
        total += grid.sum(0)
        product += grid.T @ grid
    mean = total / n
    covariance = product / n - np.outer(mean, mean)
    values, axes = np.linalg.eigh(covariance)
    values = np.maximum(values, 0)
    floor = (1 + d / max(n - 1, 1)) * float(values.mean())
    if floor <= 0:
        return vectors.copy()
    scale = np.sqrt(floor / (values + floor))  # at most 1
    root = np.rint((axes * scale) @ axes.T * _MAP_GRID)
    middle = np.rint(mean)
    out = np.empty(vectors.shape, np.float32)
    for rows, grid in _chunks(vectors):
        mapped = (grid - middle) @ root
        length = np.sqrt(np.einsum("nd,nd->n", mapped, mapped))
        out[rows] = mapped / np.maximum(length, 1.0)[:, None]
    return out


def _chunks(vectors: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    for start in range(0, len(vectors), _CHUNK):
        rows = slice(start, start + _CHUNK)
        yield rows, np.rint(vectors[rows].astype(np.float64) * _GRID)

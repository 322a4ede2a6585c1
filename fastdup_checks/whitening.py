"""Vectors -> vectors in which every direction that the dataset uses counts the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ("Whitening", "whiten")

_GRID = 2.0**14
"""Vectors are laid on a grid of this many steps, and the map on one of `_MAP_GRID`: products and sums are then whole
numbers below 2**53, which no order of additions and so no number of threads can change."""
_MAP_GRID = 2.0**20
_CHUNK = 2048
"""Vectors at a time: what fits into the cache of a processor."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """The map `(C + s I) ** -0.5 * s ** 0.5` of centred vectors, with C their covariance and s the shrinkage.

    The symmetric root (ZCA) is unique, unlike one along single axes.
    """

    mean: NDArray[np.float64]
    """(d,) on the grid."""
    root: NDArray[np.float64]
    """(d, d) on the grid of the map."""
    shrinkage: float

    @classmethod
    def fit(cls, vectors: NDArray[np.float32]) -> Whitening | None:
        """The map of (n, d) vectors, None where they do not vary.

        Safe at any number of vectors: s is the mean variance times `1 + d / (n - 1)`, so that with few vectors little
        more than the mean is taken out.
        """
        n, d = vectors.shape
        if n < 2:
            return None
        total = np.zeros(d)
        product = np.zeros((d, d))
        for _, grid in _chunks(vectors):
            total += grid.sum(0)
            product += grid.T @ grid
        mean = total / n
        covariance = product / n - np.outer(mean, mean)
        return cls.of(mean / _GRID, covariance / _GRID**2, 1 + d / max(n - 1, 1))

    @classmethod
    def of(cls, mean: NDArray[np.float64], covariance: NDArray[np.float64], share: float) -> Whitening | None:
        """The map of vectors with this mean (d,) and covariance (d, d), shrunk by `share` of the mean variance."""
        values, axes = np.linalg.eigh(covariance)
        values = np.maximum(values, 0)
        shrinkage = share * float(values.mean())
        if shrinkage <= 0:
            return None
        scale = np.sqrt(shrinkage / (values + shrinkage))  # at most 1
        return cls(np.rint(mean * _GRID), np.rint((axes * scale) @ axes.T * _MAP_GRID), shrinkage)

    def apply(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, d) mapped vectors, float32, each of length 1, or 0 where a vector is the mean."""
        out = np.empty(vectors.shape, np.float32)
        for rows, mapped, squares in self._mapped(vectors):
            out[rows] = mapped / np.maximum(np.sqrt(squares), 1.0)[:, None]
        return out

    def distances(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n,) squared Mahalanobis distances from the mean, with the covariance C + s I."""
        out = np.empty(len(vectors))
        for rows, _, squares in self._mapped(vectors):
            out[rows] = squares / (_GRID * _MAP_GRID) ** 2 / self.shrinkage
        return out

    def _mapped(self, vectors: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64]]]:
        """Some rows, their images in steps of both grids, and the squared lengths of these."""
        for rows, grid in _chunks(vectors):
            mapped = (grid - self.mean) @ self.root
            yield rows, mapped, np.einsum("nd,nd->n", mapped, mapped)


def whiten(vectors: NDArray[np.float32], *, fitted: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
    """Map vectors linearly so that directions of little variance count as much as those of much.

    An encoder spends its strongest directions on what tells all images of the world apart; within one dataset it is
    often the weaker ones that tell the classes apart.

    Args:
        vectors: (n, d), each of length 1.
        fitted: (m,) rows that tell how vectors vary, by default all.

    Returns:
        (n, d) float32, each of length 1, or 0 where a vector is the mean; as they are where they do not vary.
    """
    whitening = Whitening.fit(vectors if fitted is None else vectors[fitted])
    return whitening.apply(vectors) if whitening else vectors.copy()


def _chunks(vectors: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    for start in range(0, len(vectors), _CHUNK):
        rows = slice(start, start + _CHUNK)
        yield rows, np.rint(vectors[rows].astype(np.float64) * _GRID)

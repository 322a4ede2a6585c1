"""Vectors and classes -> how much each vector looks like each class, to a linear map that has not seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index import draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("Ridge",)

_GRID = 2.0**12
"""Vectors are laid on a grid of this many steps, and maps on one of `_MAP_GRID`: products and sums are then whole
numbers below 2**53, which no order of additions and so no number of threads can change."""
_MAP_GRID = 2.0**20
_PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Multiples of the mean variance."""
_JUDGED = 100_000
"""Images times classes by which the penalty is chosen, at most."""
_CHUNK = 4096
_AT_ONCE = 512
"""Predictions at a time: what fits into the cache of a processor."""


class Ridge:
    """Ridge regression from vectors to classes (Hoerl and Kennard, 1970), each prediction without the image itself.

    Least squares on the indicators of the classes is the linear discriminant with a shrunk covariance (Hastie, Buja and
    Tibshirani, 1995). What it says of an image when that image is left out follows from the fit to all (Allen, 1974):
    nothing is fitted again. The penalty is the one with the least squared error of these predictions.
    """

    def __init__(
        self,
        vectors: NDArray[np.float32],
        labels: NDArray[np.integer],
        speaker: NDArray[np.integer],
        classes: int,
        looks: NDArray[np.float32] | None = None,
    ) -> None:
        """Fit.

        Args:
            vectors: (n, d), of about length 1.
            labels: (n,) classes 0, 1, ...; only those of speakers count.
            speaker: (n,) the row of the image that stands in the fit for this one and its copies, and is left out for
                them; -1 where none does.
            classes: how many there are.
            looks: (n, m) more columns of the vectors.
        """
        self._labels, self._speaker = labels, speaker
        fitted = np.unique(speaker[speaker >= 0])
        columns = (vectors,) if looks is None else (vectors, looks)
        n, d = len(fitted), sum(part.shape[1] for part in columns)
        self._grid = np.concatenate(columns, 1, dtype=np.float32)
        self._grid *= np.float32(_GRID)
        np.rint(self._grid, out=self._grid)
        parts = [fitted[start : start + _CHUNK] for start in range(0, n, _CHUNK)]
        total = sum((self._grid[part].sum(0, dtype=np.float64) for part in parts), start=np.zeros(d))
        self._grid -= np.rint(total / n).astype(np.float32)
        size = np.bincount(labels[fitted], minlength=classes)
        self._mean, self._share = size / n, 1 / n
        product = np.zeros((d, d))
        for part in parts:
            grid = self._grid[part].astype(np.float64)
            product += grid.T @ grid
        values, axes = np.linalg.eigh(product / _GRID**2)
        values = np.maximum(values, 0)
        answer = axes.T @ self._answer(fitted, size)
        scale = 1 / (values + max(self._penalty(vectors, fitted, values, axes, answer) * float(values.mean()), 1e-9))
        self._coefficients = np.rint((axes * scale) @ answer * _MAP_GRID)
        self._root = np.rint(axes * np.sqrt(scale) * _MAP_GRID)

    def _penalty(
        self,
        vectors: NDArray[np.float32],
        fitted: NDArray[np.int64],
        values: NDArray[np.float64],
        axes: NDArray[np.float64],
        answer: NDArray[np.float64],
    ) -> float:
        """The penalty with the least squared error of predictions that leave out what they predict."""
        judged = draw(vectors, max(_JUDGED // len(self._mean), 100), fitted)
        count = len(judged)
        place = self._grid[judged] / _GRID @ axes
        wanted = -np.tile(self._mean, (count, 1))
        wanted[np.arange(count), self._labels[judged]] += 1
        errors, square = [], place**2
        for penalty in _PENALTIES:
            scale = 1 / (values + max(penalty * float(values.mean()), 1e-9))
            weight = np.minimum(square @ scale + self._share, 0.999)
            left = (wanted - place @ (answer * scale[:, None])) / (1 - weight)[:, None]
            errors.append(round(float((left**2).sum(1).mean()), 6))
        return _PENALTIES[int(np.argmin(errors))]

    def predict(self, rows: NDArray[np.integer]) -> NDArray[np.float64]:
        """(len(rows), classes) about 1 for the class that an image looks like and 0 for others, not bounded."""
        parts = [self._predict(rows[start : start + _AT_ONCE]) for start in range(0, len(rows), _AT_ONCE)]
        return np.concatenate([np.zeros((0, len(self._mean))), *parts])

    def _predict(self, rows: NDArray[np.integer]) -> NDArray[np.float64]:
        scale = _GRID * _MAP_GRID
        here = self._grid[rows].astype(np.float64)
        said: NDArray[np.float64] = here @ self._coefficients / scale + self._mean
        inside = np.flatnonzero(self._speaker[rows] >= 0)
        if not len(inside):
            return said
        speaker = self._speaker[rows[inside]]
        own = here[inside] @ self._root / scale
        its, place = said[inside], own
        other = np.flatnonzero(speaker != rows[inside])
        if len(other):
            place = own.copy()
            there = self._grid[speaker[other]].astype(np.float64)
            its[other] = there @ self._coefficients / scale + self._mean
            place[other] = there @ self._root / scale
        pull = np.einsum("nd,nd->n", own, place) + self._share
        weight = np.minimum(np.einsum("nd,nd->n", place, place) + self._share, 0.999)
        pull /= 1 - weight
        its *= pull[:, None]
        its[np.arange(len(inside)), self._labels[speaker]] -= pull
        said[inside] += its
        return said

    def _answer(self, fitted: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.float64]:
        """(d, classes) products of the centred vectors and the centred indicators."""
        order = fitted[np.argsort(self._labels[fitted], kind="stable")]
        members = np.split(order, np.cumsum(size)[:-1])
        total = np.stack([self._grid[rows].sum(0, dtype=np.float64) for rows in members])
        answer: NDArray[np.float64] = (total - self._mean[:, None] * total.sum(0)).T / _GRID
        return answer

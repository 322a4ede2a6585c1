"""Embeddings laid out on a plane, so that neighbours stay neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.index import Neighbours

__all__ = ("lay_on_plane",)

ROUNDS = 150
STRANGERS = 10
"""Points that each point is pushed away from in a round."""
PUSH = 5.0
"""How much the push of strangers weighs against the pull of neighbours."""
_A, _B = 1.577, 0.895
"""Shape of the curve 1 / (1 + a d^2b) that turns distance into closeness: UMAP's for a least distance of 0.1."""


def lay_on_plane(vectors: NDArray[np.float32], neighbours: Neighbours) -> NDArray[np.float64]:
    """Find a place on the plane for every vector.

    After UMAP (McInnes, Healy and Melville, 2018): neighbours pull each other near along a weighted graph, random
    strangers push each other away. Differs from it in that all points move at once, by at most a bounded step: that
    needs no compiled loop. Starts from the two main axes, so that the large shape of the data stays readable.

    Args:
        vectors: float32 (n, d), each of length 1.
        neighbours: of each vector among the same vectors, nearest first; about 15 show clusters well.

    Returns:
        float64 (n, 2). The same input gives the same output: the strangers are drawn from a fixed seed.
    """
    n = len(vectors)
    places = _main_axes(vectors)
    if not neighbours.k:
        return places
    left, right, weight = _graph(neighbours)
    degree = np.bincount(left, weight, n) + np.bincount(right, weight, n)
    random = np.random.default_rng(0)
    for round_ in range(ROUNDS):
        pulls = _pull(places, left, right, weight)
        pushes = _push(places, random.integers(0, n, (STRANGERS, n))) * (PUSH / STRANGERS)
        move = np.clip(pulls / degree[:, None] + pushes, -4, 4)
        places = places + (1 - round_ / ROUNDS) * move
    return places


def _main_axes(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The two principal components, in -10..10.

    Rounded, because the last digits of a matrix product depend on the number of threads, and the rounds that follow
    would blow such a difference up.
    """
    centred = vectors.astype(np.float64) - vectors.mean(0, dtype=np.float64)
    centred = np.pad(centred, ((0, 0), (0, max(0, 2 - centred.shape[1]))))  # a plane has two axes
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, :-3:-1]
    # The sign of an axis is arbitrary: let its largest component be positive.
    axes = axes * np.where(axes[np.abs(axes).argmax(0), [0, 1]] < 0, -1.0, 1.0)
    places = centred @ axes
    places /= np.maximum(places.std(0), 1e-6)
    rounded: NDArray[np.float64] = np.round(10 * places / max(float(np.abs(places).max()), 1e-6), 3)
    return rounded


def _graph(neighbours: Neighbours) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Edges (left, right, weight) with left < right: how sure it is that two points belong together.

    A point is sure of its nearest neighbour, and less so of others by how much farther they are, measured by its own
    mean distance; the two opinions a and b of an edge join to a + b - ab.
    """
    n, k = neighbours.ids.shape
    distance = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * neighbours.similarities.astype(np.float64)))
    farther = distance - distance[:, :1]
    weight = np.exp(-farther / np.maximum(farther.mean(1, keepdims=True), 1e-3)).ravel()
    here, there = np.repeat(np.arange(n), k), neighbours.ids.ravel().astype(np.int64)
    edge, place = np.unique(np.minimum(here, there) * n + np.maximum(here, there), return_inverse=True)
    doubt = np.ones(len(edge))
    np.multiply.at(doubt, place, 1 - weight)
    return edge // n, edge % n, 1 - doubt


def _pull(
    places: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    gap = places[left] - places[right]
    square = np.maximum((gap**2).sum(1), 1e-6)
    power = square**_B
    strength = weight * -2 * _A * _B * power / (square * (1 + _A * power))
    force = strength[:, None] * gap
    n = len(places)
    return np.stack([np.bincount(left, force[:, x], n) - np.bincount(right, force[:, x], n) for x in (0, 1)], 1)


def _push(places: NDArray[np.float64], strangers: NDArray[np.int64]) -> NDArray[np.float64]:
    gap = places - places[strangers]
    square = (gap**2).sum(2)
    strength = 2 * _B / ((0.01 + square) * (1 + _A * square**_B))
    pushes: NDArray[np.float64] = np.clip(strength[..., None] * gap, -4, 4).sum(0)
    return pushes

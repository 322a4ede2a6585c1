from __future__ import annotations

import numpy as np
import pytest

from fastdup_checks.index import Neighbours, find_neighbours
from fastdup_checks.report.plane import lay_on_plane


def clusters(each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Eight tight groups around random directions in 32 dimensions, and which group a vector belongs to."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(8), each)
    vectors = random.normal(size=(8, 32))[group] + 0.5 * random.normal(size=(len(group), 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), group


def lay(vectors: np.ndarray, k: int = 15, threads: int = 1) -> np.ndarray:
    return lay_on_plane(vectors, find_neighbours(vectors, k, threads=threads))


def test_neighbours_on_the_plane_belong_together() -> None:
    vectors, group = clusters(40)
    places = lay(vectors)
    gaps = ((places[:, None] - places[None]) ** 2).sum(2)
    nearest = np.argsort(gaps, axis=1)[:, 1:11]
    assert (group[nearest] == group[:, None]).mean() > 0.98


def test_the_same_vectors_lie_at_the_same_places_whatever_the_threads() -> None:
    vectors, _ = clusters(20)
    first, second = lay(vectors, threads=1), lay(vectors, threads=2)
    assert first.tobytes() == second.tobytes()


def test_vectors_of_one_number_have_places_too() -> None:
    places = lay(np.array([[1], [1], [-1], [-1], [1]], np.float32), k=2)
    assert places.shape == (5, 2)
    assert np.isfinite(places).all()


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_images_have_places_too(n: int) -> None:
    vectors, _ = clusters(1)
    places = lay(vectors[:n])
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()


def test_equal_images_are_no_trouble() -> None:
    vectors, _ = clusters(1)
    places = lay(np.repeat(vectors[:1], 30, axis=0))
    assert np.isfinite(places).all()


def test_without_neighbours_the_main_axes_are_all_there_is() -> None:
    vectors, _ = clusters(2)
    none = Neighbours(np.zeros((16, 0), np.int32), np.zeros((16, 0), np.float32))
    assert lay_on_plane(vectors, none).shape == (16, 2)

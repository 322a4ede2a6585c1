"""Novelty: images of the same source are rarely new, images of another one are, and the p-value keeps its word."""

from __future__ import annotations

import numpy as np
import pytest

from fastdup_checks.index import find_neighbours, similarities_to
from fastdup_checks.novelty import NEAR
from fastdup_checks.novelty import novelty_p_values as p_values_of


def novelty_p_values(new, reference):
    return p_values_of(new, reference, find_neighbours(reference, NEAR).similarities[:, -1:].ravel())


def source(n: int, seed: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.random.default_rng(0).normal(size=(6, 24))[rng.integers(0, 6, n)] + 0.7 * rng.normal(size=(n, 24)) + shift
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("level", [0.01, 0.05, 0.2])
def test_images_of_the_same_source_are_as_rarely_new_as_the_level_says(level):
    shares = [(novelty_p_values(source(300, s), source(600, 100 + s)) <= level).mean() for s in range(8)]
    assert np.mean(shares) == pytest.approx(level, rel=0.5)


def test_images_of_another_source_are_new():
    new = np.concatenate([source(50, 1), source(10, 2, shift=5)])
    p_values = novelty_p_values(new, source(800, 3))
    assert (p_values[50:] <= 0.01).all()
    assert (p_values[:50] <= 0.01).mean() < 0.1


@pytest.mark.parametrize("m", [0, 1, 3])
def test_a_tiny_reference_makes_nothing_new(m):
    assert (novelty_p_values(source(5, 1), source(10, 2)[:m]) == 1).all()


def test_similarities_to_others_are_brute_force_where_some_of_them_are_equal_too():
    new, reference = source(40, 1), source(60, 2)
    reference[10:20] = reference[0]
    wanted = -np.sort(-(new.astype(np.float64) @ reference.T.astype(np.float64)), axis=1)
    for k in (1, 3, 15, 60):
        assert np.allclose(similarities_to(new, reference, k), wanted[:, :k], atol=1e-6)
    assert similarities_to(new[:0], reference, 3).shape == (0, 3)

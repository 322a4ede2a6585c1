"""Novelty: images of the same source are rarely new, images of another one are, and the p-value keeps its word."""

from __future__ import annotations

import numpy as np
import pytest

from fastdup_checks.novelty import novelty_p_values


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

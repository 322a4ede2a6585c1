"""Whitening evens out directions, is safe on few vectors, and does not depend on the order of the images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks.whitening import whiten


def cloud(n: int, d: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) * np.geomspace(1, 0.02, d) + 0.5
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@given(n=st.integers(0, 40), d=st.integers(1, 12), seed=st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_vectors_have_length_one_or_zero(n, d, seed):
    out = whiten(cloud(n, d, seed))
    assert out.shape == (n, d)
    assert out.dtype == np.float32
    length = np.linalg.norm(out, axis=1)
    assert (np.isclose(length, 1, atol=1e-5) | np.isclose(length, 0)).all()


def test_variances_become_more_even():
    x = cloud(2000, 32)

    def spread(vectors: np.ndarray) -> float:
        values = np.linalg.eigvalsh(np.cov(vectors.T))
        return values[-1] / values[len(values) // 2]

    assert spread(whiten(x)) < 0.2 * spread(x)
    assert np.abs(whiten(x).mean(0)).max() < 0.02


def test_few_vectors_keep_their_neighbours():
    x = cloud(12, 64)
    centred = x - x.mean(0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    assert np.abs(whiten(x) @ whiten(x).T - centred @ centred.T).max() < 0.25


def test_the_order_of_the_images_changes_nothing():
    x = cloud(300, 16)
    order = np.random.default_rng(1).permutation(300)
    assert whiten(x)[order].tobytes() == whiten(x[order]).tobytes()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_equal_vectors_give_no_error(n):
    x = np.tile(np.array([[0.6, 0.8]], np.float32), (n, 1))
    assert np.isfinite(whiten(x)).all()

"""Drift: none between halves of one source, all between two sources, and a p-value that keeps its word."""

from __future__ import annotations

import numpy as np
import pytest

from fastdup_checks.drift import NEAR, measure_drift
from fastdup_checks.index import find_neighbours


def measure(vectors: np.ndarray, side: np.ndarray):
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return measure_drift(find_neighbours(unit, NEAR).ids, side)


def source(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.random.default_rng(0).normal(size=(5, 16))[rng.integers(0, 5, n)] + rng.normal(size=(n, 16))


@pytest.mark.parametrize("sizes", [(200, 200), (400, 50)])
def test_two_draws_from_one_source_do_not_differ(sizes):
    side = np.arange(sum(sizes)) >= sizes[0]
    found = [measure(source(sum(sizes), seed), side) for seed in range(10)]
    assert max(f.effect for f in found) < 0.08
    assert np.median([f.p_value for f in found]) > 0.15


def test_two_sources_differ_altogether():
    vectors = np.concatenate([source(300, 1), source(60, 2) + 20])
    found = measure(vectors, np.arange(360) >= 300)
    assert found.effect > 0.95
    assert found.p_value == pytest.approx(1 / 200)


def test_the_images_that_drive_it_are_the_strange_ones():
    vectors = np.concatenate([source(400, 1), source(80, 2), source(20, 3) + 20])
    found = measure(vectors, np.arange(500) >= 400)
    assert (found.share[480:] > 0.9).all()
    assert (found.share[400:480] > 0.9).mean() < 0.05
    assert 0.05 < found.effect < 0.5


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_of_too_few_images_nothing_is_said(n):
    found = measure(source(max(n, 1), 0)[:n], np.arange(n) > 0)
    assert np.isnan(found.effect)
    assert found.p_value == 1.0


def test_the_effect_is_the_mean_of_the_shares_of_both_sets():
    side = np.arange(90) % 7 == 0
    for one in (side, ~side):
        found = measure(source(90, 4), one)
        assert found.effect == pytest.approx(max((found.share[one].mean() + found.share[~one].mean()) / 2, 0), abs=1e-6)

"""Novelty: images of the same source are rarely new, images of another one are, and the p-value keeps its word."""

from __future__ import annotations

import numpy as np
import pytest

from fastdup_checks.index import find_neighbours, similarities_among, similarities_to
from fastdup_checks.novelty import NEAR
from fastdup_checks.novelty import novelty_p_values as p_values_of


def novelty_p_values(new, reference):
    nearness = similarities_to(new, reference, NEAR)[:, -1]
    return p_values_of(nearness, find_neighbours(reference, NEAR).similarities[:, -1])


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


def test_some_images_of_the_reference_tell_what_is_usual_as_all_of_them_do():
    new, reference = np.concatenate([source(200, 1), source(10, 2, shift=5)]), source(2000, 3)
    usual = find_neighbours(reference, NEAR, rows=np.arange(0, 2000, 5)).similarities[:, -1]
    some = p_values_of(similarities_to(new, reference, NEAR)[:, -1], usual)
    assert np.abs(some - novelty_p_values(new, reference)).max() < 0.1
    assert (some[200:] == 1 / 401).all()


def test_nothing_is_new_to_an_empty_reference():
    assert (p_values_of(np.zeros(5), np.zeros(0)) == 1).all()


@pytest.mark.parametrize("k", [1, 3, 8])
def test_similarities_among_some_of_a_set_are_those_of_a_search(k):
    vectors = np.concatenate([source(150, 1), source(30, 2, shift=5)])
    vectors[20:30] = vectors[0]
    rows, members = np.arange(0, 180, 3), np.flatnonzero(np.arange(180) % 3 > 0)[:-15]
    found = similarities_among(rows, members, k, vectors=vectors, known=find_neighbours(vectors, 9))
    assert np.array_equal(found, similarities_to(vectors[rows], vectors[members], k))


def test_similarities_to_others_are_brute_force_where_some_of_them_are_equal_too():
    new, reference = source(40, 1), source(60, 2)
    reference[10:20] = reference[0]
    wanted = -np.sort(-(new.astype(np.float64) @ reference.T.astype(np.float64)), axis=1)
    for k in (1, 3, 15, 60):
        assert np.allclose(similarities_to(new, reference, k), wanted[:, :k], atol=1e-6)
    assert similarities_to(new[:0], reference, 3).shape == (0, 3)

"""A sample keeps to its quotas, covers the dataset better than chance, and is the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks.sample import coverage, sample


def blobs(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Blobs of very different sizes."""
    rng = np.random.default_rng(seed)
    blob = (rng.random(n) ** 3 * 20).astype(int)
    vectors = rng.normal(size=(20, 16))[blob] + 0.3 * rng.normal(size=(n, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), blob % 3


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_covers_the_dataset_better_than_any_of_twenty_random_ones(seed):
    vectors, _ = blobs(600, seed)
    rng = np.random.default_rng(seed)
    chance = [coverage(vectors, rng.permutation(600)[:40]) for _ in range(20)]
    assert coverage(vectors, sample(vectors, 40)) > max(chance)


@given(n=st.integers(1, 60), count=st.integers(1, 80), seed=st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_a_sample_has_the_size_asked_for_and_no_row_twice(n, count, seed):
    vectors, labels = blobs(n, seed)
    allowed = np.random.default_rng(seed).random(n) < 0.8
    picked = sample(vectors, count, labels=labels, allowed=allowed)
    assert len(picked) == len(set(picked.tolist())) == min(count, int(allowed.sum()))
    assert allowed[picked].all()


def test_small_classes_are_not_lost():
    vectors, _ = blobs(500)
    labels = np.zeros(500, int)
    labels[:3] = 1
    picked = sample(vectors, 10, labels=labels)
    assert (labels[picked] == 1).any()


def test_the_same_input_gives_the_same_sample():
    vectors, labels = blobs(200)
    assert (sample(vectors, 20, labels=labels) == sample(vectors, 20, labels=labels)).all()

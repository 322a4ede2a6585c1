"""Ridge regression says of an image what a fit without the image and its copies would say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastdup_checks import ridge
from fastdup_checks.ridge import Ridge


def refit(vectors, labels, rows, row, penalty, classes):
    """What ordinary ridge regression on some rows says of another one."""
    middle = vectors[rows].mean(0)
    x, y = vectors[rows] - middle, np.eye(classes)[labels[rows]]
    solved = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (y - y.mean(0)))
    return (vectors[row] - middle) @ solved + y.mean(0)


@given(n=st.integers(8, 40), d=st.integers(1, 8), classes=st.integers(2, 5), seed=st.integers(0, 99))
@example(n=8, d=1, classes=2, seed=68)  # all vectors are equal
@settings(max_examples=40, deadline=None)
def test_leaving_out_is_the_same_as_fitting_without(n, d, classes, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, d)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = rng.integers(0, classes, n)
    # The last two rows are copies of the first, and nobody speaks for the row before them.
    speaker = np.arange(n)
    speaker[-2:], speaker[-3] = 0, -1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ridge, "_PENALTIES", (1.0,))
        found = Ridge(vectors, labels, speaker, classes).predict(np.arange(n))
    fitted = np.unique(speaker[speaker >= 0])
    centred = vectors[fitted] - vectors[fitted].mean(0)
    penalty = max((centred**2).sum() / d, 1e-9)
    for row in range(n):
        others = fitted[fitted != speaker[row]]
        wanted = refit(vectors.astype(float), labels, others, row, penalty, classes)
        assert found[row] == pytest.approx(wanted, abs=0.02)


def test_looks_are_more_columns_of_the_vectors():
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(60, 9)).astype(np.float32), rng.integers(0, 3, 60)
    whole = Ridge(vectors, labels, np.arange(60), 3).predict(np.arange(60))
    parts = Ridge(vectors[:, :5], labels, np.arange(60), 3, vectors[:, 5:]).predict(np.arange(60))
    assert np.array_equal(whole, parts)


def test_the_penalty_is_large_where_vectors_tell_little_and_small_where_they_tell_all():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    told = rng.normal(size=(200, 40)).astype(np.float32) / 8
    noise = Ridge(told, labels, np.arange(200), 2).predict(np.arange(200))
    assert np.abs(noise - 0.5).max() < 0.5
    told[:, 0] += labels
    clear = Ridge(told, labels, np.arange(200), 2).predict(np.arange(200))
    assert (clear.argmax(1) == labels).mean() > 0.97

"""Proposals by embedding: what is known of neighbours spares the search, and changes nothing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks.copies.nearest import whole_numbers
from fastdup_checks.copies.proposals import Proposals
from fastdup_checks.index import Scale, find_neighbours


def proposals(vectors, neighbours):
    """Of images, several of which may have the same vector: such are exact copies."""
    _, rows, place = np.unique(vectors, axis=0, return_index=True, return_inverse=True)
    inputs = SimpleNamespace(count=len(vectors), neighbours=neighbours, scale=Scale())
    subjects = SimpleNamespace(count=len(rows), rows=rows, vectors=whole_numbers(vectors[rows]), inputs=inputs)
    return Proposals(subjects, place.ravel(), 1)


@given(
    n=st.integers(2, 40),
    copies=st.integers(0, 30),
    known=st.integers(1, 45),
    k=st.integers(1, 8),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_every_picture_is_paired_with_the_nearest_others_whatever_is_known_and_copied(n, copies, known, k, seed):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(n, 12)).astype(np.float32)
    vectors[:, 0] += 8  # no two of them are opposite
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.concatenate([vectors, vectors[random.integers(0, n, copies)]])
    some = proposals(vectors, find_neighbours(vectors, known))
    query, hit = some.near(k)
    whole = some.subjects.vectors
    cosine = whole @ whole.T / 2000.0**2
    for row in range(n):
        others = np.delete(cosine[row], row)
        found = {other for other in hit[query == row].tolist() if other != row}
        assert len(found) >= min(k, n - 1)
        assert min(cosine[row, other] for other in found) >= np.sort(others)[-min(k, n - 1)] - 2e-3


def test_exact_copies_of_which_enough_others_are_known_are_not_asked_again(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(60, 12)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.concatenate([vectors, vectors[:20], np.repeat(vectors[:1], 20, axis=0)])
    some, asked = proposals(vectors, find_neighbours(vectors, 20)), []
    around = some.around
    monkeypatch.setattr(some, "around", lambda rows, k: asked.append(len(rows)) or around(rows, k))
    some.near(4)
    assert 0 < asked[0] < 20, "those near the one that is there 22 times"

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks.copies.nearest import nearest, whole_numbers


def brute_force(queries, base, k, slack=6):
    """All as near as the k-th, and none of them where they are more than the slack."""
    found = set()
    for row, query in enumerate(queries):
        product = base @ query
        sorted_ = np.sort(product)[::-1]
        least = sorted_[min(k, len(base)) - 1]
        keep = product >= least
        if k + slack < len(base) and sorted_[k + slack - 1] == least:
            keep = product > least
        found |= {(row, place, float(product[place])) for place in np.flatnonzero(keep & (product > 0)).tolist()}
    return found


@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(1, 80),
    m=st.integers(1, 30),
    d=st.integers(1, 5),
    k=st.integers(1, 9),
    threads=st.integers(1, 2),
    seed=st.integers(0, 999),
)
def test_it_is_brute_force_however_many_are_equally_near(n, m, d, k, threads, seed):
    random = np.random.default_rng(seed)
    queries, base = (random.integers(-3, 4, (count, d)).astype(np.float32) for count in (m, n))
    query, place, product = nearest(queries, base, k, threads=threads)
    found = list(zip(query.tolist(), place.tolist(), product.tolist(), strict=True))
    assert set(found) == brute_force(queries, base, k)
    assert len(set(found)) == len(found)
    assert found == sorted(found, key=lambda hit: (hit[0], -hit[2]))


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0)])
def test_nothing_is_near_nothing(n, m):
    query, place, product = nearest(np.ones((m, 4), np.float32), np.ones((n, 4), np.float32), 2, threads=1)
    assert len(query) == len(place) == len(product) == 0


def test_whole_numbers_keep_directions_and_zero_vectors():
    found = whole_numbers(np.array([[3, 4], [0, 0]], np.float32))
    assert found.tolist() == [[1200, 1600], [0, 0]]

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks.copies.nearest import nearest, whole_numbers
from fastdup_checks.index import Scale


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
    hits = nearest(queries, base, k, threads=threads)
    found = list(zip(hits.query.tolist(), hits.place.tolist(), hits.product.tolist(), strict=True))
    assert set(found) == brute_force(queries, base, k)
    assert len(set(found)) == len(found)
    assert found == sorted(found, key=lambda hit: (hit[0], -hit[2]))


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0)])
def test_nothing_is_near_nothing(n, m):
    hits = nearest(np.ones((m, 4), np.float32), np.ones((n, 4), np.float32), 2, threads=1)
    assert len(hits.query) == len(hits.place) == len(hits.product) == 0


def test_whole_numbers_keep_directions_and_zero_vectors():
    found = whole_numbers(np.array([[3, 4], [0, 0]], np.float32))
    assert found.tolist() == [[1200, 1600], [0, 0]]


def looks(n, seed, d=12):
    random = np.random.default_rng(seed)
    things = random.normal(size=(n // 6 + 1, d))
    return whole_numbers(
        (things[random.integers(0, len(things), n)] + 0.3 * random.normal(size=(n, d))).astype(np.float32)
    )


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_a_search_by_clusters_finds_the_share_that_it_says_on_any_number_of_threads(seed, threads):
    base, queries = looks(2000, seed), looks(2000, seed)[::3]
    scale = Scale(exact_up_to=100, recall=0.95, sample=400)
    hits, exact = (nearest(queries, base, 5, threads=n, scale=s) for n, s in ((threads, scale), (1, Scale())))
    pairs, wanted = (set(zip(h.query.tolist(), h.place.tolist(), strict=True)) for h in (hits, exact))
    assert 0.95 <= hits.recall <= 1
    assert len(wanted & pairs) / len(wanted) >= hits.recall - 0.03
    one = nearest(queries, base, 5, threads=1, scale=scale)
    assert one.place.tobytes() == hits.place.tobytes()
    assert one.product.tobytes() == hits.product.tobytes()


def test_a_search_by_clusters_that_must_find_all_is_exact():
    base = looks(300, 1)
    scale = Scale(exact_up_to=10, recall=1.0, sample=300)
    hits, exact = nearest(base, base, 4, threads=1, scale=scale), nearest(base, base, 4, threads=1)
    assert hits.recall == 1
    assert hits.query.tobytes() == exact.query.tobytes()
    assert hits.product.tobytes() == exact.product.tobytes()

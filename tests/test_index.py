from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastdup_checks.index import Scale, draw, find_neighbours, neighbours_among, probes, rank_again
from fastdup_checks.index.ranking import name_vectors, on_grid


def unit(n, d, seed, repeats=0):
    x = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    if repeats:
        x[np.random.default_rng(seed + 1).integers(0, n, repeats)] = x[0]
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def brute_force(x, k):
    """Of equally similar vectors the one whose name comes first, of equal names the first."""
    grid = on_grid(x).astype(np.float64)
    place = np.argsort(np.argsort(name_vectors(x), kind="stable"))
    similarities = np.round(np.einsum("id,jd->ij", grid, grid), 6)
    np.fill_diagonal(similarities, -np.inf)
    order = np.lexsort((np.broadcast_to(place, similarities.shape), -similarities), axis=1)[:, :k]
    return order, np.take_along_axis(similarities, order, 1)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 60), d=st.integers(2, 16), k=st.integers(1, 12), seed=st.integers(0, 99))
@example(n=46, d=2, k=1, seed=18)  # two are equally similar to one
def test_it_is_brute_force(n, d, k, seed):
    x = unit(n, d, seed)
    found = find_neighbours(x, k)
    ids, similarities = brute_force(x, min(k, n - 1))
    assert np.array_equal(found.ids, ids)
    assert np.allclose(found.similarities, similarities, atol=1e-6)


def test_an_image_is_never_its_own_neighbour_even_among_its_copies():
    x = unit(30, 8, 1, repeats=12)
    found = find_neighbours(x, 5)
    assert not (found.ids == np.arange(30)[:, None]).any()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_result_is_the_same_to_the_bit_whatever_the_threads(threads):
    x = unit(500, 32, 3)
    one, other = find_neighbours(x, 7, threads=1), find_neighbours(x, 7, threads=threads)
    assert one.ids.tobytes() == other.ids.tobytes()
    assert one.similarities.tobytes() == other.similarities.tobytes()


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 60), repeats=st.integers(0, 20), coarse=st.booleans(), seed=st.integers(0, 50))
def test_the_order_of_the_images_does_not_matter(n, repeats, coarse, seed):
    x = unit(n, 3 if coarse else 8, seed, repeats)
    if coarse:  # many are equally near
        x = np.unique(np.sign(np.round(x * 1.2)), axis=0)
        x = x[np.abs(x).sum(1) > 0]
        x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(x))
    direct, shuffled = find_neighbours(x, 5), find_neighbours(x[order], 5)
    assert np.array_equal(shuffled.similarities, direct.similarities[order])
    # Which of several equal vectors is named is the only thing that the order decides.
    assert np.array_equal(x[order][shuffled.ids], x[direct.ids[order]])


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 40), k=st.integers(1, 12), repeats=st.integers(0, 60), seed=st.integers(0, 99))
def test_equal_vectors_come_first_and_in_the_order_of_their_rows(n, k, repeats, seed):
    x = unit(n, 4, seed, repeats)
    found = find_neighbours(x, k)
    for row in range(n):
        same = [other for other in range(n) if other != row and np.array_equal(x[other], x[row])]
        assert found.ids[row].tolist()[: len(same)] == same[: found.k]
        assert len(set(found.ids[row].tolist())) == found.k


def test_a_thousand_equally_near_vectors_are_told_apart_in_one_order():
    x = np.zeros((1001, 1001), np.float32)
    np.fill_diagonal(x, 1)
    order = np.random.default_rng(0).permutation(1001)
    direct, shuffled = find_neighbours(x, 3), find_neighbours(x[order], 3)
    assert np.array_equal(order[shuffled.ids], direct.ids[order])


@pytest.mark.parametrize("n", [0, 1])
def test_without_others_there_are_no_neighbours(n):
    assert find_neighbours(unit(n, 4, 0), 5).ids.shape == (n, 0)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 60), k=st.integers(0, 8), share=st.floats(0, 1), repeats=st.integers(0, 5), seed=st.integers(0, 99)
)
def test_neighbours_among_some_are_those_of_a_search_of_these_alone(n, k, share, repeats, seed):
    x = unit(n, 8, seed, repeats)
    members = np.flatnonzero(np.random.default_rng(seed).random(n) < share)
    found = neighbours_among(members, k, vectors=x, known=find_neighbours(x, 10))
    alone = find_neighbours(x[members], k)
    assert np.array_equal(found.ids, alone.ids)
    assert np.array_equal(found.similarities, alone.similarities)


def test_all_others_ranked_again_are_the_neighbours_by_the_other_vectors():
    x, y = unit(20, 8, 3), unit(20, 5, 4)
    found, wanted = rank_again(y, find_neighbours(x, 19)), find_neighbours(y, 19)
    assert np.array_equal(found.ids, wanted.ids)
    assert found.similarities == pytest.approx(wanted.similarities, abs=2e-3)


@given(n=st.integers(0, 40), count=st.integers(1, 50), seed=st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_what_is_drawn_hangs_on_the_vectors_alone_and_hardly_changes_when_some_are_added(n, count, seed):
    x, order = unit(n + 3, 4, seed), np.random.default_rng(seed).permutation(n + 3)
    drawn = draw(x, count)
    assert len(drawn) == len(set(drawn.tolist())) == min(count, n + 3)
    assert np.array_equal(x[order][draw(x[order], count)], x[drawn])
    assert np.array_equal(draw(x, count, order[:n]), order[:n][draw(x[order[:n]], count)])
    before = draw(x[:n], count)
    assert set(drawn[drawn < n].tolist()) <= set(before.tolist())


def shots(n, seed, d=16):
    """Vectors of pictures of some hundred things, several of each."""
    random = np.random.default_rng(seed)
    things = random.normal(size=(n // 8 + 1, d))
    x = things[random.integers(0, len(things), n)] + random.uniform(0.05, 0.6, (n, 1)) * random.normal(size=(n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def share_found(found, exact):
    """Of the neighbours that matter: the first ten, and those hardly farther than the first."""
    matter = (np.arange(exact.k) < 10) | (exact.similarities >= exact.similarities[:, :1] - 0.25)
    return np.mean([np.isin(exact.ids[row][matter[row]], found.ids[row]).mean() for row in range(len(exact.ids))])


@pytest.mark.parametrize("recall", [0.9, 0.99])
@pytest.mark.parametrize("seed", range(3))
def test_an_approximate_search_finds_the_share_that_it_says(recall, seed):
    x = shots(3000, seed)
    found = find_neighbours(x, 20, scale=Scale(exact_up_to=100, recall=recall, sample=1000))
    assert recall <= found.recall < 1
    assert share_found(found, find_neighbours(x, 20)) >= found.recall - 0.01


def test_an_approximate_search_that_must_find_all_is_exact():
    x = shots(600, 1)
    found = find_neighbours(x, 10, scale=Scale(exact_up_to=10, recall=1.0, sample=600))
    assert found.recall == 1
    assert share_found(found, find_neighbours(x, 10)) == 1


@settings(max_examples=10, deadline=None)
@given(n=st.integers(2, 400), k=st.integers(1, 20), threads=st.integers(1, 2), seed=st.integers(0, 99))
def test_an_approximate_search_depends_on_neither_threads_nor_order(n, k, threads, seed):
    x = shots(n, seed)
    x[: n // 10] = x[0]
    order = np.random.default_rng(seed).permutation(n)
    scale = Scale(exact_up_to=1, recall=0.9, sample=100)
    direct = find_neighbours(x, k, threads=1, scale=scale)
    shuffled = find_neighbours(x[order], k, threads=threads, scale=scale)
    assert direct.recall == shuffled.recall
    assert np.array_equal(shuffled.similarities, direct.similarities[order])
    assert np.array_equal(x[order][shuffled.ids], x[direct.ids[order]])


def test_a_search_of_few_at_a_time_finds_the_same(monkeypatch):
    x = shots(400, 3)
    x[50:250] = x[50] + np.random.default_rng(3).normal(size=(200, 16)) / 1000
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    scale = Scale(exact_up_to=10, recall=0.95, sample=200)
    wanted = find_neighbours(x, 12, scale=scale)
    monkeypatch.setattr(probes, "_ROOM", 1000)
    found = find_neighbours(x, 12, scale=scale)
    assert np.array_equal(found.ids, wanted.ids)
    assert share_found(found, find_neighbours(x, 12)) > 0.9


def test_vectors_that_have_no_room_in_memory_lie_in_a_file(tmp_path):
    x = shots(500, 2)
    here = find_neighbours(x, 10, scale=Scale(exact_up_to=10))
    there = find_neighbours(x, 10, scale=Scale(exact_up_to=10, room=0, directory=tmp_path))
    assert np.array_equal(here.ids, there.ids)
    assert list(tmp_path.iterdir()) == []

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks.index import Scale, find_again, find_neighbours
from fastdup_checks.index import grow as grow_module


def pool(seed, coarse, d=6, count=120):
    """Vectors to choose from; of coarse ones many are equally near."""
    x = np.random.default_rng(seed).normal(size=(count, d)).astype(np.float32)
    if coarse:
        x = np.round(x)
        x[np.abs(x).sum(1) == 0, 0] = 1
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def same(found, wanted):
    return (
        found.ids.tobytes() == wanted.ids.tobytes()
        and found.similarities.tobytes() == wanted.similarities.tobytes()
        and found.recall == wanted.recall
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    coarse=st.booleans(),
    k=st.integers(1, 6),
    threads=st.integers(1, 2),
    steps=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=4),
)
def test_what_is_added_or_removed_gives_the_same_bytes_as_a_search_from_nothing(seed, coarse, k, threads, steps):
    vectors, random = pool(seed, coarse), np.random.default_rng(seed)
    rows = random.choice(len(vectors), 60, replace=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "known.npz"
        find_again(vectors[rows], k, file, threads=threads)
        for add, remove in steps:
            rest = np.setdiff1d(np.arange(len(vectors)), rows)
            rows = random.permutation(rows)[min(remove, len(rows) - 2) :]
            rows = random.permutation(np.append(rows, random.permutation(rest)[:add]))
            rows = np.append(rows, rows[:2])  # and some twice
            assert same(find_again(vectors[rows], k, file, threads=threads), find_neighbours(vectors[rows], k))


def counted(monkeypatch):
    """How many vectors each search compared with all."""
    asked = []
    rank, rank_some = grow_module.rank, grow_module.rank_some

    def counting(base, rows, *more, **names):
        asked.append(len(rows))
        return rank(base, rows, *more, **names)

    def counting_all(take, count, *more):
        asked.append(count)
        return rank_some(take, count, *more)

    monkeypatch.setattr(grow_module, "rank", counting)
    monkeypatch.setattr(grow_module, "rank_some", counting_all)
    return asked


def test_only_what_is_new_is_compared_with_all(tmp_path, monkeypatch):
    x, asked = pool(1, coarse=False, d=16, count=1000), counted(monkeypatch)
    find_again(x[:990], 10, tmp_path / "known.npz", threads=1)
    find_again(x[:990], 10, tmp_path / "known.npz", threads=1)
    find_again(x, 10, tmp_path / "known.npz", threads=1)
    assert asked == [990, 10]


def test_a_few_removed_ones_are_not_missed(tmp_path, monkeypatch):
    x, asked = pool(1, coarse=False, d=16, count=1000), counted(monkeypatch)
    find_again(x, 10, tmp_path / "known.npz", threads=1)
    assert same(find_again(x[:995], 10, tmp_path / "known.npz", threads=1), find_neighbours(x[:995], 10))
    assert asked == [1000, 0]


def test_those_who_lost_their_neighbours_are_compared_again(tmp_path, monkeypatch):
    x, asked = pool(1, coarse=False, d=16, count=1000), counted(monkeypatch)
    x[:12] = x[0] + 0.01 * x[:12]
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    find_again(x, 10, tmp_path / "known.npz", threads=1)
    left = x[11:]
    assert same(find_again(left, 10, tmp_path / "known.npz", threads=1), find_neighbours(left, 10))
    assert 0 < asked[1] < 100


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04nonsense"])
def test_a_file_that_cannot_be_read_is_made_again(tmp_path, content):
    x, file = pool(2, coarse=False), tmp_path / "known.npz"
    file.write_bytes(content)
    assert same(find_again(x, 5, file, threads=1), find_neighbours(x, 5))
    assert file.stat().st_size > 1000


def test_what_was_known_of_vectors_of_another_length_is_not_used(tmp_path):
    file = tmp_path / "known.npz"
    for d in (6, 9):
        x = pool(2, coarse=False, d=d)
        assert same(find_again(x, 5, file, threads=1), find_neighbours(x, 5))


def test_what_was_approximate_grows_by_what_is_exact_and_shrinks_to_an_exact_search(tmp_path):
    x, file = pool(3, coarse=False, d=8, count=1200), tmp_path / "known.npz"
    scale = Scale(exact_up_to=600, recall=0.9, sample=400)
    before = find_again(x[:1100], 5, file, threads=1, scale=scale)
    after = find_again(x, 5, file, threads=1, scale=scale)
    exact = find_neighbours(x, 5)
    assert 0.9 <= after.recall < 1
    assert before.recall < 1
    assert np.array_equal(after.ids[1100:], exact.ids[1100:])
    assert (after.ids == exact.ids).mean() > 0.8
    assert same(find_again(x[:500], 5, file, threads=1, scale=scale), find_neighbours(x[:500], 5))


def approximate(tmp_path, monkeypatch, wanted):
    """Vectors, what finds the neighbours of some of them again, and how often the recall was measured."""
    x, measured = pool(3, coarse=False, d=8, count=1300), []
    scale = Scale(exact_up_to=600, recall=wanted, sample=400)
    measure = grow_module.measure_recall
    monkeypatch.setattr(grow_module, "measure_recall", lambda *args: measured.append(measure(*args)) or measured[-1])
    return x, lambda some: find_again(some, 5, tmp_path / "known.npz", threads=1, scale=scale), measured


def test_the_recall_is_measured_again_when_many_have_come_or_gone(tmp_path, monkeypatch):
    x, find, measured = approximate(tmp_path, monkeypatch, 0.5)
    first = find(x[:1100])
    assert find(x[:1150]).recall == first.recall
    assert not measured
    found, exact = find(x[20:1160]), find_neighbours(x[20:1160], 5)
    assert [found.recall] == measured
    share = np.mean([np.isin(wanted, got).mean() for got, wanted in zip(found.ids, exact.ids, strict=True)])
    assert found.recall == pytest.approx(share, abs=0.05)


def test_what_is_no_longer_found_well_enough_is_searched_for_again(tmp_path, monkeypatch):
    x, find, _ = approximate(tmp_path, monkeypatch, 0.9)
    find(x[:1100])
    monkeypatch.setattr(grow_module, "measure_recall", lambda *_: 0.8)
    assert same(find(x), find_neighbours(x, 5, scale=Scale(exact_up_to=600, recall=0.9, sample=400)))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_the_smallest_sets_grow_too(tmp_path, n):
    x, file = pool(4, coarse=False), tmp_path / "known.npz"
    for count in (n, n + 1, n + 30, n):
        assert same(find_again(x[:count], 5, file, threads=1), find_neighbours(x[:count], 5))

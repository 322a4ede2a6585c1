"""Families hold what looks alike, all images once, whatever the threads and however often a picture is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks import families
from fastdup_checks.families import count_families, find_families, name_mix


def blobs(sizes: list[int], *, spread: float = 0.3, d: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around one direction a blob, shuffled, and the number of the blob of each."""
    rng = np.random.default_rng(seed)
    blob = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    vectors = rng.normal(size=(len(sizes), d))[blob] + spread * rng.normal(size=(len(blob), d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), blob


@pytest.mark.parametrize("seeds", [40, 800])
def test_families_are_the_blobs_there_are_however_unequal(monkeypatch, seeds):
    monkeypatch.setattr(families, "_SEEDS", seeds)
    sizes = [200, 90, 60, 30, 12]
    vectors, blob = blobs(sizes)
    found = find_families(vectors, 5)
    assert [len(rows) for rows in found] == sizes, "largest first"
    assert all(len(set(blob[rows])) == 1 for rows in found)


@given(n=st.integers(0, 60), count=st.integers(1, 12), seed=st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_every_image_is_in_one_family_and_the_most_typical_stand_first(n, count, seed):
    vectors, _ = blobs([n // 2, n - n // 2], seed=seed)
    found = find_families(vectors, count)
    rows = [row for family in found for row in family]
    assert sorted(rows) == list(range(n))
    assert len(list(found)) <= count
    for number, family in enumerate(found):
        assert (found.family[family] == number).all()
        assert (np.diff(found.typical[family]) <= 0).all()


def test_a_picture_that_is_there_often_is_no_family():
    vectors, blob = blobs([60, 50, 40])
    many = np.concatenate([vectors, np.repeat(vectors[:1], 100, axis=0)])
    copies = np.concatenate([np.arange(150), np.zeros(100, int)])
    found = find_families(many, 3, copies=copies)
    assert (found.family[150:] == found.family[0]).all()
    assert sorted(len(set(blob[[row for row in rows if row < 150]])) for rows in found) == [1, 1, 1]
    assert [len(rows) for rows in found] == sorted((len(rows) for rows in found), reverse=True)


def test_images_that_do_not_differ_are_one_family():
    vectors = np.repeat(blobs([1])[0], 30, axis=0)
    assert [len(rows) for rows in find_families(vectors, 4)] == [30]


@pytest.mark.parametrize("seeds", [20, 800])
def test_the_same_vectors_give_the_same_families(monkeypatch, seeds):
    monkeypatch.setattr(families, "_SEEDS", seeds)
    vectors, _ = blobs([40] * 5, spread=1.0)
    one, other = find_families(vectors, 8), find_families(vectors.copy(), 8)
    assert one.family.tobytes() == other.family.tobytes()
    assert one.typical.tobytes() == other.typical.tobytes()


@pytest.mark.parametrize("drawn", [60, 20_000])
def test_the_order_of_the_vectors_changes_only_the_numbers(monkeypatch, drawn):
    monkeypatch.setattr(families, "_DIVIDED", drawn)
    monkeypatch.setattr(families, "_SEEDS", 30)
    vectors, _ = blobs([40] * 5, spread=1.0)
    order = np.random.default_rng(1).permutation(len(vectors))
    one, other = find_families(vectors, 8), find_families(vectors[order], 8)
    assert np.array_equal(one.typical[order], other.typical)
    pairs = set(zip(one.family[order].tolist(), other.family.tolist(), strict=True))
    assert len(pairs) == len(list(one)) == len(list(other))


def test_which_copy_stands_first_changes_nothing():
    vectors, _ = blobs([40] * 5, spread=1.0)
    rng = np.random.default_rng(2)
    other = vectors + 0.1 * rng.normal(size=vectors.shape).astype(np.float32)
    both = np.concatenate([vectors, other / np.linalg.norm(other, axis=1, keepdims=True)])
    copies, order = np.tile(np.arange(200), 2), rng.permutation(400)
    one, shuffled = find_families(both, 8, copies=copies), find_families(both[order], 8, copies=copies[order])
    assert np.array_equal(one.typical[order], shuffled.typical)


def test_a_sample_tells_what_families_there_are(monkeypatch):
    monkeypatch.setattr(families, "_DIVIDED", 100)
    sizes = [200, 120, 90, 60]
    vectors, blob = blobs(sizes)
    found = find_families(vectors, 4)
    assert [len(rows) for rows in found] == sizes
    assert all(len(set(blob[rows])) == 1 for rows in found)


def test_large_families_are_the_same_in_either_precision(monkeypatch):
    vectors, _ = blobs([300, 200, 9])
    single = find_families(vectors, 3)
    monkeypatch.setattr(families, "_EXACT", 0)
    double = find_families(vectors, 3)
    assert np.array_equal(single.family, double.family)
    assert np.array_equal(single.typical, double.typical)


def test_families_grow_with_the_dataset_and_so_does_their_number():
    assert [count_families(n) for n in (1, 2, 200, 100_000)] == [1, 1, 10, 224]


def test_a_family_is_named_by_its_classes():
    assert name_mix(["dog"] * 21 + ["cat"] * 3 + ["fox"]) == "dog 84 %, cat 12 %"
    assert name_mix(["b", "a", None]) == "a 33 %, b 33 %"
    assert name_mix([None, None]) == ""

"""Label suspects: wrong labels rank first, chances mean what they say, and copies, sizes and order do not fool them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_checks.index import find_neighbours
from fastdup_checks.labels import _FITTED, LabelSuspects, score_labels


def clustered(sizes: list[int], *, spread: float = 1.0, d: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Classes as overlapping Gaussian clouds: vectors (n, d) of length 1, and labels."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    vectors = rng.normal(size=(len(sizes), d))[labels] + spread * rng.normal(size=(len(labels), d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def flip(labels: np.ndarray, share: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    classes = labels.max() + 1
    rows = rng.choice(len(labels), round(share * len(labels)), replace=False)
    noisy = labels.copy()
    noisy[rows] = (noisy[rows] + rng.integers(1, classes, len(rows))) % classes
    return noisy, np.isin(np.arange(len(labels)), rows)


def score(vectors: np.ndarray, labels: np.ndarray, copies: np.ndarray | None = None) -> LabelSuspects:
    return score_labels(vectors, labels, copies=copies)


def average_precision(scores: np.ndarray, wrong: np.ndarray) -> float:
    hits = wrong[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


@pytest.mark.parametrize("classes", [2, 10, 100])
@pytest.mark.parametrize("share", [0.05, 0.1])
def test_wrong_labels_rank_first_whatever_the_number_of_classes(classes, share):
    vectors, labels = clustered([2000 // classes] * classes, spread=0.6)
    noisy, wrong = flip(labels, share)
    found = score(vectors, noisy)
    assert average_precision(found.score, wrong) > 0.97
    assert (found.suggested[wrong] == labels[wrong]).mean() > 0.95


def test_without_a_second_search_wrong_labels_still_rank_first(monkeypatch):
    monkeypatch.setattr("fastdup_checks.labels._SEARCHED", 0)
    vectors, labels = clustered([200] * 10, spread=0.6)
    noisy, wrong = flip(labels, 0.05)
    assert average_precision(score(vectors, noisy).score, wrong) > 0.97


@pytest.mark.parametrize("spread", [0.6, 1.2])
def test_clean_labels_have_no_suspects_even_where_classes_overlap(spread):
    vectors, labels = clustered([150] * 8, spread=spread)
    assert (score(vectors, labels).score >= 0.5).mean() < 0.005


def test_the_chance_is_calibrated():
    vectors, labels = clustered([400] * 10, spread=1.0)
    noisy, wrong = flip(labels, 0.1)
    chance = score(vectors, noisy).score
    assert chance.sum() == pytest.approx(wrong.sum(), rel=0.3)
    for low, high in ((0.0, 0.1), (0.5, 0.9), (0.9, 1.0)):
        inside = (chance >= low) & (chance <= high)
        if inside.sum() >= 30:
            assert -0.1 < wrong[inside].mean() - chance[inside].mean() < 0.4


def test_ranking_is_better_than_plain_disagreement_of_neighbours():
    """Where light or background varies more than what tells the classes apart."""
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(12), 80)
    vectors = rng.normal(size=(12, 24))[labels] + 0.8 * rng.normal(size=(960, 24))
    vectors[:, :4] += 6 * rng.normal(size=(960, 4))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    noisy, wrong = flip(labels, 0.05, seed=3)
    near = find_neighbours(vectors, 20)
    plain = (noisy[near.ids] != noisy[:, None]).mean(1)
    assert average_precision(score(vectors, noisy).score, wrong) > average_precision(plain, wrong) + 0.1


def test_small_classes_are_not_suspect_for_being_small():
    vectors, labels = clustered([500, 500, 500, 6, 5, 4, 3, 2], spread=0.5)
    found = score(vectors, labels)
    assert (found.score[labels >= 3] < 0.5).all()


def test_a_class_of_copies_of_one_picture_is_not_suspect_for_that():
    vectors, labels = clustered([60, 60, 60, 1], spread=0.8)
    vectors[-1] = vectors[-1] * 0.5 + vectors[0] * 0.8
    vectors[-1] /= np.linalg.norm(vectors[-1])
    many, given = np.concatenate([vectors, vectors[[-1] * 14]]), np.concatenate([labels, np.full(14, 3)])
    found = score(many, given, np.minimum(np.arange(195), 180))
    assert (found.score[given == 3] < 0.5).all()


def test_copies_vote_once():
    vectors, labels = clustered([60, 60], spread=0.5)
    # 30 copies of one image of class 1, all labelled 0, must not outvote the neighbours of class 1.
    copy = np.repeat(vectors[70:71], 30, axis=0)
    many, given = np.concatenate([vectors, copy]), np.concatenate([labels, np.zeros(30, int)])
    copies = np.concatenate([np.arange(120), np.full(30, 70)])
    near = np.argsort(-(vectors @ vectors[70]), kind="stable")[1:11]
    found = score(many, given, copies)
    assert (found.score[near] < 0.5).all()


def test_images_without_a_label_are_not_scored_and_do_not_vote():
    vectors, labels = clustered([200] * 4, spread=0.6)
    noisy, wrong = flip(labels, 0.05)
    blank = np.zeros(len(noisy), bool)
    blank[::3] = True
    given = np.where(blank, -1, noisy)
    found = score(vectors, given)
    assert (found.score[blank] == 0).all()
    assert average_precision(found.score[~blank], wrong[~blank]) > 0.95


@pytest.mark.parametrize("labels", [[-1, -1, -1], [0, 0, 0], [0, -1, -1], [0, 1, 2], [0, 1, -1], [0], []])
def test_too_little_to_go_by_gives_no_suspects(labels):
    vectors, _ = clustered([len(labels)])
    found = score(vectors, np.array(labels, int))
    assert (found.score < 0.5).all()
    assert len(found.score) == len(found.suggested) == len(labels)


@pytest.mark.parametrize("numbers", [(0, 1, 2), (0, 1, 3), (1, 2, 3), (0, 2, 5)])
def test_a_class_without_images_changes_nothing_but_has_its_place(numbers):
    vectors, labels = clustered([60] * 3, spread=1.2)
    noisy, _ = flip(labels, 0.1)
    there = np.array(numbers)
    plain, found = score(vectors, noisy), score_labels(vectors, there[noisy])
    assert np.array_equal(found.score, plain.score)
    assert np.array_equal(found.suggested, there[plain.suggested])
    assert np.array_equal(found.given, there[plain.given])
    assert np.array_equal(found.looks, there[plain.looks])
    assert np.array_equal(found.images, plain.images)


def test_the_pair_of_classes_that_is_confused_stands_out():
    vectors, labels = clustered([200] * 5, spread=0.5)
    given = labels.copy()
    given[np.flatnonzero(labels == 1)[:40]] = 3
    found = score(vectors, given)
    assert found.wrong.sum() == pytest.approx(found.score.sum(), rel=1e-3)
    most = found.wrong.argmax()
    assert (found.given[most], found.looks[most]) == (3, 1)
    assert 20 <= found.wrong[most] <= 45
    assert found.images.sum() == 1000
    assert 35 <= found.images[most] <= 45


def test_looks_that_tell_the_classes_apart_are_used():
    vectors, labels = clustered([150] * 6, spread=3.0)
    noisy, wrong = flip(labels, 0.1)
    looks = np.random.default_rng(1).normal(size=(900, 4)) * 1e3
    looks[:, :2] += 5e3 * np.random.default_rng(2).normal(size=(6, 2))[labels]
    with_looks = score_labels(vectors, noisy, looks=looks).score
    assert average_precision(with_looks, wrong) > average_precision(score(vectors, noisy).score, wrong) + 0.2


def test_vectors_that_tell_nothing_make_no_suspects():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(600, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert (score(vectors, rng.integers(0, 6, 600)).score < 0.5).all()


@pytest.mark.parametrize("wrong", [0.0, 0.2, 0.6, 0.8, 1.0])
def test_what_pictures_tell_of_labels_falls_to_nothing_as_these_are_shuffled(wrong):
    vectors, labels = clustered([60] * 8, spread=0.8)
    rng = np.random.default_rng(3)
    some = rng.choice(len(labels), round(wrong * len(labels)), replace=False)
    shuffled = labels.copy()
    shuffled[some] = shuffled[rng.permutation(some)]
    told = float(score(vectors, shuffled).told)
    assert told > 0.2 if wrong < 0.5 else told < 0.05


@given(seed=st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_the_order_of_the_images_does_not_change_a_score(seed):
    vectors, labels = clustered([40] * 4, spread=0.8, seed=seed)
    noisy, _ = flip(labels, 0.1, seed)
    order = np.random.default_rng(seed).permutation(len(labels))
    straight, shuffled = score(vectors, noisy), score(vectors[order], noisy[order])
    assert np.abs(straight.score[order] - shuffled.score).max() < 1e-4
    assert (straight.suggested[order] == shuffled.suggested).all()


def test_the_order_of_copies_does_not_change_a_score():
    vectors, labels = clustered([40] * 4, spread=0.8)
    labels, _ = flip(labels, 0.1)
    rng = np.random.default_rng(1)
    some = rng.choice(160, 60, replace=False)
    edited = vectors[some] + 0.15 * rng.normal(size=(60, vectors.shape[1])).astype(np.float32)
    both = np.concatenate([vectors, edited / np.linalg.norm(edited, axis=1, keepdims=True)])
    given, copies = np.concatenate([labels, labels[some]]), np.concatenate([np.arange(160), some])
    order = rng.permutation(len(both))
    straight, shuffled = score(both, given, copies), score(both[order], given[order], copies[order])
    assert np.abs(straight.score[order] - shuffled.score).max() < 1e-4


def test_the_order_of_more_images_than_are_fitted_to_does_not_change_a_score():
    vectors, labels = clustered([25] * 100, spread=1.1)
    noisy, _ = flip(labels, 0.1)
    order = np.random.default_rng(0).permutation(len(labels))
    assert len(labels) > _FITTED // 100
    straight, shuffled = score(vectors, noisy), score(vectors[order], noisy[order])
    assert np.abs(straight.score[order] - shuffled.score).max() < 1e-4


def test_the_same_input_gives_the_same_bytes():
    vectors, labels = clustered([50] * 5)
    assert score(vectors, labels).score.tobytes() == score(vectors, labels).score.tobytes()

"""Outliers: a clean dataset has none, a few aliens are a few, and neither small classes nor copies mislead."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps
from test_statistics import scene

from fastdup_checks import outliers as outliers_module
from fastdup_checks.encoders.background import Background
from fastdup_checks.index import find_neighbours
from fastdup_checks.outliers import Outliers, describe, score_looks, score_outliers
from fastdup_checks.statistics import STATISTICS, measure_statistics


def clean(
    n: int, *, classes: int = 10, d: int = 48, spread: float = 1.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A base direction that all share, classes around it, images around the classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    vectors = 4 * rng.normal(size=d) + 2 * rng.normal(size=(classes, d))[labels] + spread * rng.normal(size=(n, d))
    return vectors, labels


def aliens(count: int, d: int = 48, seed: int = 7) -> np.ndarray:
    return 10 * np.random.default_rng(seed).normal(size=(count, d))


def score(vectors: np.ndarray, labels: np.ndarray | None = None) -> Outliers:
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return score_outliers(unit, find_neighbours(unit, 15), labels)


def outliers(vectors: np.ndarray, labels: np.ndarray | None = None) -> list[int]:
    return np.flatnonzero(score(vectors, labels).score >= 0.5).tolist()


@pytest.mark.parametrize("n", [40, 400, 3000])
@pytest.mark.parametrize("classes", [1, 10])
def test_clean_data_has_no_outliers_whatever_its_size(n, classes):
    found = sum(len(outliers(clean(n, classes=classes, seed=seed)[0])) for seed in range(4))
    assert found <= 1


@pytest.mark.parametrize("n", [200, 2000])
def test_five_aliens_are_five_outliers(n):
    vectors = np.concatenate([clean(n)[0], aliens(5)])
    assert outliers(vectors) == list(range(n, n + 5))


def test_aliens_that_are_like_each_other_are_still_outliers():
    alike = aliens(1) + np.random.default_rng(0).normal(size=(5, 48))
    assert outliers(np.concatenate([clean(1000)[0], alike])) == list(range(1000, 1005))


def test_a_small_tight_class_is_no_group_of_outliers():
    vectors, labels = clean(1000)
    tight = aliens(1) + 0.3 * np.random.default_rng(0).normal(size=(12, 48))
    assert outliers(np.concatenate([vectors, tight])) == []
    few = np.concatenate([vectors, tight[:4]])
    assert outliers(few, np.concatenate([labels, np.full(4, 10)])) == []


def test_a_scattered_class_is_no_group_of_outliers():
    vectors, _ = clean(1000)
    scattered, _ = clean(300, classes=1, spread=3.0, seed=5)
    assert len(outliers(np.concatenate([vectors, scattered]))) <= 2


def test_the_same_distance_is_stranger_in_dense_surroundings():
    dense, _ = clean(1500, classes=2, spread=0.2)
    loose, _ = clean(1500, classes=2, spread=1.0, seed=1)
    stray = dense[:1] + np.random.default_rng(3).normal(size=(1, 48))
    found = score(np.concatenate([dense, loose, stray]))
    assert found.score[-1] > found.score[1500:3000].max()
    assert found.where[-1] == 1


def test_an_alien_with_half_alien_neighbours_shows_against_the_dataset_as_a_whole():
    """Most of what varies in the dataset is not what the aliens differ by."""
    rng = np.random.default_rng(0)
    wide = np.concatenate([np.full(4, 3.0), np.full(44, 0.4)])
    base = np.concatenate([np.zeros(4), [6.0], np.zeros(43)])
    own = base + rng.normal(size=(1000, 48)) * wide
    strange = base + rng.normal(size=(5, 48)) * wide * np.concatenate([np.full(4, 0.5), np.full(44, 2.5)])
    found = score(np.concatenate([own, strange]))
    assert (found.score[1000:] >= 0.5).all()
    assert (found.score[:1000] >= 0.5).sum() <= 1
    assert (found.where[1000:] == 2).any()  # their neighbours alone do not tell


def test_what_is_far_from_the_dataset_but_common_elsewhere_is_strange_and_what_is_rare_everywhere_is_not():
    """The background varies by the first axes, and hardly by the others."""
    rng = np.random.default_rng(1)
    base = 6 * np.eye(48)[47]
    vectors = base + rng.normal(size=(600, 48)) * 0.6
    vectors[:5, :24] += rng.normal(size=(5, 24)) * 1.3
    vectors[5:10, 24:47] += rng.normal(size=(5, 23)) * 1.3
    everywhere = base + rng.normal(size=(4000, 48)) * np.repeat((2.0, 0.3), 24)
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    background = Background.measure(everywhere / np.linalg.norm(everywhere, axis=1, keepdims=True))
    near = find_neighbours(unit, 15)
    informed, uninformed = (score_outliers(unit, near, background=given).score for given in (background, None))
    assert (informed[:5] >= 0.5).all()
    assert (uninformed[:5] < 0.5).any()
    assert (informed[5:10] <= uninformed[5:10]).all()


@pytest.mark.parametrize("n", [0, 1, 2, 10, 19])
def test_too_few_images_have_no_outliers(n):
    found = score(clean(n)[0] if n else np.zeros((0, 48)))
    assert len(found.score) == n
    assert (found.score == 0).all()


def test_equal_images_have_no_outliers():
    assert outliers(np.tile(clean(1)[0], (50, 1))) == []


def test_the_order_of_the_images_does_not_change_a_score():
    vectors = np.concatenate([clean(300)[0], aliens(3)])
    order = np.random.default_rng(2).permutation(len(vectors))
    assert np.abs(score(vectors).score[order] - score(vectors[order]).score).max() < 1e-5


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (Image.new("RGB", (200, 200), "grey"), "blank"),
        (Image.effect_noise((200, 200), 120).convert("RGB"), "noise"),
        (ImageOps.expand(Image.new("RGB", (12, 200), "black"), 100, "white"), "drawing on white"),
        (scene(200), "image"),
    ],
)
def test_the_reason_says_what_the_picture_looks_like(picture, said):
    statistics = np.array([measure_statistics(picture, *picture.size)])
    assert describe(np.array([0]), statistics)[0].endswith(said)


@pytest.mark.parametrize("n", [20, 79, 81, 4100])
def test_looks_are_scored_by_the_same_distance_however_few_are_looked_at(monkeypatch, n):
    statistics = np.zeros(n, STATISTICS)
    rng = np.random.default_rng(n)
    for name in STATISTICS.names:
        statistics[name] = rng.exponential(size=n).round(1)  # many are the same
    found = score_looks(statistics)
    monkeypatch.setattr(outliers_module, "_least", lambda values: np.sort(values.reshape(len(values), -1))[:, 4])
    assert np.array_equal(found, score_looks(statistics))


def test_the_order_of_more_images_than_looks_are_compared_with_does_not_change_a_score():
    rng = np.random.default_rng(0)
    statistics = np.zeros(4100, STATISTICS)
    for name in STATISTICS.names:
        statistics[name] = rng.exponential(size=4100)
    order = rng.permutation(4100)
    assert np.array_equal(score_looks(statistics)[order], score_looks(statistics[order]))


def test_noise_and_a_page_among_pictures_are_strange_by_their_looks():
    page = Image.new("RGB", (160, 200), "white")
    for y in range(8, 190, 4):
        for x in range(8, 150, 3):
            page.putpixel((x, y), (0, 0, 0))
    noise = Image.effect_noise((200, 200), 120).convert("RGB")
    pictures = [*(scene(64, seed) for seed in range(60)), page, noise]
    statistics = np.array([measure_statistics(picture, *picture.size) for picture in pictures])
    assert np.flatnonzero(score_looks(statistics) >= 0.5).tolist() == [60, 61]
    assert (score_looks(statistics[:60]) < 0.5).all()

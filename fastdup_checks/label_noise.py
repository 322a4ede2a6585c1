"""Opinions and labels -> the chance of each class, and how often labels are wrong; see `labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("chances_of", "fit_opinions", "how_wrong", "share_told")

_START = (0.5, 0.5, 5.0)
"""Weights of the opinions before anything is known, which count as much as `_FEW` images."""
_FEW = 10.0
_RATE = (1.0, 20.0)
"""What is known of the share of wrong labels before: as if one of twenty labels had been found wrong."""
_ANCHORS = 0.1
"""Share of the images that look like a class which are its anchors."""
_GENERAL = 100.0
"""So many anchors count as much as the general rate of wrong labels."""
_ROUNDS = 40


def chances_of(opinions: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, classes) the chance of each class."""
    power = sum(weight * opinion for weight, opinion in zip(weights.tolist(), opinions, strict=True))
    power = np.exp(power - power.max(1, keepdims=True))
    chances: NDArray[np.float64] = power / power.sum(1, keepdims=True)
    return chances


def fit_opinions(
    opinions: NDArray[np.float64], labels: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weights of the opinions and the noise of the labels, by expectation and maximisation.

    In turn: how likely each class is the true one of each image, given its label, under the present weights and noise;
    and the weights that make these most likely (one step of Newton's method), and the noise.

    Returns:
        The weights, and (classes, classes) how often images of a class (row) get each label (column).
    """
    count, classes = opinions.shape[1:]
    usual = np.array(_START)
    weights, rate = usual.copy(), _RATE[0] / _RATE[1]
    for _ in range(_ROUNDS):
        chances = chances_of(opinions, weights)
        own = chances[np.arange(count), labels]
        wrong = rate * (1 - own) / (classes - 1)
        wrong /= (1 - rate) * own + wrong
        before = weights, rate
        rate = round(float((wrong.sum() + _RATE[0]) / (count + _RATE[1])), 9)
        noise = _noise(chances, labels, rate)
        true = chances * noise[:, labels].T
        gain = true / true.sum(1, keepdims=True) - chances
        slope = np.array([(gain * opinion).sum() for opinion in opinions]) - _FEW * (weights - usual) / usual**2
        mean = [(chances * opinion).sum(1) for opinion in opinions]
        curve = np.diag(_FEW / usual**2)
        for i, one in enumerate(opinions):
            for j, other in enumerate(opinions[: i + 1]):
                curve[i, j] += float((chances * one * other).sum() - (mean[i] * mean[j]).sum())
                curve[j, i] = curve[i, j]
        step = np.clip(np.linalg.solve(curve, slope), -usual, usual)
        weights = np.round(np.maximum(weights + step, 0.0), 9)
        if (np.abs(weights - before[0]) < 0.01 * usual).all() and abs(rate - before[1]) < 2e-4:
            break
    return weights, noise


def share_told(chances: NDArray[np.float64], labels: NDArray[np.integer]) -> float:
    """The mutual information of opinions and labels as a share of the entropy of the labels, to six digits."""
    usual = np.bincount(labels, minlength=chances.shape[1]) / len(labels)
    known = np.log(np.maximum(chances[np.arange(len(labels)), labels], 1e-300)).mean()
    unknown = np.log(usual[labels]).mean()
    return round(float((known - unknown) / -unknown), 6) if unknown < 0 else 0.0


def _noise(chances: NDArray[np.float64], labels: NDArray[np.integer], rate: float) -> NDArray[np.float64]:
    """How often images of a class get each label.

    All classes but the own one are alike in general. What is more than that shows among the images that look most like
    a class (its anchors; Liu and Tao, 2016; Patrini et al., 2017): other labels are wrong there, whereas anywhere else
    the classes may just overlap. Where anchors are few, the general rate counts more.
    """
    classes = chances.shape[1]
    likely = chances.argmax(1)
    order = np.lexsort((-chances.max(1), likely))
    size = np.bincount(likely, minlength=classes)
    place = np.arange(len(labels)) - np.repeat(np.cumsum(size) - size, size)
    anchors = order[place < np.maximum(np.ceil(_ANCHORS * size), 3)[likely[order]]]
    noise = np.full((classes, classes), _GENERAL * rate / (classes - 1))
    np.fill_diagonal(noise, _GENERAL * (1 - rate))
    np.add.at(noise, (likely[anchors], labels[anchors]), 1)
    noise /= (np.bincount(likely[anchors], minlength=classes) + _GENERAL)[:, None]
    return np.round(noise, 9, out=noise)


def how_wrong(
    own: NDArray[np.float64],
    doubt: NDArray[np.float64],
    labels: NDArray[np.integer],
    noise: NDArray[np.float64],
    share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The chance that each label is wrong, from the chance of its class and that of all others that got its label."""
    size = np.bincount(labels, share, len(noise))
    # A class whose labels are doubted as a whole is a scattered or a small one, rather than all wrong: its images are
    # compared with each other (the class thresholds of confident learning).
    mean = float(own.mean())
    usual = (np.bincount(labels, own * share, len(noise)) + 2 * mean) / (size + 2)
    fair = np.minimum(own * np.maximum(mean / np.maximum(usual, 1e-9), 1.0)[labels], 1.0)
    # That none of the few others of its class is like an image says the less, the fewer they are.
    fair = np.maximum(fair, 0.5 * np.exp(-(size[labels] - 1) / 2))
    doubt = doubt * (1 - fair) / np.maximum(1 - own, 1e-12)
    right = fair * noise.diagonal()[labels]
    return np.asarray(np.round(doubt / np.maximum(right + doubt, 1e-300), 6), np.float64)

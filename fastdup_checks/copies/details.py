"""A closer look at two drawn pictures: do all of their lines agree, or only the form that both were made from?

Pages, forms, plots, signs and plates of one kind agree in most of their structure at 64 x 64, so that the evidence of
`evidence` takes them for copies with a little changed. At 192 x 192 it shows what they say. The alignment goes on at 48
and 96 pixels a side; then the two are compared at 192 in blocks of 8 x 8 pixels, as they are and after a little
smoothing, which forgives what shrinking and compression do to thin lines:

- *stray* and *unlike*: share of the structure in blocks that correlate with less than 0.5, and with less than 0.75.
- *alike*: mean correlation of the blocks, weighed with their structure.
- *filled*: share of the blocks that have any structure. *uneven*: by how much that of the two differs.
- *worst*: the correlation that all but 2, 5, 10 and 20 % of the structure exceed.
- *whole*: correlation of the pictures.

How far the one was moved, over how much the structure spreads and other parts of the first evidence are looked at, too:
any disc can be laid onto any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Alignment, Levels, Reader, Stack, grid
from fastdup_checks.copies.evidence import FEATURES
from fastdup_checks.copies.guesses import Guesses, Looked
from fastdup_checks.copies.pictures import halve, orient, without_mat
from fastdup_checks.copies.steps import improve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.copies.hypotheses import Measured, PictureSet

__all__ = ("DETAILS", "compare_details", "look_at_details", "say_little")

_SIDE = 192
_STEPS = ((48, 3), (96, 3))
"""Pixels a side at which the alignment goes on, and steps there."""
_BLOCK = 8
_VISIBLE = np.float32(6 * _BLOCK / 2)
"""Structure of a block below which it counts as plain: a standard deviation of three levels of grey."""
_NOISE = np.float32(4 * _BLOCK * _BLOCK)
"""Energy of a block by which its correlation is held down: two levels of grey for every pixel."""
_WHOLE_NOISE = np.float32(9000)
_WORST = (0.02, 0.05, 0.1, 0.2)
_PLAIN = np.float32(0.1)
"""A single disc or square takes up fewer of the blocks than this; four digits take up twice as many."""
_MOVED = np.log(np.float32(0.03 + 0.004))
"""By this much of half a side, see `evidence`, or..."""
_TINTED = np.log1p(np.float32(10))
"""...by so many levels of colour."""
_AT_ONCE = 8
"""Pairs compared at a time: some 20 MB."""

_NAMES = ("stray", "unlike", "alike", "filled", "uneven", "worst_2", "worst_5", "worst_10", "worst_20", "whole")
_COMPARED = (*_NAMES, *(f"soft_{name}" for name in _NAMES))
_KNOWN = ("moved", "spread", "tint", "overlap", "area", "unclean", "size")
DETAILS = (*_COMPARED, *_KNOWN)
"""Names of the columns of what `look_at_details` gives: those of `compare_details`, and some of `evidence.FEATURES`."""


def look_at_details(
    pictures: PictureSet, measured: Measured, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Compare the details of pairs of drawn pictures.

    Args:
        pictures: What is compared of all pictures.
        measured: One hypothesis for each of some pairs.
        first: (p,) rows of the pictures of all pairs.
        second: (p,) rows.

    Returns:
        (h, `DETAILS`).
    """
    known = measured.evidence.features[:, [FEATURES.index(name) for name in _KNOWN]]
    parts = [np.zeros((0, len(_COMPARED)), np.float32)]
    for start in range(0, len(measured.pair), _AT_ONCE):
        guesses = Guesses.again(measured.take(np.arange(start, min(start + _AT_ONCE, len(known)))), first, second)
        looked = Looked.at(guesses)
        light = without_mat(pictures.details(looked.rows).astype(np.float32), pictures.mat[looked.rows])
        parts.append(compare_details(light, looked.container, looked.content, guesses.orientation, guesses.maps))
    return np.concatenate([np.concatenate(parts), known], axis=1)


def say_little(details: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which pairs (p, `DETAILS`) agree in a shape so plain that any like it does, once moved or coloured otherwise."""
    filled, moved, tint = (details[:, DETAILS.index(name)] for name in ("filled", "moved", "tint"))
    little: NDArray[np.bool_] = (filled < _PLAIN) & ((moved > _MOVED) | (tint > _TINTED))
    return little


def compare_details(
    light: NDArray[np.float32],
    container: NDArray[np.int64],
    content: NDArray[np.int64],
    orientation: NDArray[np.int64],
    maps: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Align pairs of drawn pictures on and compare their details.

    Args:
        light: Luminance (n, 192, 192) of pictures without mats.
        container: (p,) rows.
        content: (p,) rows.
        orientation: (p,) of the content.
        maps: (p, 2, 3) from the oriented content to the container.

    Returns:
        (p, `_COMPARED`).
    """
    levels, finest = Levels.of(halve(light), _STEPS[0][0]), Stack.of(light, _SIDE)
    for side, steps in _STEPS:
        maps, _ = improve(Alignment.of(levels, container, content, orientation, side), maps, steps)
    reader = Reader.through(maps, container, finest, grid(_SIDE), _SIDE)
    warped, inside = reader.read(finest), reader.inside
    base = orient(light[content], orientation).reshape(len(maps), -1)
    measured = [_measure(base, warped, inside), _measure(_soften(base), _soften(warped), inside)]
    return np.concatenate(measured, axis=1)


def _measure(
    base: NDArray[np.float32], warped: NDArray[np.float32], inside: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The ten columns of `_NAMES`."""
    base, warped = _centred(base, inside), _centred(warped, inside)
    pixels = _sums(inside) + np.float32(1e-3)
    sums = [_sums(values) for values in (base, warped, base * base, warped * warped, base * warped)]
    product, power, other = (values.sum(axis=1) for values in (sums[4], sums[2], sums[3]))
    whole = product / np.sqrt((power + _WHOLE_NOISE) * (other + _WHOLE_NOISE))
    gain = np.abs(product / (power + _WHOLE_NOISE))[:, None]
    left = np.maximum(sums[2] - sums[0] * sums[0] / pixels, 0)
    right = np.maximum(sums[3] - sums[1] * sums[1] / pixels, 0)
    both = (sums[4] - sums[0] * sums[1] / pixels) * np.sign(whole)[:, None]
    correlation = both / np.sqrt((left + _NOISE) * (right + _NOISE))
    amount = np.sqrt(right + left * (gain * gain))
    visible = amount > _VISIBLE
    amount *= visible
    total = amount.sum(axis=1) + 1
    unequal = np.abs(np.sqrt(right) - gain * np.sqrt(left)) * visible
    order = np.argsort(correlation, axis=1, kind="stable")
    share = np.cumsum(np.take_along_axis(amount, order, axis=1), axis=1) / total[:, None]
    ranked = np.take_along_axis(correlation, order, axis=1)
    every = np.arange(len(base))
    columns = [
        (amount * (correlation < 0.5)).sum(axis=1) / total,
        (amount * (correlation < 0.75)).sum(axis=1) / total,
        (amount * correlation).sum(axis=1) / total,
        visible.mean(axis=1),
        unequal.sum(axis=1) / total,
        *(ranked[every, np.argmax(share >= least, axis=1)] for least in _WORST),
        np.abs(whole),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _centred(values: NDArray[np.float32], inside: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = (values * inside).sum(axis=1) / (inside.sum(axis=1) + np.float32(1e-3))
    centred: NDArray[np.float32] = (values - mean[:, None]) * inside
    return centred


def _sums(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(p, blocks) the sum over each block."""
    count = _SIDE // _BLOCK
    rows = values.reshape(-1, count, _BLOCK, _SIDE).sum(axis=2)
    sums: NDArray[np.float32] = rows.reshape(len(values), count, count, _BLOCK).sum(axis=3)
    return sums.reshape(len(values), -1)


def _soften(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted averages of 3 x 3 pixels; the rim counts itself again."""
    square = np.pad(values.reshape(-1, _SIDE, _SIDE), ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = square[:, :-2] + 2 * square[:, 1:-1] + square[:, 2:]
    soft: NDArray[np.float32] = (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) * np.float32(1 / 16)
    return soft.reshape(len(values), -1)

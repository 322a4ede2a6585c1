"""How well the colours of one picture follow from those of another, place by place.

What re-encoding, blur, filters and other lights do to a picture is done to every place alike: the colour that comes out
is nearly a function of the one that went in. Over blocks of 4 x 4 pixels, whose means hardly depend on sharpness, an
affine function of brightness and colour with a square of the brightness is fitted to an aligned pair by least squares,
in both directions, since grey follows from colours but not colours from grey. What it leaves over is no edit of the
whole picture: at one place something else is to be seen, another print on a shirt of the same cut, say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.blocks import block_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ("compare_colours",)

_SIDE = 32
_PIXELS = 16
"""Of a block."""
_FLOOR = 6.0
"""Grey levels of contrast below which colours count as noise."""
_RIDGE = 4.0
"""Grey levels by which the fit is held down."""


def compare_colours(
    base: Sequence[NDArray[np.float32]], warped: Sequence[NDArray[np.float32]], inside: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit the colours of aligned pictures to each other.

    Args:
        base: Luminance, Cb and Cr (p, 32 * 32) each, zero where the other picture does not reach.
        warped: The same of the other picture.
        inside: (p, 32 * 32) 1 where it does, else 0.

    Returns:
        Logarithms (p,) of what the better direction leaves unexplained, relative to the contrast: of the whole, and of
        the block where most is left.
    """
    count = block_sums(inside, _SIDE).astype(np.float64)
    left, right = _means(base, count), _means(warped, count)
    share = count / _PIXELS
    there, back = _misfit(left, right, share), _misfit(right, left, share)
    whole, worst = np.where(there[0] <= back[0], there, back)
    return np.log(whole + 0.01), np.log(worst + 0.01)


def _misfit(
    source: NDArray[np.float64], target: NDArray[np.float64], share: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is left of the target (p, blocks, 3), relative to its contrast: the root mean square, and the largest."""
    total = share.sum(axis=1)[:, None, None] + 1e-6
    weight = share[:, :, None]
    source = source - (source * weight).sum(axis=1, keepdims=True) / total
    target = target - (target * weight).sum(axis=1, keepdims=True) / total
    square = source[:, :, :1] ** 2 / 128
    square -= (square * weight).sum(axis=1, keepdims=True) / total
    design = np.concatenate([source, square], axis=2)
    weighted = (design * weight).swapaxes(1, 2)
    normal = weighted @ design + np.eye(4) * (_RIDGE**2 * total)
    rest = target - design @ np.linalg.solve(normal, weighted @ target)
    left = (rest * rest).sum(axis=2)
    contrast = (target * target * weight).sum(axis=(1, 2)) / total[:, 0, 0] + _FLOOR**2
    whole = (left * share).sum(axis=1) / total[:, 0, 0]
    worst = np.where(share > 0.5, left, 0).max(axis=1)
    return np.sqrt(whole / contrast), np.sqrt(worst / contrast)


def _means(channels: Sequence[NDArray[np.float32]], count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([block_sums(channel, _SIDE) for channel in channels], axis=2) / (count[:, :, None] + 1e-6)

"""Pictures as the copy search sees them: luminance at three resolutions, and the same with even contrast.

Local contrast normalisation subtracts the mean of a small box and divides by the standard deviation inside it
(Jarrett et al., 2009, after Heeger, 1992), with a floor, so that what is compared is structure: brightness, contrast,
gamma and vignettes fall out, no strong edge outweighs the rest of the picture, and flat areas stay near zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("SIDE", "even_contrast", "grey", "halve", "luminance", "orient", "shrink", "without_mat")

SIDE = 64
"""Width and height of a thumbnail in pixels."""

_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in JPEG
_STEPS = 128
_RADIUS = 4
"""The box of the normalisation reaches this many pixels to each side."""
_FLOOR = 4.0
"""Grey levels of contrast below which structure counts as noise."""


def luminance(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn thumbnails (n, h, w, 3) into luminance (n, h, w) in 0..255."""
    colour = thumbnails.astype(np.float32)
    light: NDArray[np.float32] = colour[..., 0] * _WEIGHTS[0]
    light += colour[..., 1] * _WEIGHTS[1]
    light += colour[..., 2] * _WEIGHTS[2]
    return light


def shrink(thumbnails: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Turn thumbnails (n, h, w, 3) into luminance (n, h / 2, w / 2) in steps of 1/128, to be kept in little room."""
    shrunk: NDArray[np.int16] = np.rint(halve(luminance(thumbnails)) * np.float32(_STEPS)).astype(np.int16)
    return shrunk


def grey(shrunk: NDArray[np.int16]) -> NDArray[np.float32]:
    """The luminance in 0..255 of what `shrink` gave."""
    return shrunk * np.float32(1 / _STEPS)


def halve(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average 2 x 2 pixels: (n, h, w) to (n, h / 2, w / 2)."""
    rows = pictures[:, 0::2] + pictures[:, 1::2]
    halved: NDArray[np.float32] = (rows[:, :, 0::2] + rows[:, :, 1::2]) * np.float32(0.25)
    return halved


def even_contrast(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalise the local contrast of square pictures (n, s, s) in grey levels; the result is mostly within -3..3."""
    box = _box(pictures.shape[-1])
    detail = (pictures - box @ pictures @ box.T).astype(np.float32, copy=False)
    spread = box @ (detail * detail) @ box.T
    even: NDArray[np.float32] = detail / np.sqrt(spread + np.float32(_FLOOR * _FLOOR))
    return even


def orient(pictures: NDArray[np.float32], orientation: NDArray[np.int64]) -> NDArray[np.float32]:
    """Apply one of the eight flips and turns to each picture (n, s, s[, c]).

    Bit 4 of an orientation transposes, then bit 2 mirrors left and right, then bit 1 flips upside down.
    """
    oriented = pictures.copy()
    transpose, mirror, flip = (orientation & 4) > 0, (orientation & 2) > 0, (orientation & 1) > 0
    oriented[transpose] = oriented[transpose].swapaxes(1, 2)
    oriented[mirror] = oriented[mirror][:, :, ::-1]
    oriented[flip] = oriented[flip][:, ::-1]
    return oriented


def without_mat(pictures: NDArray[np.float32], mat: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Paint the mats of pictures (n, s, s) over with what they enclose, its rim drawn out.

    The step from a picture to its mat would outweigh what is near the rim of the picture.

    Args:
        pictures: Luminance.
        mat: (n, 4) how much of a picture of 32 x 32 it takes left, right, at the top and at the bottom.
    """
    rows = np.flatnonzero(mat.any(axis=1))
    if not len(rows):
        return pictures
    side = pictures.shape[1]
    cut = mat[rows].astype(np.int64) * (side // 32)
    at = np.arange(side)
    x = np.clip(at, cut[:, :1], side - 1 - cut[:, 1:2])
    y = np.clip(at, cut[:, 2:3], side - 1 - cut[:, 3:])
    painted = pictures.copy()
    painted[rows] = pictures[rows[:, None, None], y[:, :, None], x[:, None, :]]
    return painted


def _box(side: int) -> NDArray[np.float32]:
    """The moving average over a box as a matrix; at the rim the box is cut."""
    at = np.arange(side)
    near = (np.abs(at[:, None] - at[None, :]) <= _RADIUS).astype(np.float64)
    average: NDArray[np.float64] = near / near.sum(axis=1, keepdims=True)
    return average.astype(np.float32)

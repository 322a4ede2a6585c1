"""How much a picture looks like itself elsewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("repetition",)

_NOISE = 12.0
"""Energy, in units of one pixel of full contrast, by which the correlation is held down."""
_LEAST_OVERLAP = 0.45
"""Share of the pixels that still overlap at the furthest shift."""


def repetition(values: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """The highest correlation (p,) of pictures with themselves at a shift of an eighth of the side or more.

    Args:
        values: (p, side * side) with even contrast; they are compared at half the resolution.
        side: Pixels a side.
    """
    half = side // 2
    small = values.reshape(-1, half, 2, half, 2).sum(axis=(2, 4))
    spectrum = np.fft.rfft2(small, s=(2 * half, 2 * half))
    product = np.fft.irfft2(spectrum.real**2 + spectrum.imag**2, s=(2 * half, 2 * half))
    power = product[:, :1, :1] + _NOISE
    highest: NDArray[np.float64] = (product * _shift_weight(half) / power).max(axis=(1, 2))
    return np.minimum(highest, 1.0).astype(np.float32)


@cache
def _shift_weight(half: int) -> NDArray[np.float64]:
    """Over all shifts: one by the share of pixels that still overlap, zero where the shift is too short or too far."""
    shift = np.minimum(np.arange(2 * half), 2 * half - np.arange(2 * half))
    left = np.outer(1 - shift / half, 1 - shift / half)
    far = np.maximum(shift[:, None], shift[None, :]) >= half // 8
    return np.where(far & (left >= _LEAST_OVERLAP), 1 / np.maximum(left, _LEAST_OVERLAP), 0.0)

"""In words, what was done to make a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.evidence import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.copies.hypotheses import Measured

__all__ = ("name_edits",)

_HUE = FEATURES.index("hue")
_TINT = FEATURES.index("tint")
_FILLS = 0.9
"""Share of what a mat encloses that a picture takes which the mat was put around."""
_TURNS = ("", "upside down", "mirror", "turned 180°", "transposed", "turned 90°", "turned 90°", "transposed")


def name_edits(
    measured: Measured,
    size_first: tuple[NDArray[np.int32], NDArray[np.int32]],
    size_second: tuple[NDArray[np.int32], NDArray[np.int32]],
    mat_first: NDArray[np.uint8],
    mat_second: NDArray[np.uint8],
) -> list[str]:
    """Name the edit of each measured hypothesis.

    Args:
        measured: One hypothesis for each pair.
        size_first: Width and height in pixels of the first picture of each pair.
        size_second: Of the second.
        mat_first: (p, 4) what was put around the first, see `poses.find_mat`.
        mat_second: Around the second.
    """
    names = []
    around = np.where(measured.swapped[:, None], mat_second, mat_first).astype(np.float64) / 32
    enclosed = (1 - around[:, 0] - around[:, 1]) * (1 - around[:, 2] - around[:, 3])
    first, second = np.stack(size_first, axis=1).tolist(), np.stack(size_second, axis=1).tolist()
    for at in range(len(measured.pair)):
        inner, outer = (first[at], second[at]) if measured.swapped[at] else (second[at], first[at])
        names.append(_name(measured, at, inner, outer, float(enclosed[at])))
    return names


def _name(measured: Measured, at: int, inner: list[int], outer: list[int], enclosed: float) -> str:
    linear, shift = measured.maps[at, :, :2].astype(float), measured.maps[at, :, 2].astype(float)
    words: list[str] = []
    turn = _TURNS[int(measured.orientation[at])]
    if turn:
        words.append(turn)
    if measured.orientation[at] & 4:
        inner.reverse()
    across, down = np.hypot(*linear[:, 0]), np.hypot(*linear[:, 1])
    angle = np.degrees(np.arctan2(linear[1, 0] * outer[1], linear[0, 0] * outer[0]))
    lean = np.degrees(np.arctan2(linear[0, 1] * outer[0], linear[1, 1] * outer[1]))
    if abs(angle) >= 1.5 and angle * lean < 0 and abs(angle + lean) < 0.7 * abs(angle) + 1.5:
        words.append(f"rotated {abs(angle):.0f}°")
    elif max(abs(angle), abs(lean)) >= 3:
        words.append("sheared")
    share = float(abs(np.linalg.det(linear)))
    if share < 0.93:
        words.append("border" if enclosed < 1 and share > enclosed * _FILLS else _describe_part(share, inner, outer))
    elif np.abs(shift).max() > 0.04:
        words.append("shifted")
    # How many pixels of the one come from one pixel of the other, along both axes.
    scale_x, scale_y = inner[0] / max(1e-6, outer[0] * across), inner[1] / max(1e-6, outer[1] * down)
    scale = float(np.sqrt(scale_x * scale_y))
    if max(scale_x, scale_y) / max(1e-6, min(scale_x, scale_y)) > 1.08:
        words.append("stretched")
    if not 0.93 <= scale <= 1.08:
        words.append(f"resized {min(scale, 1 / scale):.2g}x")
    words += _describe_light(measured, at)
    if measured.covered[at]:
        words.append("partly covered")
    return ", ".join(words) if words else "re-encoded"


def _describe_part(share: float, inner: list[int], outer: list[int]) -> str:
    if inner[0] * inner[1] <= outer[0] * outer[1] * 0.97 or share > 0.75:
        return f"crop {100 * share:.0f} %"
    return f"framed, {100 * share:.0f} % of the area"


def _describe_light(measured: Measured, at: int) -> list[str]:
    evidence = measured.evidence
    words = []
    if evidence.sign[at] < 0:
        return ["negative"]
    tints = sorted((float(evidence.content_tint[at]), float(evidence.container_tint[at])))
    if tints[0] < 1.5 and tints[1] > 4:
        words.append("grey")
    elif np.expm1(evidence.features[at, _TINT]) > 12 and evidence.features[at, _HUE] < 0.7:
        words.append("recoloured")
    if abs(float(evidence.offset[at])) > 12:
        words.append("brighter or darker")
    gain = float(evidence.gain[at])
    if not 0.75 <= gain <= 1.33:
        words.append("other contrast")
    return words

"""What an aligned pair shows: the numbers from which the probability of a copy is made.

The content C and the container W, read through the aligned map, are compared pixel by pixel on a grid of 32 x 32, both
with even contrast (`pictures.even_contrast`). Every correlation has a floor in its denominator, so that pictures
without structure are uncorrelated rather than alike by accident.

- *all*: correlation over the overlap. *fine* and *broad*: the same of what a 3 x 3 average takes away and leaves. Two
  pictures of like scenes agree broadly; only copies agree in fine detail.
- *woven*: correlation once the mean of every row and column is taken out, so that horizons, gradients, lines of text
  and frames, which any two pictures may have in common, do not count.
- *agreeing*: share of the structure, over blocks of 4 x 4 pixels, that lies in blocks which correlate by themselves;
  stays high where a sticker or caption hides part of a copy.
- *weak blocks*: the correlation that all but the worst fifth of the blocks exceed.
- *plain*: correlation of the luminance itself. *hue* and *tint*: correlation and mean difference of the colours.
- *structure*: logarithm of the energy that both show in the overlap. *spread*: over how many of the blocks it spreads,
  as a share (the participation ratio). A single simple shape is no evidence.
- *repeats*: the highest correlation of the content with itself, shifted. *margin*: how far *all* is above that.
  Stripes, ramps, chess boards and lines of text look like themselves elsewhere, so that they look like one another.
- *balance*: how much of the structure of each block only one of the two shows. A shirt with another print on it has
  the same outline, but not this.
- *overlap*: share of the content that lies inside the container; *area*: logarithm of the share of the container that
  the content covers; *stretch*: unevenness of the scaling.
- *unclean*: logarithm of how far the map, in pixels of the originals, is both from turning and scaling evenly and from
  scaling along the axes. What people and programs do to pictures is nearly always the one or the other; what best
  fits two unrelated outlines onto each other is neither. *moved*: logarithm of how far it is from staying in place.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.align import Levels, Reader, Stack, grid
from fastdup_checks.copies.pictures import orient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ("FEATURES", "Evidence", "weigh")

_SIDE = 32
_BLOCKS = 8
_NOISE = np.float32(12.0)
"""Energy, in units of one pixel of full contrast, by which every correlation over the overlap is held down."""

FEATURES = (
    "all",
    "fine",
    "broad",
    "woven",
    "agreeing",
    "weak_blocks",
    "plain",
    "hue",
    "tint",
    "structure",
    "spread",
    "repeats",
    "margin",
    "overlap",
    "area",
    "stretch",
    "unclean",
    "moved",
    "balance",
    "coarse",
)
"""Names of the columns of `Evidence.features`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured on aligned pairs."""

    features: NDArray[np.float32]
    """(p, len(FEATURES))."""
    sign: NDArray[np.float32]
    """(p,) -1 where the one is a negative of the other, else 1."""
    gain: NDArray[np.float32]
    """(p,) contrast of the content relative to the container's."""
    offset: NDArray[np.float32]
    """(p,) mean luminance of the content minus the container's, in grey levels."""
    content_tint: NDArray[np.float32]
    """(p,) mean strength of the colours of the content in the overlap, in grey levels."""
    container_tint: NDArray[np.float32]
    """(p,) the same of the container."""

    @classmethod
    def empty(cls) -> Evidence:
        """Nothing measured."""
        none = np.zeros(0, np.float32)
        return cls(np.zeros((0, len(FEATURES)), np.float32), none, none, none, none, none)

    @classmethod
    def join(cls, parts: Sequence[Evidence]) -> Evidence:
        """Put the measurements of several batches one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def take(self, rows: NDArray[np.int64]) -> Evidence:
        """Only some of the pairs."""
        return Evidence(*(getattr(self, field.name)[rows] for field in fields(self)))


def weigh(
    levels: Levels,
    colours: tuple[Stack, Stack],
    container: NDArray[np.int64],
    content: NDArray[np.int64],
    orientation: NDArray[np.int64],
    maps: NDArray[np.float32],
    coarse: NDArray[np.float32],
    shape: NDArray[np.float32],
) -> Evidence:
    """Measure aligned pairs.

    Args:
        levels: The pictures.
        colours: Their colour differences Cb and Cr.
        container: (p,) rows.
        content: (p,) rows.
        orientation: (p,) of the content.
        maps: (p, 2, 3) from the oriented content to the container.
        coarse: (p,) score of the hypothesis in the coarse look.
        shape: (n,) width over height of every original.
    """
    reader = Reader.through(maps, container, levels.even, grid(_SIDE), _SIDE)
    inside = reader.inside
    warped = reader.read(levels.even)
    base = _content(levels.even, content, orientation)
    warped *= inside
    base *= inside
    whole = _correlation(base, warped, _NOISE)
    sign = np.where(whole < 0, np.float32(-1), np.float32(1))
    warped *= sign[:, None]

    coarse_base, coarse_warped = _smooth(base), _smooth(warped)
    blocks = _block_sums(base, warped)
    energy = np.sqrt(blocks[0] * blocks[1])
    local = blocks[2] / np.sqrt((blocks[0] + 2) * (blocks[1] + 2))
    amount = blocks[0] + blocks[1]
    total = amount.sum(axis=1) + np.float32(4)
    agreeing = (amount * np.clip((local - np.float32(0.4)) * np.float32(2.5), 0, 1)).sum(axis=1) / total

    plain_base = _content(levels.plain, content, orientation)
    plain_warped = reader.read(levels.plain)
    base_mean, base_rest = _centred(plain_base, inside)
    warped_mean, warped_rest = _centred(plain_warped, inside)
    plain = _correlation(base_rest, warped_rest, np.float32(2000)) * sign
    gain = np.sqrt((base_rest**2).sum(axis=1) + 400) / np.sqrt((warped_rest**2).sum(axis=1) + 400)

    pixels = inside.sum(axis=1) + 1
    tints = [(_content(stack, content, orientation) * inside, reader.read(stack) * inside) for stack in colours]
    product = sum((a * b).sum(axis=1) for a, b in tints)
    power_base = sum((a * a).sum(axis=1) for a, _ in tints)
    power_warped = sum((b * b).sum(axis=1) for _, b in tints)
    hue = sign * product / np.sqrt((power_base + 20 * pixels) * (power_warped + 20 * pixels))
    tint = np.sqrt(sum(((a - b) ** 2).sum(axis=1) for a, b in tints) / pixels)

    repeats = _repetition(base)
    linear = maps[:, :, :2].astype(np.float64)
    area, stretch = _shape(linear)
    turned = np.where(orientation & 4, 1 / shape[content], shape[content])
    unclean = _unclean(linear, turned.astype(np.float64), shape[container].astype(np.float64))
    moved = np.abs(maps.astype(np.float64) - np.eye(2, 3)).sum(axis=2).max(axis=1)
    balance = np.abs(blocks[0] - blocks[1]).sum(axis=1) / total
    features = np.stack(
        [
            np.abs(whole),
            _correlation(base - coarse_base, warped - coarse_warped, _NOISE / 2),
            _correlation(coarse_base, coarse_warped, _NOISE / 2),
            _correlation(_unwoven(base), _unwoven(warped), _NOISE),
            agreeing,
            _weak_blocks(local, amount),
            plain,
            hue,
            np.log1p(tint),
            np.log1p(energy.sum(axis=1)),
            _participation(energy),
            repeats,
            np.abs(whole) - repeats,
            inside.mean(axis=1),
            area,
            stretch,
            np.log(unclean + 0.004),
            np.log(moved + 0.004),
            balance,
            coarse,
        ],
        axis=1,
    ).astype(np.float32)
    return Evidence(
        features, sign, gain, base_mean - warped_mean, np.sqrt(power_base / pixels), np.sqrt(power_warped / pixels)
    )


def _content(stack: Stack, rows: NDArray[np.int64], orientation: NDArray[np.int64]) -> NDArray[np.float32]:
    return orient(stack.levels[_SIDE][rows], orientation).reshape(len(rows), -1)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32], noise: np.float32) -> NDArray[np.float32]:
    product, left, right = (a * b).sum(axis=1), (a * a).sum(axis=1), (b * b).sum(axis=1)
    correlation: NDArray[np.float32] = product / np.sqrt((left + noise) * (right + noise))
    return correlation


def _centred(
    values: NDArray[np.float32], inside: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean = (values * inside).sum(axis=1) / (inside.sum(axis=1) + np.float32(1e-3))
    return mean, (values - mean[:, None]) * inside


def _smooth(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 3 x 3 average; the rim counts itself again."""
    square = np.pad(values.reshape(-1, _SIDE, _SIDE), ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = square[:, :-2] + square[:, 1:-1] + square[:, 2:]
    smooth = (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) * np.float32(1 / 9)
    flat: NDArray[np.float32] = smooth.reshape(len(values), -1)
    return flat


def _unwoven(values: NDArray[np.float32]) -> NDArray[np.float32]:
    square = values.reshape(-1, _SIDE, _SIDE)
    square = square - square.mean(axis=1, keepdims=True)
    flat: NDArray[np.float32] = (square - square.mean(axis=2, keepdims=True)).reshape(len(values), -1)
    return flat


def _block_sums(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    def sums(values: NDArray[np.float32]) -> NDArray[np.float32]:
        size = _SIDE // _BLOCKS
        total: NDArray[np.float32] = values.reshape(-1, _BLOCKS, size, _BLOCKS, size).sum(axis=(2, 4))
        return total.reshape(len(values), -1)

    return sums(a * a), sums(b * b), sums(a * b)


def _weak_blocks(local: NDArray[np.float32], amount: NDArray[np.float32]) -> NDArray[np.float32]:
    order = np.argsort(local, axis=1, kind="stable")
    below = np.cumsum(np.take_along_axis(amount, order, axis=1).astype(np.float64), axis=1)
    at = (below < 0.2 * below[:, -1:]).sum(axis=1)
    place = np.take_along_axis(order, np.minimum(at, local.shape[1] - 1)[:, None], axis=1)
    weak: NDArray[np.float32] = np.take_along_axis(local, place, axis=1)[:, 0]
    return weak


def _participation(energy: NDArray[np.float32]) -> NDArray[np.float32]:
    total = energy.sum(axis=1)
    share: NDArray[np.float32] = total * total / ((energy * energy).sum(axis=1) * energy.shape[1] + np.float32(1e-3))
    return share


def _repetition(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The highest correlation with itself at a shift of an eighth of the side or more, at 16 x 16."""
    half = _SIDE // 2
    small = values.reshape(-1, half, 2, half, 2).sum(axis=(2, 4))
    spectrum = np.fft.rfft2(small, s=(2 * half, 2 * half))
    product = np.fft.irfft2(spectrum.real**2 + spectrum.imag**2, s=(2 * half, 2 * half))
    power = product[:, :1, :1] + float(_NOISE)
    highest: NDArray[np.float64] = (product * _shift_weight() / power).max(axis=(1, 2))
    return np.minimum(highest, 1.0).astype(np.float32)


@cache
def _shift_weight() -> NDArray[np.float64]:
    """Over all shifts: one by the share of pixels that still overlap, zero where the shift is too short or too far."""
    half = _SIDE // 2
    shift = np.minimum(np.arange(2 * half), 2 * half - np.arange(2 * half))
    left = np.outer(1 - shift / half, 1 - shift / half)
    far = np.maximum(shift[:, None], shift[None, :]) >= half // 8
    return np.where(far & (left >= 0.45), 1 / np.maximum(left, 0.45), 0.0)


def _shape(linear: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of the area, and unevenness of the scaling along the axes."""
    across = np.hypot(linear[:, 0, 0], linear[:, 1, 0]) + 1e-6
    down = np.hypot(linear[:, 0, 1], linear[:, 1, 1]) + 1e-6
    determinant = linear[:, 0, 0] * linear[:, 1, 1] - linear[:, 0, 1] * linear[:, 1, 0]
    area = np.log(np.clip(np.abs(determinant), 1e-3, 4.0))
    return area, np.minimum(np.abs(np.log(across / down)), 2.0)


def _unclean(
    linear: NDArray[np.float64], content: NDArray[np.float64], container: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The smaller of two departures, relative to the scale: from even scaling with a turn, and from no turn or shear.

    Args:
        linear: (p, 2, 2) in coordinates that go from -1 to 1 along both sides.
        content: (p,) width over height of the oriented content.
        container: (p,) the same of the container.
    """
    a, b = linear[:, 0, 0] * container / content, linear[:, 0, 1] * container
    c, d = linear[:, 1, 0] / content, linear[:, 1, 1]
    scale = np.sqrt(np.abs(a * d - b * c)) + 1e-3
    uneven = np.hypot(a - d, b + c) / (2 * scale)
    crooked = np.maximum(np.abs(b), np.abs(c)) / scale
    return np.minimum(np.minimum(uneven, crooked), 2.0)

"""What an aligned pair shows: the numbers from which the probability of a copy is made.

The content C and the container W, read through the aligned map, are compared pixel by pixel on a grid of 32 x 32, both
with even contrast (`pictures.even_contrast`), that of the container evened as it is read (see `align`). Every
correlation has a floor in its denominator, so that pictures
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
- *quiet*: correlation where blocks count the less, the more contrast they have: of what lies between the outlines.
- *unexplained* and *oddest*: what of the colours of one does not follow from those of the other, see `colours`.
- *finest* and *finest weak*: *fine* and *weak blocks* at 64 x 64, all that a thumbnail shows; *sharp*: logarithm of the
  energy that both have there. Without any, as in small or blurred pictures, the two say nothing.
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
from fastdup_checks.copies.blocks import block_products, participation, weak_blocks
from fastdup_checks.copies.colours import compare_colours
from fastdup_checks.copies.maps import distance_moved, scaling, uncleanness
from fastdup_checks.copies.pictures import even_contrast, orient
from fastdup_checks.copies.repetition import repetition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ("FEATURES", "STRIPS", "Evidence", "weigh")

_SIDE = 32
_NOISE = np.float32(12.0)
"""Energy, in units of one pixel of full contrast, by which every correlation over the overlap is held down."""
_LOUD = np.float32(1600)
"""Energy of a block, in squares of grey levels, above which it counts the less for *quiet*."""

STRIPS = 4
"""A quarter of the content at the top, at the bottom, left or right, where a caption may hide it."""

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
    "quiet",
    "unexplained",
    "oddest",
    "size",
    "finest",
    "finest_weak",
    "sharp",
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
    size: NDArray[np.float32],
    strip: NDArray[np.int64],
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
        size: (n,) pixels along the shorter side of every original.
        strip: (p,) which strip of the content, 0 to `STRIPS` - 1, is left out; `STRIPS` where nothing is.
    """
    reader = Reader.through(maps, container, levels.plain, grid(_SIDE), _SIDE)
    inside = reader.inside * _shown(_SIDE)[strip]
    plain_warped = reader.read(levels.plain)
    warped = even_contrast(plain_warped.reshape(-1, _SIDE, _SIDE)).reshape(len(maps), -1)
    base = _content(levels.even, content, orientation)
    warped *= inside
    base *= inside
    whole = _correlation(base, warped, _NOISE)
    sign = np.where(whole < 0, np.float32(-1), np.float32(1))
    warped *= sign[:, None]

    coarse_base, coarse_warped = _smooth(base), _smooth(warped)
    blocks = block_products(base, warped, _SIDE)
    energy = np.sqrt(blocks[0] * blocks[1])
    local = blocks[2] / np.sqrt((blocks[0] + 2) * (blocks[1] + 2))
    amount = blocks[0] + blocks[1]
    total = amount.sum(axis=1) + np.float32(4)
    agreeing = (amount * np.clip((local - np.float32(0.4)) * np.float32(2.5), 0, 1)).sum(axis=1) / total

    plain_base = _content(levels.plain, content, orientation)
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

    repeats = repetition(base, _SIDE)
    linear = maps[:, :, :2].astype(np.float64)
    area, stretch = scaling(linear)
    turned = np.where(orientation & 4, 1 / shape[content], shape[content])
    unclean = uncleanness(linear, turned.astype(np.float64), shape[container].astype(np.float64))
    balance = np.abs(blocks[0] - blocks[1]).sum(axis=1) / total
    contrast = block_products(base_rest, warped_rest, _SIDE)
    calm = 1 / (np.sqrt(contrast[0] * contrast[1]) + _LOUD)
    calmed = [(calm * part).sum(axis=1) for part in blocks]
    quiet = calmed[2] / np.sqrt((calmed[0] + _NOISE / (4 * _LOUD)) * (calmed[1] + _NOISE / (4 * _LOUD)))
    colour_base = [plain_base * inside, *(a for a, _ in tints)]
    colour_warped = [plain_warped * inside, *(b for _, b in tints)]
    unexplained, oddest = compare_colours(colour_base, colour_warped, inside)
    finest, finest_weak, sharp = _compare_finest(levels, container, content, orientation, maps, strip)
    features = np.stack(
        [
            np.abs(whole),
            _correlation(base - coarse_base, warped - coarse_warped, _NOISE / 2),
            _correlation(coarse_base, coarse_warped, _NOISE / 2),
            _correlation(_unwoven(base), _unwoven(warped), _NOISE),
            agreeing,
            weak_blocks(local, amount),
            plain,
            hue,
            np.log1p(tint),
            np.log1p(energy.sum(axis=1)),
            participation(energy),
            repeats,
            np.abs(whole) - repeats,
            inside.mean(axis=1),
            area,
            stretch,
            np.log(unclean + 0.004),
            np.log(distance_moved(maps) + 0.004),
            balance,
            coarse,
            quiet,
            unexplained,
            oddest,
            np.log(np.clip(np.minimum(size[content], size[container]), 16, 128)),
            sign * finest,
            sign * finest_weak,
            sharp,
        ],
        axis=1,
    ).astype(np.float32)
    return Evidence(
        features, sign, gain, base_mean - warped_mean, np.sqrt(power_base / pixels), np.sqrt(power_warped / pixels)
    )


def _compare_finest(
    levels: Levels,
    container: NDArray[np.int64],
    content: NDArray[np.int64],
    orientation: NDArray[np.int64],
    maps: NDArray[np.float32],
    strip: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """*finest*, *finest weak* and *sharp*; the first two without the sign of the whole."""
    side = levels.plain.finest
    reader = Reader.through(maps, container, levels.plain, grid(side), side)
    inside = reader.inside * _shown(side)[strip]
    base = orient(levels.even.levels[side][content], orientation).reshape(len(content), -1) * inside
    warped = even_contrast(reader.read(levels.plain).reshape(-1, side, side)).reshape(len(content), -1)
    warped *= inside
    base -= _smooth(base, side)
    warped -= _smooth(warped, side)
    blocks = block_products(base, warped, side)
    power = [part.sum(axis=1) for part in blocks]
    finest = power[2] / np.sqrt((power[0] + _NOISE) * (power[1] + _NOISE))
    local = blocks[2] / np.sqrt((blocks[0] + 1) * (blocks[1] + 1))
    return finest, weak_blocks(local, blocks[0] + blocks[1]), np.log1p(np.sqrt(power[0] * power[1]))


@cache
def _shown(side: int) -> NDArray[np.float32]:
    """(STRIPS + 1, side * side) 0 where each strip lies, else 1; the last hides nothing."""
    shown, wide = np.ones((STRIPS + 1, side, side), np.float32), side // 4
    shown[0, :wide] = shown[1, -wide:] = shown[2, :, :wide] = shown[3, :, -wide:] = 0
    return shown.reshape(STRIPS + 1, -1)


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


def _smooth(values: NDArray[np.float32], side: int = _SIDE) -> NDArray[np.float32]:
    """The 3 x 3 average; the rim counts itself again."""
    square = np.pad(values.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = square[:, :-2] + square[:, 1:-1] + square[:, 2:]
    smooth = (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) * np.float32(1 / 9)
    flat: NDArray[np.float32] = smooth.reshape(len(values), -1)
    return flat


def _unwoven(values: NDArray[np.float32]) -> NDArray[np.float32]:
    square = values.reshape(-1, _SIDE, _SIDE)
    square = square - square.mean(axis=1, keepdims=True)
    flat: NDArray[np.float32] = (square - square.mean(axis=2, keepdims=True)).reshape(len(values), -1)
    return flat

"""Alignment lays one picture onto the other, whatever lies beyond the rim of the smaller one."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fastdup_checks.copies.align import Alignment, Levels, agreement
from fastdup_checks.copies.pictures import SIDE, luminance
from fastdup_checks.decode import squash

SCALE, MOVED = 0.625, 0.25
"""Of a crop, in the coordinates of what it was cut from."""


def soft_picture(seed):
    """Folds of plain cloth: little contrast, nothing sharp, here and there a bright or a dark place."""
    rng = np.random.default_rng(seed)
    noise = Image.fromarray(rng.integers(0, 256, (320, 320), dtype=np.uint8))
    folds = sum(
        amount * np.asarray(noise.filter(ImageFilter.GaussianBlur(r)), float) for r, amount in ((25, 6), (9, 2))
    )
    y, x = np.mgrid[:320, :320]
    folds = 120 + folds - folds.mean() + 60 * ((x - 200) ** 2 + (y - 60) ** 2 < 60**2)
    return Image.fromarray(np.clip(folds, 0, 255).astype(np.uint8)).convert("RGB")


def levels_of(picture):
    side, middle = picture.width, picture.width / 2
    reach, x, y = side * SCALE / 2, middle * (1 + MOVED), middle * (1 - MOVED)
    crop = picture.crop((round(x - reach), round(y - reach), round(x + reach), round(y + reach)))
    return Levels.of(luminance(np.stack([squash(shown, SIDE) for shown in (picture, crop)])), 16)


@pytest.mark.parametrize("side", [16, 32])
@pytest.mark.parametrize("seed", range(5))
def test_a_crop_of_plain_cloth_stays_where_it_lies(seed, side):
    levels = levels_of(soft_picture(seed))
    container, content, upright = np.array([0]), np.array([1]), np.array([0])
    truth = np.array([[[SCALE, 0, MOVED], [0, SCALE, -MOVED]]], np.float32)
    assert agreement(levels, container, content, upright, truth, side)[0] > 0.9
    alignment, maps = Alignment.of(levels, container, content, upright, side), truth
    for _ in range(6):
        maps, _ = alignment.improve(maps)
    assert np.abs(maps - truth).max() < 0.03

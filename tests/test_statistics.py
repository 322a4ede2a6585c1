"""Statistics mean the same at any size, and nothing but finite numbers in their ranges comes out."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from fastdup_checks.statistics import STATISTICS, measure_statistics

UPPER = {
    "width": np.inf,
    "height": np.inf,
    "aspect_ratio": np.inf,
    "contrast": 0.5,
    "entropy": 8.0,
    "sharpness": np.inf,
}


def measure(picture: Image.Image) -> np.void:
    return measure_statistics(picture, *picture.size)


@functools.lru_cache
def scene(side: int, seed: int = 0) -> Image.Image:
    """Overlapping discs of random size and colour: edges at every scale, like a photograph."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0 : side * 4 // 3] / side
    out = np.full((*x.shape, 3), 128.0)
    for _ in range(120):
        cx, cy, r = rng.random() * 4 / 3, rng.random(), 0.02 / (rng.random() + 0.05)
        out[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = rng.integers(0, 256, 3)
    return Image.fromarray(out.astype(np.uint8))


def test_every_field_is_float32():
    assert {STATISTICS[name] for name in STATISTICS.names} == {np.dtype(np.float32)}


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    seed=st.integers(0, 1000),
    low=st.integers(0, 255),
    high=st.integers(0, 255),
)
@settings(max_examples=60, deadline=None)
def test_any_picture_gives_finite_numbers_in_their_ranges(width, height, seed, low, high):
    low, high = min(low, high), max(low, high)
    pixels = np.random.default_rng(seed).integers(low, high + 1, (height, width, 3), dtype=np.uint8)
    record = measure(Image.fromarray(pixels))
    for name in STATISTICS.names:
        assert 0 <= record[name] <= UPPER.get(name, 1.0), name


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (129, 3), (7, 7), (2000, 20)])
def test_odd_shapes_are_measured(size):
    record = measure(Image.new("RGB", size, (10, 200, 30)))
    assert np.isfinite(record.tolist()).all()
    assert record["aspect_ratio"] == np.float32(size[0] / size[1])


@pytest.mark.parametrize("channel", ["red", "green", "blue"])
def test_channel_means_are_not_swapped(channel):
    record = measure(Image.new("RGB", (200, 160), channel if channel != "green" else "lime"))
    assert [record[name] for name in ("red", "green", "blue")] == [
        float(name == channel) for name in ("red", "green", "blue")
    ]
    assert record["saturation"] == 1
    assert record["greyness"] == 0


@pytest.mark.parametrize(("level", "brightness"), [(0, 0.0), (128, 128 / 255), (255, 1.0)])
def test_a_plain_picture_has_no_structure(level, brightness):
    record = measure(Image.new("RGB", (200, 200), (level,) * 3))
    assert record["brightness"] == np.float32(brightness)
    assert [record[name] for name in ("contrast", "spread", "entropy", "sharpness", "saturation")] == [0] * 5
    assert record["greyness"] == 1


def test_light_is_told_apart():
    picture = scene(200)
    night, glare = (
        picture.point(lambda v: v * 0.05),
        Image.blend(picture, Image.new("RGB", picture.size, "white"), 0.93),
    )
    assert measure(night)["brightest"] < 0.06
    assert measure(glare)["darkest"] > 0.9
    assert measure(picture)["brightest"] > 0.8
    assert measure(picture)["darkest"] < 0.2


def test_statistics_mean_the_same_at_any_size():
    full = scene(640)
    small = measure(full.resize((320, 240), Image.Resampling.BOX))
    large = measure(full)
    for name in STATISTICS.names[3:]:
        assert small[name] == pytest.approx(large[name], rel=0.1, abs=0.02), name


def test_a_picture_decoded_at_reduced_scale_keeps_the_original_size():
    record = measure_statistics(scene(160), 4000, 3000)
    assert (record["width"], record["height"]) == (4000, 3000)


@pytest.mark.parametrize("seed", range(3))
def test_blur_lowers_sharpness_whatever_the_contrast(seed):
    picture = scene(240, seed)
    values = [measure(picture.filter(ImageFilter.GaussianBlur(radius)))["sharpness"] for radius in (0, 1, 2, 4, 8)]
    assert values == sorted(values, reverse=True)
    faint = picture.point(lambda v: 96 + v * 0.25)
    assert measure(faint)["sharpness"] == pytest.approx(values[0], rel=0.15)


def test_the_same_picture_gives_the_same_bytes():
    assert measure(scene(200)).tobytes() == measure(scene(200)).tobytes()

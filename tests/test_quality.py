"""Each rule flags what it is for, for its own reason, and leaves ordinary pictures alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from test_statistics import scene

from fastdup_checks.quality import RULES, find_flaws
from fastdup_checks.statistics import STATISTICS, measure_statistics


def flaws(*pictures: Image.Image) -> list[set[str]]:
    records = np.array([measure_statistics(picture, *picture.size) for picture in pictures], STATISTICS)
    flags = find_flaws(records)
    return [{name for name, found in flags.items() if found.mask[row]} for row in range(len(pictures))]


def noisy(level: float, spread: float, side: int = 200) -> Image.Image:
    values = np.random.default_rng(0).normal(level, spread, (side, side, 3))
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def test_ordinary_pictures_break_no_rule():
    assert flaws(*(scene(240, seed) for seed in range(8))) == [set()] * 8


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda im: im.filter(ImageFilter.GaussianBlur(0.03 * im.height)), {"blurry"}),
        (lambda im: im.filter(ImageFilter.BoxBlur(0.05 * im.height)), {"blurry"}),
        (lambda im: im.point(lambda v: v * 0.05), {"dark"}),
        (lambda im: im.point(lambda v: v * 0.2), {"dark"}),
        (lambda im: Image.blend(im, Image.new("RGB", im.size, "white"), 0.93), {"bright"}),
        (lambda im: Image.blend(im, Image.new("RGB", im.size, "white"), 0.8), {"bright"}),
        (lambda im: Image.blend(im, Image.new("RGB", im.size, (110, 120, 130)), 0.9), {"low_contrast"}),
        (lambda im: im.resize((28, 21)), {"tiny"}),
        (lambda im: im.crop((0, 0, im.width, im.width // 5)), {"odd_aspect_ratio"}),
        (lambda im: im.convert("L").convert("RGB"), {"greyscale"}),
    ],
)
def test_each_defect_is_flagged_for_its_own_reason(edit, expected):
    ordinary = [scene(160, seed) for seed in range(1, 25)]
    found = flaws(edit(scene(160)), *ordinary)
    assert found[0] - {"odd_size"} == expected
    assert found[1:] == [set()] * 24


@pytest.mark.parametrize("level", [0, 1, 77, 128, 254, 255])
def test_blank_pictures_are_blank_and_never_blurry(level):
    found = flaws(Image.new("RGB", (200, 150), (level,) * 3))[0]
    assert "low_information" in found
    assert not found & {"blurry", "low_contrast"}


def test_a_blank_picture_with_sensor_noise_is_blank():
    assert "low_information" in flaws(noisy(128, 1.0))[0]


def test_noise_is_not_blank():
    assert flaws(noisy(128, 60.0)) == [set()]


def test_a_bright_background_is_not_overexposure_and_lights_at_night_are_not_dark():
    product = Image.new("RGB", (300, 300), "white")
    product.paste(scene(90), (100, 100))
    lights = Image.new("RGB", (300, 300), (3, 3, 8))
    lights.paste(scene(60), (20, 200))
    assert flaws(product, lights) == [set(), set()]


def test_odd_size_is_judged_against_the_dataset():
    same = [scene(240)] * 10
    assert "odd_size" in flaws(scene(36), *same)[0]
    assert flaws(scene(120), *same)[0] == set()


def test_a_grey_dataset_has_no_odd_grey_pictures():
    grey = [scene(120, seed).convert("L").convert("RGB") for seed in range(4)]
    assert flaws(*grey, scene(120, 9)) == [set()] * 5


def test_no_images_break_no_rule():
    for flags in find_flaws(np.zeros(0, STATISTICS)).values():
        assert len(flags.mask) == len(flags.score) == 0


@given(
    name=st.sampled_from(sorted(RULES)),
    values=st.lists(st.tuples(*[st.floats(0, 1, width=32)] * len(STATISTICS.names)), min_size=1, max_size=8),
)
def test_scores_are_positive_exactly_where_a_rule_is_broken(name, values):
    flags = RULES[name].flags(np.array(values, STATISTICS))
    assert ((flags.score > 0) == flags.mask).all()
    assert (flags.score <= 1).all()


@pytest.mark.parametrize("name", [n for n in RULES if n not in {"greyscale", "odd_size"}])
def test_a_threshold_can_be_given(name):
    records = np.array([measure_statistics(scene(64), 64, 64)], STATISTICS)
    value = float(RULES[name].flags(records).value[0])
    verdicts = {bool(RULES[name].flags(records, value + step).mask[0]) for step in (-1e-3, 1e-3)}
    assert verdicts == {True, False}
    assert not RULES[name].flags(records, value).mask[0], "the threshold itself is allowed"


def test_every_rule_says_what_it_means_and_what_to_do():
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.meaning.endswith(".")
        assert rule.advice.endswith(".")

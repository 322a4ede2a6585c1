"""What edits do to a whole picture is explained, what differs at one place is not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from copies.pictures import photograph
from fastdup_checks.copies.colours import compare_colours

INSIDE = np.ones((1, 32 * 32), np.float32)


def channels(im):
    rgb = np.asarray(im.resize((32, 32)), np.float32)
    light = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    parts = (light, (rgb[..., 2] - light) * np.float32(0.564), (rgb[..., 0] - light) * np.float32(0.713))
    return [part.reshape(1, -1) for part in parts]


def printed(im):
    im = im.copy()
    ImageDraw.Draw(im).rectangle((90, 60, 140, 110), fill=(250, 20, 20))
    return im


PICTURE = photograph(3)
EDITS = {
    "brighter": ImageEnhance.Brightness(PICTURE).enhance(1.2),
    "grey": ImageOps.grayscale(PICTURE).convert("RGB"),
    "negative": ImageOps.invert(PICTURE),
    "recoloured": Image.merge("RGB", PICTURE.split()[::-1]),
    "blurred": PICTURE.filter(ImageFilter.GaussianBlur(2)),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_of_the_whole_picture_is_explained_whichever_is_the_original(name):
    one, other = channels(PICTURE), channels(EDITS[name])
    print_whole, print_worst = compare_colours(one, channels(printed(PICTURE)), INSIDE)
    for pair in ((one, other), (other, one)):
        whole, worst = compare_colours(*pair, INSIDE)
        assert whole[0] < print_whole[0]
        assert worst[0] < print_worst[0]


def test_the_same_picture_leaves_next_to_nothing_and_another_nearly_everything():
    same, _ = compare_colours(channels(PICTURE), channels(PICTURE), INSIDE)
    other, _ = compare_colours(channels(PICTURE), channels(photograph(4)), INSIDE)
    assert np.exp(same[0]) < 0.1
    assert np.exp(other[0]) > 0.5


def test_what_lies_outside_is_not_compared():
    inside = INSIDE.copy().reshape(1, 32, 32)
    inside[:, :, 12:] = 0
    inside = inside.reshape(1, -1)
    one, other = ([part * inside for part in channels(im)] for im in (PICTURE, printed(PICTURE)))
    whole, _ = compare_colours(one, other, inside)
    same, _ = compare_colours(one, one, inside)
    np.testing.assert_allclose(whole, same, atol=0.05)

"""Copies are found whatever was done to them, and nothing else is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from copies.pictures import inputs, photograph
from fastdup_checks.copies import DEFAULT_THRESHOLD, find_copies


def jpeg(im):
    buffer = io.BytesIO()
    im.save(buffer, "JPEG", quality=20)
    return Image.open(buffer).convert("RGB")


def crop(im, left, top, right, bottom):
    w, h = im.size
    return im.crop((round(left * w), round(top * h), round(right * w), round(bottom * h)))


def sticker(im):
    im = im.copy()
    ImageDraw.Draw(im).rectangle((20, 30, 90, 90), fill=(250, 240, 10))
    return im


EDITS = {
    "jpeg": (jpeg, "re-encoded"),
    "quarter": (lambda im: im.resize((im.width // 4, im.height // 4)), "resized 0.25x"),
    "crop 64": (lambda im: crop(im, 0.1, 0.15, 0.9, 0.95), None),
    "crop 36": (lambda im: crop(im, 0.3, 0.05, 0.9, 0.65), "crop 3"),
    "mirror": (ImageOps.mirror, "mirror"),
    "upside down": (ImageOps.flip, "upside down"),
    "turned": (lambda im: im.rotate(90, expand=True), "turned 90°"),
    "rotated": (lambda im: im.rotate(7, resample=Image.Resampling.BICUBIC), "rotated 7°"),
    "grey": (lambda im: ImageOps.grayscale(im).convert("RGB"), "grey"),
    "bright": (lambda im: ImageEnhance.Brightness(im).enhance(1.4), "brighter or darker"),
    "negative": (ImageOps.invert, "negative"),
    "border": (lambda im: ImageOps.expand(im, 10, "black"), "border"),
    "sticker": (sticker, None),
    "blur": (lambda im: im.filter(ImageFilter.GaussianBlur(2)), None),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_is_found_and_its_edit_is_named(name):
    edit, words = EDITS[name]
    images = [photograph(seed) for seed in range(12)]
    found = find_copies(inputs([*images, edit(images[3])])).at_least(DEFAULT_THRESHOLD)
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(3, 12)]
    if words:
        assert words in found.edit[0]


def on_bright_ground(seed):
    """A thing that reaches from the top to the bottom, on ground that is nearly white and unevenly lit."""
    ground = Image.merge("RGB", [Image.linear_gradient("L").resize((240, 240))] * 3)
    picture = ground.point(lambda v: 185 + v // 5)
    picture.paste(photograph(seed).resize((120, 240)).point(lambda v: 20 + v // 12), (60, 0))
    return picture


@pytest.mark.parametrize("seed", range(3))
def test_ground_that_became_white_is_taken_for_no_mat(seed):
    images = [photograph(number) for number in range(12)]
    picture = on_bright_ground(20 + seed)
    found = find_copies(inputs([*images, picture, ImageEnhance.Brightness(picture).enhance(1.5)]))
    found = found.at_least(DEFAULT_THRESHOLD)
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(12, 13)]


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_of_which_a_quarter_is_covered_is_listed(seed):
    images = [photograph(number) for number in range(12)]
    covered = images[seed].copy()
    ImageDraw.Draw(covered).rectangle((60, 40, 170, 140), fill=(250, 240, 10))
    found = find_copies(inputs([*images, covered])).at_least(0.9)
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(seed, 12)]


def captioned(im):
    im = im.copy()
    draw = ImageDraw.Draw(im)
    draw.rectangle((0, im.height * 0.8, im.width, im.height), fill="black")
    draw.text((im.width * 0.1, im.height * 0.85), "breaking news today", fill="white")
    return im


@pytest.mark.parametrize("seed", range(12))
def test_a_picture_with_a_caption_is_found(seed):
    images = [photograph(number) for number in range(12)]
    found = find_copies(inputs([*images, captioned(images[seed])])).at_least(DEFAULT_THRESHOLD)
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(seed, 12)]


def shot(im):
    return ImageOps.expand(ImageOps.expand(im, 12, "white"), 16, "black")


def test_pictures_in_the_same_two_mats_are_copies_of_what_is_inside_and_not_of_each_other():
    images = [photograph(number, (200, 200)) for number in range(8)]
    found = find_copies(inputs([*images, *map(shot, images)])).at_least(DEFAULT_THRESHOLD)
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert pairs == {(number, number + 8) for number in range(8)}


def turned_inside(im, angle):
    """Turned, and cut to where nothing of what surrounded the picture is seen."""
    return crop(im.rotate(angle, resample=Image.Resampling.BICUBIC), 0.2, 0.2, 0.8, 0.8)


@pytest.mark.parametrize("seed", [0, 3, 11])
def test_what_is_hardly_alike_is_found_through_a_third_picture(seed):
    images = [photograph(at) for at in range(12)]
    far = turned_inside(images[seed], -16)

    def pairs(*more):
        found = find_copies(inputs([*images, *more])).at_least(DEFAULT_THRESHOLD)
        return set(zip(found.left.tolist(), found.right.tolist(), strict=True))

    between = turned_inside(images[seed], -8)
    assert pairs(far) == set()
    assert pairs(far, between) == {(seed, 12), (seed, 13), (12, 13)}


def test_pictures_are_not_tied_by_one_that_shows_both():
    images = [photograph(at) for at in range(12)]
    both = Image.new("RGB", (2 * images[0].width, images[0].height))
    both.paste(images[0], (0, 0))
    both.paste(images[1], (images[0].width, 0))
    found = find_copies(inputs([*images, both]))
    listed = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert {(0, 12), (1, 12)} <= listed
    assert (0, 1) not in listed


def test_a_pair_that_others_tie_together_scores_more_than_alone():
    """Waves: every line of the picture is moved a little to a side."""
    images = [photograph(at) for at in range(12)]

    def waved(im, pixels):
        rows = np.asarray(im)
        moves = (pixels * np.sin(np.arange(len(rows)) / 12)).astype(int)
        return Image.fromarray(np.stack([np.roll(row, move, axis=0) for row, move in zip(rows, moves, strict=True)]))

    def scores(*more):
        found = find_copies(inputs([*images, *more]))
        pairs = zip(found.left.tolist(), found.right.tolist(), strict=True)
        return dict(zip(pairs, found.score.tolist(), strict=True))

    far, between = waved(images[3], 9), waved(images[3], 5)
    assert scores(far)[3, 12] < 0.5
    tied = scores(far, between)
    assert DEFAULT_THRESHOLD < tied[3, 12] <= min(tied[3, 13], tied[12, 13])


def test_different_pictures_are_no_copies():
    found = find_copies(inputs([photograph(seed) for seed in range(60)]))
    assert len(found.at_least(0.5)) == 0


def test_pictures_without_structure_match_only_themselves():
    rng = np.random.default_rng(0)
    images = [Image.new("RGB", (90, 70), (v, v, v)) for v in (0, 128, 250, 255)]
    images += [Image.fromarray(rng.integers(244, 256, (70, 90, 3), np.uint8)) for _ in range(4)]
    for seed in range(6):
        page = Image.new("RGB", (320, 400), "white")
        letters = np.random.default_rng(seed)
        for y in range(20, 380, 14):
            line = "".join(letters.choice(list("abcdefghij klmnop qrstu "), 46))
            ImageDraw.Draw(page).text((20, y), line, fill=(20, 20, 20))
        images.append(page)
    found = find_copies(inputs([*images, images[0].copy()]))
    assert [(a, b) for a, b, s in zip(found.left, found.right, found.score, strict=True) if s >= DEFAULT_THRESHOLD] == [
        (0, len(images))
    ]
    assert found.exact[0]
    assert found.edit[0] == "identical"


def test_exact_copies_share_what_is_found_of_one_of_them():
    images = [photograph(1), photograph(2), photograph(1), ImageOps.mirror(photograph(1))]
    found = find_copies(inputs(images)).at_least(DEFAULT_THRESHOLD)
    assert sorted(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(0, 2), (0, 3), (2, 3)]


def test_nothing_is_found_among_no_images_or_one():
    assert len(find_copies(inputs([photograph(0)]))) == 0

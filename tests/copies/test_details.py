"""Drawings made from one template: alike as they are, they are no copies; their edits are."""

from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from PIL.ImageOps import grayscale, mirror

from copies.pictures import inputs
from fastdup_checks.copies import find_copies
from fastdup_checks.copies.details import compare_details
from fastdup_checks.detail import keep_detail, restore_detail

WHOLE = np.eye(2, 3, dtype=np.float32)[None]


def number(seed: int) -> Image.Image:
    picture = Image.new("RGB", (300, 200), "white")
    digits = str(np.random.default_rng(seed).integers(1000, 9999))
    ImageDraw.Draw(picture).text((150, 100), digits, fill="black", font_size=60, anchor="mm")
    return picture


def receipt(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (320, 480), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((160, 40), "CORNER SHOP", fill="black", font_size=32, anchor="mm")
    for row in range(16):
        item = "".join(rng.choice(list("abcdefghijklmnoprstuvw"), rng.integers(5, 16)))
        draw.text((20, 90 + 22 * row), item, fill="black", font_size=15)
        draw.text((300, 90 + 22 * row), f"{rng.uniform(1, 99):.2f}", fill="black", font_size=15, anchor="ra")
    return picture


def clock(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((20, 20, 236, 236), outline="black", width=8)
    for hour in range(12):
        turn = np.pi * hour / 6
        draw.text((128 + 88 * np.sin(turn), 128 - 88 * np.cos(turn)), str(hour or 12), fill="black", anchor="mm")
    for length, turn in zip((50, 78), rng.uniform(0, 2 * np.pi, 2), strict=True):
        draw.line((128, 128, 128 + length * np.sin(turn), 128 - length * np.cos(turn)), fill="black", width=6)
    return picture


def board(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(picture)
    for x in range(8):
        for y in range(8):
            if (x + y) % 2:
                draw.rectangle((32 * x, 32 * y, 32 * x + 31, 32 * y + 31), fill=(150, 110, 70))
            if rng.random() < 0.3:
                fill = "black" if rng.random() < 0.5 else "ivory"
                draw.ellipse((32 * x + 6, 32 * y + 6, 32 * x + 25, 32 * y + 25), fill=fill, outline="black")
    return picture


def disc(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (256, 256), "white")
    (x, y), radius = rng.uniform(90, 166, 2), rng.uniform(25, 60)
    fill = tuple(rng.integers(0, 200, 3).tolist())
    ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    return picture


def compressed(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=40)
    return Image.open(buffer).convert("RGB")


def halved(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


def pairs(images: list[Image.Image]) -> set[tuple[int, int]]:
    found = find_copies(inputs(images)).at_least(0.98)
    return set(zip(found.left.tolist(), found.right.tolist(), strict=True))


@pytest.mark.parametrize("draw", [number, receipt, clock, board, disc])
def test_drawings_from_one_template_are_no_copies(draw):
    images = [draw(seed) for seed in range(16)]
    found = pairs(images)
    assert len(found) <= 2, found  # of 120 pairs, most of which 64 pixels take for copies


@pytest.mark.parametrize("draw", [number, receipt, clock, board])
@pytest.mark.parametrize("edit", [compressed, halved, grayscale, mirror])
def test_edits_of_a_drawing_are_its_copies(draw, edit):
    images = [draw(seed) for seed in range(8)]
    assert pairs([*images, *(edit(images[seed]).convert("RGB") for seed in range(2))]) >= {(0, 8), (1, 9)}


def test_what_is_measured_of_a_pair_does_not_depend_on_others():
    light = np.stack([restore_detail(keep_detail(receipt(seed))) for seed in range(6)]).astype(np.float32)
    rows = np.array(list(combinations(range(6), 2)))
    maps = np.repeat(WHOLE, len(rows), axis=0)
    plain = np.zeros(len(rows), np.int64)
    together = compare_details(light, rows[:, 0], rows[:, 1], plain, maps)
    for at in (0, 7, 14):
        alone = compare_details(light, rows[at : at + 1, 0], rows[at : at + 1, 1], plain[:1], WHOLE)
        assert (alone == together[at]).all()


def test_a_drawing_agrees_with_itself_in_every_block():
    light = restore_detail(keep_detail(receipt(0))).astype(np.float32)[None]
    nothing = np.zeros(1, np.int64)
    measured = compare_details(light, nothing, nothing, nothing, WHOLE)[0]
    stray, unlike, alike = measured[:3]
    assert stray == unlike == 0
    assert alike > 0.99

"""Versions of a photograph as they come together in a set of small pictures: cut, mirrored, recoloured, re-encoded."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

if TYPE_CHECKING:
    import random

__all__ = ["make_version"]

_SIDE = 32
_FILTERS = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
_HUES = (-60, -40, -20, 20, 40, 60, 110)


def make_version(im: Image.Image, rng: random.Random, *, first: bool) -> tuple[Image.Image, str]:
    """Make one version of a photograph, shrunk on its own.

    Args:
        im: The photograph.
        rng: Decides what is done.
        first: Whether to make one that nobody edited: at most cut and re-encoded.

    Returns:
        The version, 32 x 32, and the names of what was done.
    """
    done = []
    if not first or rng.random() < 0.5:
        im = _cut(im, rng)
        done.append("crop")
    if not first:
        im = _recolour(im, rng, done)
        if rng.random() < 0.08:
            im = ImageOps.expand(im, max(1, int(im.width * 0.06)), rng.choice(["black", "white"]))
            done.append("border")
    if rng.random() < 0.5:
        im = _jpeg(im, rng.randint(40, 90))
    im = im.convert("RGB").resize((_SIDE, _SIDE), rng.choice(_FILTERS))
    if not first and rng.random() < 0.1:
        im = _jpeg(im, rng.randint(70, 92))
        done.append("jpeg")
    return im, "+".join(done) or "filter"


def _cut(im: Image.Image, rng: random.Random) -> Image.Image:
    share, stretch = rng.uniform(0.75, 1), rng.uniform(0.93, 1.07)
    width, height = min(im.width, int(im.width * share * stretch)), min(im.height, int(im.height * share / stretch))
    x, y = rng.randint(0, im.width - width), rng.randint(0, im.height - height)
    return im.crop((x, y, x + width, y + height))


def _recolour(im: Image.Image, rng: random.Random, done: list[str]) -> Image.Image:
    if rng.random() < 0.35:
        im = ImageOps.mirror(im)
        done.append("mirror")
    chance = rng.random()
    if chance < 0.12:
        im = im.convert("L").convert("RGB")
        done.append("grey")
    elif chance < 0.3:
        hue, saturation, value = im.convert("HSV").split()
        by = rng.choice(_HUES)
        im = Image.merge("HSV", (hue.point(lambda old: (old + by) % 256), saturation, value)).convert("RGB")
        done.append("hue")
    elif chance < 0.45:
        im = ImageEnhance.Color(im).enhance(rng.choice([0.4, 0.7, 1.5, 2]))
        done.append("saturation")
    chance = rng.random()
    if chance < 0.2:
        im = ImageEnhance.Brightness(im).enhance(rng.choice([0.7, 0.85, 1.2, 1.35]))
        done.append("bright")
    elif chance < 0.4:
        im = ImageEnhance.Contrast(im).enhance(rng.choice([0.7, 0.85, 1.2, 1.4]))
        done.append("contrast")
    chance = rng.random()
    if chance < 0.1:
        im = im.filter(ImageFilter.GaussianBlur(max(im.size) * 0.008))
        done.append("blur")
    elif chance < 0.2:
        im = im.filter(ImageFilter.UnsharpMask(2, 120))
        done.append("sharpen")
    return im


def _jpeg(im: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    im.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")

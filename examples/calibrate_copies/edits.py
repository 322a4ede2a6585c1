"""The edits a copied photograph may have gone through, as functions of a picture and a random generator."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

__all__ = ["EDITS", "PLAIN_EDITS", "SIMPLE_EDITS", "Edit", "add_noise", "crop", "pick_colour"]

Edit = Callable[[Image.Image, random.Random, Image.Image], Image.Image]
"""``edit(picture, rng, another)``: ``another`` is an unrelated photograph, for pastes and collages."""

_BICUBIC = Image.Resampling.BICUBIC


def _jpeg(im: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    im.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def pick_colour(rng: random.Random) -> tuple[int, int, int]:
    """A colour as people put behind pictures, or any."""
    choice = rng.random()
    if choice < 0.5:
        return rng.choice([(0, 0, 0), (255, 255, 255), (128, 128, 128), (200, 20, 20)])
    return (rng.randrange(256), rng.randrange(256), rng.randrange(256))


def crop(im: Image.Image, rng: random.Random, area: float, stretch: float = 1.0) -> Image.Image:
    """Cut out a share of the area; ``stretch`` > 1 makes the cut relatively wider, < 1 taller."""
    share_x, share_y = min(1.0, math.sqrt(area * stretch)), min(1.0, math.sqrt(area / stretch))
    w, h = max(1, round(im.width * share_x)), max(1, round(im.height * share_y))
    x, y = rng.randint(0, im.width - w), rng.randint(0, im.height - h)
    return im.crop((x, y, x + w, y + h))


def _scale(im: Image.Image, by: float) -> Image.Image:
    return im.resize((max(8, round(im.width * by)), max(8, round(im.height * by))), _BICUBIC, reducing_gap=2.0)


def _turn(im: Image.Image, degrees: float, colour: tuple[int, int, int]) -> Image.Image:
    return im.rotate(degrees, resample=_BICUBIC, fillcolor=colour)


def _turn_within(im: Image.Image, degrees: float) -> Image.Image:
    """Turn by a small angle and cut the corners that would be empty."""
    turned = im.rotate(degrees, resample=_BICUBIC)
    t = math.radians(abs(degrees))
    share = 1.0 / (math.cos(t) + math.sin(t) * max(im.size) / min(im.size))
    w, h = round(im.width * share), round(im.height * share)
    x, y = (im.width - w) // 2, (im.height - h) // 2
    return turned.crop((x, y, x + w, y + h))


def _border(im: Image.Image, rng: random.Random, share: float) -> Image.Image:
    return ImageOps.expand(im, max(1, round(min(im.size) * share)), pick_colour(rng))


def _square(im: Image.Image, rng: random.Random) -> Image.Image:
    side = round(max(im.size) * rng.uniform(1.0, 1.15))
    return (
        ImageOps.pad(im.copy(), (side, side), color=pick_colour(rng))
        if rng.random() < 0.5
        else _on_plain(im, rng, side)
    )


def _on_plain(im: Image.Image, rng: random.Random, side: int) -> Image.Image:
    canvas = Image.new("RGB", (max(side, im.width), max(side, im.height)), pick_colour(rng))
    canvas.paste(im, ((canvas.width - im.width) // 2, (canvas.height - im.height) // 2))
    return canvas


def _letterbox(im: Image.Image, rng: random.Random) -> Image.Image:
    canvas = Image.new("RGB", (im.width, round(im.height * rng.uniform(1.15, 1.5))), (0, 0, 0))
    canvas.paste(im, (0, (canvas.height - im.height) // 2))
    return canvas


def _text(im: Image.Image, rng: random.Random, lines: int) -> Image.Image:
    im = im.copy()
    draw = ImageDraw.Draw(im)
    for _ in range(lines):
        words = "".join(
            rng.choice("ABCDEFGHIKLMNOPRST abcdefghiklmnoprstu 0123456789") for _ in range(rng.randint(8, 28))
        )
        size = max(8, round(im.height * rng.uniform(0.04, 0.13)))
        at = (rng.uniform(0, 0.4) * im.width, rng.uniform(0, 0.9) * im.height)
        draw.text(at, words, fill=rng.choice([(255, 255, 255), (0, 0, 0), (255, 230, 0)]), font_size=size)
    return im


def _sticker(im: Image.Image, rng: random.Random, another: Image.Image, share: float) -> Image.Image:
    im = im.copy()
    w, h = max(2, round(im.width * math.sqrt(share))), max(2, round(im.height * math.sqrt(share)))
    if rng.random() < 0.5:
        patch = another.resize((w, h), _BICUBIC)
    else:
        patch = Image.new("RGB", (w, h), pick_colour(rng))
        ImageDraw.Draw(patch).ellipse((w * 0.15, h * 0.15, w * 0.85, h * 0.85), fill=pick_colour(rng))
    im.paste(patch, (rng.randint(0, im.width - w), rng.randint(0, im.height - h)))
    return im


def _screenshot(im: Image.Image, rng: random.Random) -> Image.Image:
    """Put the picture into a frame that looks like a phone or browser window."""
    bar, foot = round(im.height * rng.uniform(0.08, 0.25)), round(im.height * rng.uniform(0.05, 0.35))
    side = round(im.width * rng.uniform(0.0, 0.08))
    paper = rng.choice([(255, 255, 255), (24, 24, 28), (240, 242, 245)])
    ink = (20, 20, 20) if paper[0] > 128 else (230, 230, 230)
    canvas = Image.new("RGB", (im.width + 2 * side, im.height + bar + foot), paper)
    canvas.paste(im, (side, bar))
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, canvas.width, bar // 2), fill=rng.choice([(59, 89, 152), (230, 230, 232), (10, 10, 10)]))
    draw.text((side + 4, bar // 2), "Photos   12:45", fill=ink, font_size=max(8, bar // 3))
    for k in range(3):
        y = bar + im.height + foot * (k + 1) / 5
        draw.rectangle((side + 6, y, canvas.width * rng.uniform(0.4, 0.9), y + foot * 0.08), fill=ink)
    return canvas


def _pasted(im: Image.Image, rng: random.Random, another: Image.Image, share: float) -> Image.Image:
    """Paste the picture, its shape kept, over an unrelated photograph."""
    scale = math.sqrt(share * another.width * another.height / (im.width * im.height))
    scale = min(scale, another.width / im.width, another.height / im.height)
    small = _scale(im, scale)
    canvas = another.copy()
    x, y = rng.randint(0, max(0, canvas.width - small.width)), rng.randint(0, max(0, canvas.height - small.height))
    canvas.paste(small, (x, y))
    return canvas


def _collage(im: Image.Image, rng: random.Random, another: Image.Image) -> Image.Image:
    w, h = im.size
    beside = rng.random() < 0.5
    canvas = Image.new("RGB", (2 * w, h) if beside else (w, 2 * h))
    step = (w, 0) if beside else (0, h)
    first = rng.random() < 0.5
    canvas.paste(im, (0, 0) if first else step)
    canvas.paste(another.resize((w, h), _BICUBIC), step if first else (0, 0))
    return canvas


def _hue(im: Image.Image, by: int) -> Image.Image:
    h, s, v = im.convert("HSV").split()
    return Image.merge("HSV", (h.point(lambda x: (x + by) % 256), s, v)).convert("RGB")


def _gamma(im: Image.Image, gamma: float) -> Image.Image:
    table = [round(255 * (i / 255) ** gamma) for i in range(256)]
    return im.point(table * 3)


def add_noise(im: Image.Image, rng: random.Random, share: float) -> Image.Image:
    """Blend with grain, of which the result has this share."""
    grain = Image.frombytes("RGB", im.size, rng.randbytes(im.width * im.height * 3))
    grain = grain.filter(ImageFilter.BoxBlur(0.4))
    return Image.blend(im, grain, share)


def _filter(im: Image.Image, rng: random.Random) -> Image.Image:
    """Colour filters as photo applications have them: sepia, or a tinted blend."""
    grey = ImageOps.grayscale(im)
    if rng.random() < 0.4:
        return ImageOps.colorize(grey, (30, 10, 0), (255, 240, 200))
    tint = Image.new("RGB", im.size, pick_colour(rng))
    return Image.blend(im, tint, rng.uniform(0.15, 0.35))


def _vignette(im: Image.Image, rng: random.Random) -> Image.Image:
    clear = rng.uniform(1.6, 2.6)
    mask = ImageOps.invert(Image.radial_gradient("L")).resize(im.size).point(lambda v: min(255, round(v * clear)))
    return Image.composite(im, Image.new("RGB", im.size), mask)


def _perspective(im: Image.Image, rng: random.Random, by: float) -> Image.Image:
    w, h = im.size
    dx, dy = [rng.uniform(0, by) * w for _ in range(4)], [rng.uniform(0, by) * h for _ in range(4)]
    quad = (dx[0], dy[0], dx[1], h - dy[1], w - dx[2], h - dy[2], w - dx[3], dy[3])
    return im.transform(im.size, Image.Transform.QUAD, quad, resample=_BICUBIC)


def _shear(im: Image.Image, rng: random.Random) -> Image.Image:
    k = rng.choice([-1, 1]) * rng.uniform(0.05, 0.2)
    data = (1.0, k, -k * im.height / 2, 0.0, 1.0, 0.0)
    return im.transform(im.size, Image.Transform.AFFINE, data, resample=_BICUBIC, fillcolor=pick_colour(rng))


def _swap(im: Image.Image, rng: random.Random) -> Image.Image:
    bands = list(im.split())
    order = rng.choice([(2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1)])
    return Image.merge("RGB", [bands[i] for i in order])


def _meme(im: Image.Image, rng: random.Random) -> Image.Image:
    bar = round(im.height * rng.uniform(0.15, 0.3))
    canvas = Image.new("RGB", (im.width, im.height + bar), "white")
    canvas.paste(im, (0, bar))
    ImageDraw.Draw(canvas).text(
        (6, bar * 0.2), "when the data is bad", fill=(0, 0, 0), font_size=max(8, round(bar * 0.5))
    )
    return canvas


# Every edit takes the same three arguments, whether it needs them or not.
# ruff: noqa: ARG005
EDITS: dict[str, Edit] = {
    "jpeg": lambda im, rng, other: _jpeg(im, rng.choice([5, 10, 20, 35, 60])),
    "half": lambda im, rng, other: _scale(im, rng.uniform(0.3, 0.8)),
    "quarter": lambda im, rng, other: _scale(im, 0.25),
    "eighth": lambda im, rng, other: _scale(im, 0.125),
    "crop90": lambda im, rng, other: crop(im, rng, 0.9),
    "crop75": lambda im, rng, other: crop(im, rng, 0.75, rng.uniform(0.8, 1.25)),
    "crop60": lambda im, rng, other: crop(im, rng, 0.6),
    "crop45": lambda im, rng, other: crop(im, rng, 0.45, rng.uniform(0.7, 1.4)),
    "crop35": lambda im, rng, other: crop(im, rng, 0.35),
    "crop25": lambda im, rng, other: crop(im, rng, 0.25),
    "crop_mirror": lambda im, rng, other: ImageOps.mirror(crop(im, rng, rng.uniform(0.4, 0.8))),
    "crop_grey": lambda im, rng, other: ImageOps.grayscale(crop(im, rng, rng.uniform(0.4, 0.8))).convert("RGB"),
    "crop_jpeg": lambda im, rng, other: _jpeg(crop(im, rng, rng.uniform(0.4, 0.8)), 25),
    "crop_square": lambda im, rng, other: ImageOps.fit(im, (min(im.size), min(im.size))),
    "mirror": lambda im, rng, other: ImageOps.mirror(im),
    "flip": lambda im, rng, other: ImageOps.flip(im),
    "turn90": lambda im, rng, other: im.rotate(rng.choice([90, 270]), expand=True),
    "turn180": lambda im, rng, other: im.rotate(180),
    "transpose": lambda im, rng, other: im.transpose(
        rng.choice([Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE])
    ),
    "rotate": lambda im, rng, other: _turn(im, rng.choice([-1, 1]) * rng.uniform(2, 15), pick_colour(rng)),
    "rotate_expand": lambda im, rng, other: im.rotate(
        rng.uniform(-15, 15), resample=_BICUBIC, expand=True, fillcolor=pick_colour(rng)
    ),
    "rotate_within": lambda im, rng, other: _turn_within(im, rng.choice([-1, 1]) * rng.uniform(2, 12)),
    "grey": lambda im, rng, other: ImageOps.grayscale(im).convert("RGB"),
    "bright": lambda im, rng, other: ImageEnhance.Brightness(im).enhance(rng.uniform(1.2, 1.7)),
    "dark": lambda im, rng, other: ImageEnhance.Brightness(im).enhance(rng.uniform(0.35, 0.8)),
    "contrast": lambda im, rng, other: ImageEnhance.Contrast(im).enhance(rng.choice([0.5, 0.7, 1.4, 1.8])),
    "saturation": lambda im, rng, other: ImageEnhance.Color(im).enhance(rng.choice([0.3, 1.7, 2.5])),
    "gamma": lambda im, rng, other: _gamma(im, rng.choice([0.5, 0.7, 1.5, 2.0])),
    "hue": lambda im, rng, other: _hue(im, rng.choice([20, 45, 90, 128, 170])),
    "swap": lambda im, rng, other: _swap(im, rng),
    "invert": lambda im, rng, other: ImageOps.invert(im),
    "filter": lambda im, rng, other: _filter(im, rng),
    "equalize": lambda im, rng, other: ImageOps.equalize(im) if rng.random() < 0.5 else ImageOps.autocontrast(im, 2),
    "posterise": lambda im, rng, other: ImageOps.posterize(im, rng.choice([2, 3])),
    "solarise": lambda im, rng, other: ImageOps.solarize(im, 160),
    "vignette": lambda im, rng, other: _vignette(im, rng),
    "noise": lambda im, rng, other: add_noise(im, rng, rng.uniform(0.1, 0.3)),
    "blur": lambda im, rng, other: im.filter(ImageFilter.GaussianBlur(max(im.size) * rng.uniform(0.004, 0.015))),
    "median": lambda im, rng, other: im.filter(ImageFilter.MedianFilter(5)),
    "sharpen": lambda im, rng, other: im.filter(ImageFilter.UnsharpMask(3, 200)),
    "border": lambda im, rng, other: _border(im, rng, rng.uniform(0.03, 0.2)),
    "square": lambda im, rng, other: _square(im, rng),
    "letterbox": lambda im, rng, other: _letterbox(im, rng),
    "screenshot": lambda im, rng, other: _screenshot(im, rng),
    "meme": lambda im, rng, other: _meme(im, rng),
    "text": lambda im, rng, other: _text(im, rng, rng.randint(1, 4)),
    "sticker": lambda im, rng, other: _sticker(im, rng, other, rng.uniform(0.04, 0.4)),
    "pasted50": lambda im, rng, other: _pasted(im, rng, other, rng.uniform(0.4, 0.6)),
    "pasted30": lambda im, rng, other: _pasted(im, rng, other, rng.uniform(0.25, 0.4)),
    "collage": _collage,
    "stretched": lambda im, rng, other: im.resize((im.width, max(8, round(im.height * rng.uniform(0.6, 0.9))))),
    "perspective": lambda im, rng, other: _perspective(im, rng, 0.12),
    "shear": lambda im, rng, other: _shear(im, rng),
    "pixelate": lambda im, rng, other: _scale(im, 0.08).resize(im.size, Image.Resampling.NEAREST),
    "border_mirror": lambda im, rng, other: _border(ImageOps.mirror(im), rng, rng.uniform(0.05, 0.15)),
    "rotate_jpeg_dark": lambda im, rng, other: _jpeg(
        ImageEnhance.Brightness(_turn(im, rng.uniform(-6, 6), (0, 0, 0))).enhance(0.7), 30
    ),
}
"""Every edit by name."""

SIMPLE_EDITS = (
    *("jpeg", "half", "quarter", "crop90", "crop75", "crop60", "mirror", "flip", "turn90", "turn180", "rotate", "grey"),
    *("bright", "dark", "contrast", "gamma", "saturation", "noise", "blur", "sharpen", "border", "letterbox", "text"),
    *("stretched", "border_mirror", "rotate_jpeg_dark", "crop_jpeg", "invert"),
)
"""Those after which a picture of little more than an outline can still be told."""

PLAIN_EDITS = (
    *("jpeg", "half", "crop90", "crop75", "mirror", "flip", "turn90", "turn180", "grey", "bright", "dark", "contrast"),
    *("gamma", "saturation", "noise", "blur", "sharpen", "border", "letterbox", "stretched", "invert"),
)
"""Those after which a page or a plot still says all or nearly all of what it said."""

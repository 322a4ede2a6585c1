"""Pictures that are drawn: pages, charts, logos, flat ones, and outlines and letters that only look alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edits import add_noise, crop, pick_colour
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    import random

__all__ = ["render_chart", "render_flat", "render_glyph", "render_logo", "render_outline", "render_page"]

_BICUBIC = Image.Resampling.BICUBIC


def render_page(rng: random.Random, size: tuple[int, int] = (320, 400)) -> Image.Image:
    """A page of random text: black on white, or now and then white on black."""
    dark = rng.random() < 0.15
    page = Image.new("RGB", size, "black" if dark else "white")
    draw = ImageDraw.Draw(page)
    step, left = rng.choice([10, 12, 14, 18, 24]), rng.choice([10, 20, 40])
    for y in range(rng.choice([10, 20, 60]), size[1] - 15, step):
        if rng.random() < 0.08:
            continue
        text = "".join(rng.choice("abcdefghij klmnop qrstu ") for _ in range(rng.choice([46, 46, 46, 30, 12])))
        draw.text((left, y), text, fill="white" if dark else (20, 20, 20), font_size=max(8, step - 3))
    return page


def render_chart(rng: random.Random, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A bar or line chart on white."""
    w, h = size
    chart = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(chart)
    colour = rng.choice([(30, 90, 200), (200, 60, 30), (20, 140, 60), (90, 90, 90)])
    draw.line((15, 10, 15, h - 15, w - 10, h - 15), fill=(0, 0, 0), width=2)
    count = rng.choice([5, 8, 12])
    if rng.random() < 0.6:
        for i in range(count):
            x = 20 + i * (w - 40) // count
            draw.rectangle((x, h - 20 - rng.randint(10, h - 60), x + (w - 40) // count * 0.7, h - 20), fill=colour)
    else:
        points = [(20 + i * (w - 40) / (3 * count), rng.uniform(20, h - 20)) for i in range(3 * count)]
        draw.line(points, fill=colour, width=3)
    return chart


def render_logo(rng: random.Random, size: tuple[int, int] = (256, 256)) -> Image.Image:
    """A simple mark of one to three shapes on white."""
    logo = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(logo)
    for _ in range(rng.randint(1, 3)):
        cx, cy = rng.uniform(0.35, 0.65) * size[0], rng.uniform(0.35, 0.65) * size[1]
        rx, ry = rng.uniform(0.1, 0.3) * size[0], rng.uniform(0.1, 0.3) * size[1]
        box, fill = (cx - rx, cy - ry, cx + rx, cy + ry), pick_colour(rng)
        shape = rng.randrange(4)
        if shape == 0:
            draw.ellipse(box, fill=fill)
        elif shape == 1:
            draw.rectangle(box, fill=fill)
        elif shape == 2:
            draw.regular_polygon((cx, cy, rx), rng.choice([3, 5, 6]), rotation=rng.randrange(90), fill=fill)
        else:
            draw.text(
                (cx - rx, cy - ry), rng.choice(["ACME", "Box", "iO", "TeX", "NORD"]), fill=fill, font_size=round(rx)
            )
    return logo


def render_flat(rng: random.Random, size: tuple[int, int] = (200, 150)) -> Image.Image:
    """A flat or nearly flat picture: one colour, a faint ramp, or faint noise on near-white."""
    base = rng.choice([(255, 255, 255), (250, 250, 248), (0, 0, 0), (128, 128, 128), pick_colour(rng)])
    flat = Image.new("RGB", size, base)
    kind = rng.random()
    if kind < 0.4:
        ramp = Image.linear_gradient("L").resize(size).rotate(rng.choice([0, 90, 180, 270]))
        flat = Image.blend(flat, ramp.convert("RGB"), rng.choice([0.03, 0.1, 0.5, 1.0]))
    elif kind < 0.8:
        grain = Image.frombytes("RGB", size, rng.randbytes(size[0] * size[1] * 3))
        flat = Image.blend(flat, grain, rng.choice([0.01, 0.03, 0.1]))
    return flat


def _print(rng: random.Random, texture: Image.Image) -> Image.Image:
    """What is printed on cloth: a photograph, rows of pictures, or lines and words on plain ground."""
    kind = rng.random()
    if kind < 0.4:
        return crop(texture, rng, 0.3)
    paper = Image.new("RGB", (96, 96), pick_colour(rng))
    if kind < 0.7:
        count = rng.randint(2, 4)
        step = 96 // count
        for at in range(count * count):
            small = crop(texture, rng, 0.05).resize((step - 6, step - 6), _BICUBIC)
            paper.paste(small, (at % count * step + 3, at // count * step + 3))
        return paper
    draw = ImageDraw.Draw(paper)
    for _ in range(rng.randint(4, 12)):
        draw.line([rng.randrange(96) for _ in range(4)], fill=pick_colour(rng), width=rng.randint(1, 5))
    for _ in range(rng.randint(0, 3)):
        draw.text(
            (rng.randrange(40), rng.randrange(80)),
            rng.choice(["SURF", "1984", "moods", "678"]),
            fill=pick_colour(rng),
            font_size=24,
        )
    return paper


def render_outline(kind: random.Random, rng: random.Random, texture: Image.Image) -> Image.Image:
    """An object on a plain ground, as product photographs show it.

    All objects of a kind have nearly the same outline, place and ground; print, and of most kinds colour and cloth, are
    their own.

    Args:
        kind: Decides the outline and the ground; seeded alike for every object of the kind.
        rng: Decides the rest.
        texture: A photograph to take cloth and prints from.
    """
    side = 240
    half = [
        (kind.uniform(0.12, 0.42), at) for at in sorted(kind.uniform(0.08, 0.92) for _ in range(kind.randint(5, 9)))
    ]
    ground, ramp = pick_colour(kind), kind.uniform(0, 0.3)
    jitter = kind.choice([0.004, 0.01, 0.02])
    half = [(x + rng.gauss(0, jitter), y + rng.gauss(0, jitter)) for x, y in half]
    points = [(0.5 - x, y) for x, y in half] + [(0.5 + x, y) for x, y in reversed(half)]
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).polygon([(x * side, y * side) for x, y in points], fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(5)).point(lambda v: max(0, min(255, (v - 112) * 8)))
    shade = Image.linear_gradient("L").resize((side, side)).rotate(kind.choice([0, 90, 180, 270])).convert("RGB")
    canvas = Image.blend(Image.new("RGB", (side, side), ground), shade, ramp)
    alike, shared = kind.random() < 0.4, pick_colour(kind)
    cloth = Image.new("RGB", (side, side), shared if alike else pick_colour(rng))
    if not alike and rng.random() < 0.35:
        cloth = Image.blend(cloth, crop(texture, rng, 0.2).resize((side, side), _BICUBIC), rng.choice([0.3, 1.0]))
    if alike or rng.random() < 0.4:
        width, height = round(side * rng.uniform(0.12, 0.3)), round(side * rng.uniform(0.12, 0.3))
        place = ((side - width) // 2, round(side * rng.uniform(0.25, 0.45)))
        cloth.paste(_print(rng, texture).resize((width, height), _BICUBIC), place)
    fold = Image.radial_gradient("L").resize((side, side)).convert("RGB")
    canvas.paste(Image.blend(cloth, fold, rng.uniform(0, 0.2)), (0, 0), mask)
    size = rng.uniform(0.94, 1.06)
    back = (1 / size, rng.gauss(0, 0.03), rng.gauss(0, 4), rng.gauss(0, 0.03), 1 / size, rng.gauss(0, 4))
    edge = canvas.getpixel((2, 2))
    canvas = canvas.transform(canvas.size, Image.Transform.AFFINE, back, resample=_BICUBIC, fillcolor=edge)
    return add_noise(canvas, rng, rng.uniform(0.0, 0.06))


def render_glyph(kind: random.Random, rng: random.Random) -> Image.Image:
    """One letter or digit, as handwriting is scanned: all of a kind show the same one, each in its own hand.

    Args:
        kind: Decides the letter and the ground; seeded alike for every picture of the kind.
        rng: Decides the rest.
    """
    side, letter = 84, kind.choice("0123456789ABCDEFGHJKLMNPRSTUVWXYZabdefghkmnrt")
    ground, ink = kind.choice([(0, 255), (0, 255), (255, 0), (245, 30)])
    glyph = Image.new("L", (side, side), ground)
    draw = ImageDraw.Draw(glyph)
    size, thick = rng.uniform(58, 72), rng.choice([0, 0, 1, 2, 3])
    draw.text((side / 2, side / 2), letter, fill=ink, font_size=size, anchor="mm", stroke_width=thick, stroke_fill=ink)
    t, slant, wide = math.radians(rng.gauss(0, 8)), rng.gauss(0, 0.15), rng.uniform(0.85, 1.25)
    a, b, c, d = math.cos(t) * wide, math.sin(t) + slant, -math.sin(t), math.cos(t)
    x, y = side / 2 + rng.gauss(0, 1), side / 2 + rng.gauss(0, 1)
    data = (a, b, x - a * side / 2 - b * side / 2, c, d, y - c * side / 2 - d * side / 2)
    glyph = glyph.transform(glyph.size, Image.Transform.AFFINE, data, resample=_BICUBIC, fillcolor=ground)
    return glyph.resize((28, 28), Image.Resampling.LANCZOS).convert("RGB")

"""Drawn pictures that share a template and differ in what they say: numbers, words, forms, receipts, plots, marks.

Every function takes `kind`, which decides the template and is seeded alike for all of a kind, and `rng`, which decides
what is written or drawn into it. No two of a kind are copies, however much of them is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edits import pick_colour
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

__all__ = ["TEMPLATES"]

_SYLLABLES = (
    *("ka", "ri", "to", "men", "lo", "sta", "per", "in", "dor", "el", "ut", "com", "pre", "si", "na", "ble", "tion"),
    *("ing", "er", "ed", "the", "of", "and", "a", "is", "mo", "ve", "qui"),
)


def _word(rng: random.Random, longest: int = 4) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, longest)))


def _words(rng: random.Random, count: int) -> str:
    return " ".join(_word(rng) for _ in range(count))


def _ink(kind: random.Random) -> tuple[str | tuple[int, int, int], tuple[int, int, int]]:
    """Ground and ink."""
    if kind.random() < 0.2:
        return (20, 20, 30), (240, 240, 240)
    return kind.choice(["white", "white", (250, 248, 240)]), kind.choice([(0, 0, 0), (30, 30, 30), (20, 40, 120)])


def _number(kind: random.Random, rng: random.Random) -> Image.Image:
    ground, ink = _ink(kind)
    size = kind.choice([(300, 200), (256, 256), (320, 120)])
    picture = Image.new("RGB", size, ground)
    digits = "".join(rng.choice("0123456789") for _ in range(kind.randint(3, 7)))
    font = min(kind.randint(24, 90), size[0] // max(2, len(digits)) * 1.5)
    ImageDraw.Draw(picture).text((size[0] / 2, size[1] / 2), digits, fill=ink, font_size=font, anchor="mm")
    return picture


def _title(kind: random.Random, rng: random.Random) -> Image.Image:
    ground, ink = _ink(kind)
    picture = Image.new("RGB", kind.choice([(300, 200), (256, 256), (400, 160)]), ground)
    draw = ImageDraw.Draw(picture)
    lines, font = kind.randint(1, 3), kind.randint(22, 44)
    for line in range(lines):
        text = _words(rng, kind.randint(1, 2))
        text = text.upper() if kind.random() < 0.5 else text.capitalize()
        y = picture.height / 2 + (line - (lines - 1) / 2) * font * 1.3
        draw.text((picture.width / 2, y), text, fill=ink, font_size=font, anchor="mm")
    return picture


def _page(kind: random.Random, rng: random.Random) -> Image.Image:
    ground, ink = _ink(kind)
    picture = Image.new("RGB", (420, 560), ground)
    draw = ImageDraw.Draw(picture)
    font, left, even = kind.randint(10, 18), kind.randint(20, 50), kind.random() < 0.5
    if kind.random() < 0.5:
        draw.text((left, 14), "Chapter " + str(kind.randint(1, 9)), fill=ink, font_size=24)
    for y in range(60, 520, round(font * 1.35)):
        if not even and rng.random() < 0.1:
            continue
        text = ""
        while draw.textlength(text, font_size=font) < 420 - 2 * left - (0 if even else rng.uniform(0, 160)):
            text += _word(rng) + " "
        draw.text((left, y), text.rstrip()[:90], fill=ink, font_size=font)
    return picture


def _receipt(kind: random.Random, rng: random.Random) -> Image.Image:
    width = kind.choice([260, 320])
    picture = Image.new("RGB", (width, kind.choice([420, 640])), kind.choice(["white", (246, 244, 238)]))
    draw = ImageDraw.Draw(picture)
    draw.text((width / 2, 34), _words(kind, 2).upper(), fill=(0, 0, 0), font_size=24, anchor="mm")
    draw.line((16, 62, width - 16, 62), fill=(0, 0, 0), width=2)
    y, rows = 76, kind.choice([0, 0, 9])
    for _ in range(rows or rng.randint(5, 14)):
        draw.text((16, y), _words(rng, 2), fill=(0, 0, 0), font_size=13)
        draw.text((width - 16, y), f"{rng.uniform(1, 99):.2f}", fill=(0, 0, 0), font_size=13, anchor="ra")
        y += 20
    draw.line((16, y + 4, width - 16, y + 4), fill=(0, 0, 0), width=2)
    draw.text((16, y + 12), "TOTAL", fill=(0, 0, 0), font_size=18)
    draw.text((width - 16, y + 12), f"{rng.uniform(10, 400):.2f}", fill=(0, 0, 0), font_size=18, anchor="ra")
    return picture


def _form(kind: random.Random, rng: random.Random) -> Image.Image:
    ground, ink = _ink(kind)
    picture = Image.new("RGB", (440, 320), ground)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 440, 44), fill=pick_colour(kind))
    draw.text((16, 8), _words(kind, 2).title(), fill="white", font_size=24)
    for row in range(kind.randint(4, 7)):
        y = 62 + 36 * row
        draw.text((16, y), _word(kind).title() + ":", fill=ink, font_size=15)
        draw.rectangle((130, y - 4, 420, y + 22), outline=(150, 150, 150))
        draw.text((138, y), _words(rng, rng.randint(1, 4)), fill=ink, font_size=15)
    return picture


def _bars(kind: random.Random, rng: random.Random) -> Image.Image:
    picture = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((200, 14), _words(kind, 3).title(), fill=(0, 0, 0), font_size=16, anchor="mm")
    draw.line((30, 30, 30, 270, 380, 270), fill=(0, 0, 0), width=2)
    for tick in range(5):
        draw.line((26, 30 + 60 * tick, 380, 30 + 60 * tick), fill=(225, 225, 225))
    count, colour = kind.randint(4, 12), pick_colour(kind)
    for bar in range(count):
        x = 40 + bar * 340 / count
        draw.rectangle((x, rng.uniform(40, 265), x + 240 / count, 269), fill=colour)
    return picture


def _curves(kind: random.Random, rng: random.Random) -> Image.Image:
    picture = Image.new("RGB", (420, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((40, 20, 400, 270), outline=(0, 0, 0), width=2)
    for tick in range(1, 6):
        draw.line((40 + 60 * tick, 20, 40 + 60 * tick, 270), fill=(220, 220, 220))
        draw.text((40 + 60 * tick, 275), str(10 * tick), fill=(0, 0, 0), font_size=12, anchor="ma")
    points = kind.randint(8, 60)
    for colour in [pick_colour(kind) for _ in range(kind.randint(1, 3))]:
        y, line = rng.uniform(60, 240), []
        for at in range(points):
            y = min(265.0, max(25.0, y + rng.gauss(0, 160 / points + 6)))
            line.append((42 + at * 356 / (points - 1), y))
        draw.line(line, fill=colour, width=kind.choice([2, 3]))
    return picture


def _scatter(kind: random.Random, rng: random.Random) -> Image.Image:
    picture = Image.new("RGB", (320, 320), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((30, 20, 300, 290), outline=(0, 0, 0))
    colour, radius = pick_colour(kind), kind.uniform(2, 7)
    for _ in range(kind.randint(10, 80)):
        x, y = rng.uniform(38, 292), rng.uniform(28, 282)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return picture


def _mark(kind: random.Random, rng: random.Random) -> Image.Image:
    """One to three plain shapes, their places, sizes and colours their own."""
    picture = Image.new("RGB", (256, 256), kind.choice(["white", "white", (245, 245, 245), (25, 25, 25)]))
    draw = ImageDraw.Draw(picture)
    for shape in [kind.randrange(5) for _ in range(kind.randint(1, 3))]:
        x, y, r = rng.uniform(70, 186), rng.uniform(70, 186), rng.uniform(20, 60)
        fill = pick_colour(rng)
        if shape == 0:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)
        elif shape == 1:
            draw.rectangle((x - r, y - r, x + r, y + r), fill=fill)
        elif shape == 2:
            draw.regular_polygon((x, y, r), rng.choice([3, 5, 6]), rotation=rng.choice([0, 0, 180]), fill=fill)
        elif shape == 3:
            draw.ellipse((x - r, y - r, x + r, y + r), outline=fill, width=round(r / 4))
        else:
            draw.rounded_rectangle((x - r, y - r / 2, x + r, y + r / 2), radius=10, fill=fill)
    return picture


def _grid(kind: random.Random, rng: random.Random) -> Image.Image:
    """A board of squares, some of which hold a piece."""
    count, side = kind.choice([3, 6, 8, 10]), 280
    light, dark = pick_colour(kind), pick_colour(kind)
    if kind.random() < 0.5:
        light = dark = (240, 240, 240)
    picture = Image.new("RGB", (side, side), light)
    draw = ImageDraw.Draw(picture)
    step = side / count
    for cell in range(count * count):
        x, y = cell % count * step, cell // count * step
        draw.rectangle((x, y, x + step, y + step), fill=(light, dark)[(cell + cell // count) % 2], outline=(90, 90, 90))
        if rng.random() < 0.3:
            fill = rng.choice([(15, 15, 15), (250, 250, 250)])
            draw.ellipse((x + step * 0.2, y + step * 0.2, x + step * 0.8, y + step * 0.8), fill=fill, outline=(0, 0, 0))
    return picture


def _table(kind: random.Random, rng: random.Random) -> Image.Image:
    ground, ink = _ink(kind)
    picture = Image.new("RGB", (420, 300), ground)
    draw = ImageDraw.Draw(picture)
    columns, rows = kind.randint(3, 5), kind.randint(5, 11)
    wide, high = 400 / columns, 280 / rows
    for row in range(rows):
        for column in range(columns):
            x, y = 10 + column * wide, 10 + row * high
            draw.rectangle((x, y, x + wide, y + high), outline=(160, 160, 160))
            text = _word(kind, 3).title() if not row else str(rng.randint(0, 9999))
            draw.text((x + 4, y + 3), text, fill=ink, font_size=min(16, high * 0.6))
    return picture


def _screen(kind: random.Random, rng: random.Random) -> Image.Image:
    """A chat or list on a telephone."""
    picture = Image.new("RGB", (270, 480), kind.choice(["white", (236, 229, 221), (24, 26, 30)]))
    draw = ImageDraw.Draw(picture)
    bar = pick_colour(kind)
    draw.rectangle((0, 0, 270, 52), fill=bar)
    draw.text((16, 16), _words(kind, 2).title(), fill="white", font_size=18)
    y, mine = 64, kind.choice([(220, 248, 198), (200, 220, 255)])
    while y < 430:
        right, width, lines = rng.random() < 0.5, rng.randint(80, 190), rng.randint(1, 3)
        x, high = 262 - width if right else 8, 12 + 16 * lines
        draw.rounded_rectangle((x, y, x + width, y + high), radius=8, fill=mine if right else (255, 255, 255))
        for line in range(lines):
            draw.text((x + 8, y + 5 + 16 * line), _words(rng, 6)[: width // 8], fill=(20, 20, 20), font_size=13)
        y += high + 8
    return picture


def _badge(kind: random.Random, rng: random.Random) -> Image.Image:
    """A frame around a few large letters."""
    ground, ink = _ink(kind)
    picture = Image.new("RGB", (240, 240), ground)
    draw = ImageDraw.Draw(picture)
    colour, width, frame = pick_colour(kind), kind.randint(4, 24), kind.randrange(3)
    if frame == 0:
        draw.rounded_rectangle((20, 40, 220, 200), radius=kind.randint(0, 40), outline=colour, width=width)
    elif frame == 1:
        draw.ellipse((20, 20, 220, 220), outline=colour, width=width)
    else:
        draw.regular_polygon((120, 120, 112), kind.choice([4, 6, 8]), outline=colour, width=width)
    text = "".join(rng.choice("ABCDEFGHKLMNPRSTUVXYZ0123456789") for _ in range(kind.randint(3, 4)))
    draw.text((120, 120), text, fill=ink, font_size=kind.randint(36, 54), anchor="mm")
    return picture


def _pie(kind: random.Random, rng: random.Random) -> Image.Image:
    picture = Image.new("RGB", (340, 280), "white")
    draw = ImageDraw.Draw(picture)
    start, shares = 0.0, [rng.uniform(0.2, 1) for _ in range(kind.randint(3, 6))]
    for at, share in enumerate(shares):
        end, colour = start + 360 * share / sum(shares), pick_colour(kind)
        draw.pieslice((20, 40, 220, 240), start, end, fill=colour, outline="white")
        draw.rectangle((240, 60 + 26 * at, 254, 74 + 26 * at), fill=colour)
        draw.text((260, 58 + 26 * at), _word(kind), fill=(0, 0, 0), font_size=14)
        start = end
    return picture


TEMPLATES: tuple[Callable[[random.Random, random.Random], Image.Image], ...] = (
    _number,
    _title,
    _page,
    _receipt,
    _form,
    _bars,
    _curves,
    _scatter,
    _mark,
    _grid,
    _table,
    _screen,
    _badge,
    _pie,
)
"""Kinds of templates."""

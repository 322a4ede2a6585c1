"""Drawn pictures that have nearly everything in common but what they are about: boards of games, and plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edits import pick_colour
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    import random

__all__ = ["render_board", "render_plot"]

_CELL = 30
_INKS = [(30, 90, 200), (200, 60, 30), (20, 140, 60), (90, 90, 90)]


def render_board(kind: random.Random, rng: random.Random) -> Image.Image:
    """A board with pieces on it, as screenshots of games and puzzles show it: of a kind only the pieces differ.

    Args:
        kind: Decides the board, and what pieces look like; seeded alike for every board of the kind.
        rng: Decides where the pieces are.
    """
    count = kind.choice([4, 5, 6, 8, 8, 10])
    shades, pieces = (pick_colour(kind), pick_colour(kind)), [pick_colour(kind) for _ in range(kind.randint(1, 3))]
    chequered, shape, filled = kind.random() < 0.7, kind.randrange(3), kind.uniform(0.2, 0.5)
    board = Image.new("RGB", (count * _CELL, count * _CELL), shades[0])
    draw = ImageDraw.Draw(board)
    for at in range(count * count):
        x, y = at % count * _CELL, at // count * _CELL
        if chequered and (x + y) // _CELL % 2:
            draw.rectangle((x, y, x + _CELL - 1, y + _CELL - 1), fill=shades[1])
        elif not chequered:
            draw.rectangle((x, y, x + _CELL, y + _CELL), outline=shades[1], width=2)
        if rng.random() < filled:
            box, fill = (x + 5, y + 5, x + _CELL - 6, y + _CELL - 6), rng.choice(pieces)
            if shape == 0:
                draw.ellipse(box, fill=fill)
            elif shape == 1:
                draw.rectangle(box, fill=fill)
            else:
                draw.text((x + 8, y + 2), rng.choice("123456789KQRBN"), fill=fill, font_size=20)
    return board


def render_plot(kind: random.Random, rng: random.Random) -> Image.Image:
    """A plot of other numbers on the same axes as all others of its kind, as a notebook writes them by the hundred.

    Args:
        kind: Decides axes, grid, colours and what is drawn; seeded alike for every plot of the kind.
        rng: Decides the numbers.
    """
    w, h = kind.choice([(320, 240), (360, 240), (300, 300)])
    plot = Image.new("RGB", (w, h), "white")
    draw = ImageDraw.Draw(plot)
    left, top, right, bottom = frame = round(w * 0.12), round(h * 0.1), round(w * 0.95), round(h * 0.88)
    ticks, grid, boxed = kind.randint(4, 8), kind.random() < 0.6, kind.random() < 0.6
    across, up = kind.choice([1, 5, 10]), kind.choice([1, 2, 20])
    for i in range(ticks + 1):
        x, y = left + i * (right - left) // ticks, bottom - i * (bottom - top) // ticks
        if grid:
            draw.line((x, top, x, bottom), fill=(205, 205, 205))
            draw.line((left, y, right, y), fill=(205, 205, 205))
        draw.text((x - 5, bottom + 4), str(i * across), fill="black", font_size=9)
        draw.text((6, y - 5), str(i * up), fill="black", font_size=9)
    draw.text((w // 3, 4), kind.choice(["loss", "Accuracy", "signal A", "run time"]), fill="black", font_size=12)
    if boxed:
        draw.rectangle(frame, outline="black")
    else:
        draw.line((left, top, left, bottom, right, bottom), fill="black")
    mark, many = kind.choice(["line", "bars", "points", "cloud"]), kind.choice([6, 12, 40])
    for colour in kind.sample(_INKS, kind.randint(1, 3)):
        values = [(rng.random(), rng.random()) for _ in range(many)] if mark == "cloud" else _walk(rng, many)
        _draw_values(draw, mark, values, frame, colour)
    return plot


def _walk(rng: random.Random, many: int) -> list[tuple[float, float]]:
    """Places and heights 0..1 of a random walk."""
    level, values = rng.uniform(0.2, 0.8), []
    for i in range(many):
        level = min(0.97, max(0.03, level + rng.gauss(0, 0.45 / many**0.5)))
        values.append(((i + 0.5) / many, level))
    return values


def _draw_values(
    draw: ImageDraw.ImageDraw,
    mark: str,
    values: list[tuple[float, float]],
    frame: tuple[int, int, int, int],
    colour: tuple[int, int, int],
) -> None:
    left, top, right, bottom = frame
    places = [(left + x * (right - left), bottom - y * (bottom - top)) for x, y in values]
    if mark == "line":
        draw.line(places, fill=colour, width=2)
    elif mark == "bars":
        half = (right - left) / len(values) * 0.3
        for x, y in places:
            draw.rectangle((x - half, y, x + half, bottom), fill=colour)
    else:
        for x, y in places:
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)

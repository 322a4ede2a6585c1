"""A small image dataset made from code, with planted problems and a list of them."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from fastdup_checks.errors import DatasetError
from fastdup_checks.tree import find_files

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

__all__ = ("Planted", "make_demo")

_SIZE = (240, 180)
_PER_CLASS = {"train": 48, "test": 12}

DATA_YML = """\
# A dataset with planted problems: every expectation here fails, and the gallery shows why.
version: 1
dataset:
  root: images
  splits: {train: train, test: test}
  labels: parent_folder
expectations:
  - broken_images: {at_most: 0}
  - duplicate_rate: {at_most: 0}
  - near_duplicate_rate: {at_most: 1%, split: train}
  - leak: {between: [train, test], at_most: 0}
  - outlier_rate: {at_most: 0}
  - label_consistency: {at_least: 99%}
  - conflicting_labels: {at_most: 0}
"""


@dataclass(slots=True)
class Planted:
    """What was planted; paths are relative to the dataset root."""

    broken: set[str] = field(default_factory=set)
    duplicates: set[frozenset[str]] = field(default_factory=set)
    """Pairs with the same pixels, those across the splits included."""
    near_duplicates: set[frozenset[str]] = field(default_factory=set)
    leaks: set[frozenset[str]] = field(default_factory=set)
    outliers: set[str] = field(default_factory=set)
    mislabelled: set[str] = field(default_factory=set)


def make_demo(folder: Path, seed: int = 7) -> Planted:
    """Write a dataset into a folder: images/{train,test}/{bubbles,hills,tiles}/*.jpg and data.yml.

    Args:
        folder: it is made; what an earlier demo has put there is written again.
        seed: other numbers give other pictures.

    Raises:
        DatasetError: if there are other images, or a data.yml that is not that of the demo.
        OSError: if a file cannot be written.
    """
    rng = random.Random(seed)  # noqa: S311 - pictures, not secrets
    root = folder / "images"
    painters = {"bubbles": _bubbles, "hills": _hills, "tiles": _tiles}
    pictures: dict[str, Image.Image] = {}
    for split, count in _PER_CLASS.items():
        for label, paint in painters.items():
            for number in range(count):
                pictures[f"{split}/{label}/{label}_{split}_{number:02d}.jpg"] = paint(rng)
    files = {path: _jpeg(picture) for path, picture in pictures.items()}
    planted = _plant(files, pictures, rng)
    _expect_no_others(folder, files)
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (folder / "data.yml").write_text(DATA_YML, encoding="utf-8")
    return planted


def _expect_no_others(folder: Path, files: Collection[str]) -> None:
    config, root = folder / "data.yml", folder / "images"
    if config.exists() and config.read_text(encoding="utf-8", errors="replace") != DATA_YML:
        raise DatasetError(f"{config}: not as the demo writes it, and it would be lost; name another folder")
    others = [path for path in find_files(root) if path not in files] if root.exists() else []
    if others:
        raise DatasetError(f"{root / others[0]}: not of the demo; name another folder")


_EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirror": ImageOps.mirror,
    "half": lambda im: im.resize((im.width // 2, im.height // 2), Image.Resampling.LANCZOS),
    "crop": lambda im: im.crop((12, 9, im.width - 14, im.height - 10)),
    "grey": lambda im: ImageOps.grayscale(im).convert("RGB"),
    "bright": lambda im: ImageEnhance.Brightness(im).enhance(1.3),
}


def _plant(files: dict[str, bytes], pictures: dict[str, Image.Image], rng: random.Random) -> Planted:
    planted = Planted()
    train = sorted(path for path in pictures if path.startswith("train/"))
    rng.shuffle(train)
    take = iter(train)

    def put(path: str, data: bytes) -> str:
        files[path] = data
        return path

    def beside(path: str, word: str, split: str = "train") -> str:
        _, label, name = path.split("/")
        return f"{split}/{label}/{name.removesuffix('.jpg')}_{word}.jpg"

    for _ in range(3):
        source = next(take)
        planted.duplicates.add(frozenset((source, put(beside(source, "copy"), files[source]))))
    for edit, change in _EDITS.items():
        source = next(take)
        copy = put(beside(source, edit), _jpeg(change(pictures[source])))
        planted.near_duplicates.add(frozenset((source, copy)))
    for edit in ("copy", "mirror"):
        source = next(take)
        data = files[source] if edit == "copy" else _jpeg(ImageOps.mirror(pictures[source]))
        pair = frozenset((source, put(beside(source, edit, "test"), data)))
        planted.leaks.add(pair)
        (planted.duplicates if edit == "copy" else planted.near_duplicates).add(pair)
    for _ in range(3):
        source = next(take)
        label = source.split("/")[1]
        wrong = rng.choice([c for c in ("bubbles", "hills", "tiles") if c != label])
        planted.mislabelled.add(put(f"train/{wrong}/moved_{source.rsplit('/', 1)[1]}", files.pop(source)))
    source = next(take)  # one picture with two labels
    wrong = rng.choice([c for c in ("bubbles", "hills", "tiles") if c != source.split("/")[1]])
    copy = put(f"train/{wrong}/twice_{source.rsplit('/', 1)[1]}", files[source])
    planted.mislabelled.add(copy)
    planted.duplicates.add(frozenset((source, copy)))
    planted.outliers = {
        put("train/hills/page.jpg", _jpeg(_page(rng))),
        put("train/tiles/noise.jpg", _jpeg(Image.frombytes("RGB", (200, 200), rng.randbytes(120_000)))),
    }
    whole = files[next(take)]
    planted.broken = {
        put("train/bubbles/cut.jpg", whole[: len(whole) // 2]),
        put("train/hills/empty.jpg", b""),
        put("test/tiles/not_found.jpg", b"<!doctype html><title>404 Not Found</title>"),
    }
    return planted


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def _colour(rng: random.Random, low: int = 0, high: int = 255) -> tuple[int, int, int]:
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def _gradient(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), top)
    strip.putpixel((0, 1), bottom)
    return strip.resize(_SIZE, Image.Resampling.BILINEAR)


def _hills(rng: random.Random) -> Image.Image:
    """Ridges under a sky."""
    picture = _gradient((rng.randint(60, 150), rng.randint(120, 190), 235), (250, rng.randint(190, 240), 200))
    draw = ImageDraw.Draw(picture)
    width, height = _SIZE
    x, y, r = rng.randint(20, width - 20), rng.randint(10, height // 3), rng.randint(8, 22)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(255, 244, rng.randint(150, 230)))
    ridges = rng.randint(3, 5)
    for ridge in range(ridges):
        base = height * (0.35 + 0.6 * ridge / ridges)
        waves = [(rng.uniform(0.5, 5), rng.uniform(0, 6.3), rng.uniform(4, 22)) for _ in range(4)]
        line = [
            (x, base + sum(a * math.sin(f * x / width * 6.3 + p) for f, p, a in waves)) for x in range(0, width + 4, 4)
        ]
        shade = 0.85 - 0.6 * ridge / ridges
        green = (int(90 * shade), int(rng.randint(130, 200) * shade), int(rng.randint(70, 130) * shade))
        draw.polygon([(0, height), *line, (width, height)], fill=green)
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def _bubbles(rng: random.Random) -> Image.Image:
    """Discs on a dark ground."""
    picture = _gradient(_colour(rng, 5, 50), _colour(rng, 30, 90))
    draw = ImageDraw.Draw(picture)
    for _ in range(rng.randint(14, 30)):
        x, y, r = rng.randint(0, _SIZE[0]), rng.randint(0, _SIZE[1]), rng.randint(6, 34)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(rng, 90), outline=_colour(rng, 160), width=2)
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def _tiles(rng: random.Random) -> Image.Image:
    """A mosaic in warm colours on light mortar."""
    mortar = rng.randint(190, 235)
    picture = Image.new("RGB", _SIZE, (mortar, mortar, mortar - 12))
    draw = ImageDraw.Draw(picture)
    y = 0
    while y < _SIZE[1]:
        high, x = rng.randint(18, 40), -rng.randint(0, 20)
        while x < _SIZE[0]:
            wide = rng.randint(20, 60)
            fill = (rng.randint(120, 250), rng.randint(40, 190), rng.randint(20, 110))
            draw.rectangle((x + 2, y + 2, x + wide - 2, y + high - 2), fill=fill)
            x += wide
        y += high
    return picture.filter(ImageFilter.GaussianBlur(0.5))


def _page(rng: random.Random) -> Image.Image:
    """A page of text."""
    picture = Image.new("RGB", (220, 280), "white")
    draw = ImageDraw.Draw(picture)
    for y in range(14, 266, 11):
        draw.text((14, y), "".join(rng.choice("abcdefghijkl mnopqrstuv ") for _ in range(32)), fill=(25, 25, 25))
    return picture

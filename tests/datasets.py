"""Small image datasets made from code, for tests."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

BROKEN = b"not an image"


def picture(seed: int, side: int = 64) -> Image.Image:
    """Smooth coloured blobs; another seed gives another picture."""
    small = np.random.default_rng(seed).integers(0, 255, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)


def encoded(seed: int, side: int = 64) -> bytes:
    """The picture of a seed as a PNG file; equal seeds give equal bytes."""
    out = io.BytesIO()
    picture(seed, side).save(out, "PNG")
    return out.getvalue()


def write_images(root: Path, images: Mapping[str, int | bytes]) -> Path:
    """Write files below a folder: path -> the seed of its picture, or its bytes."""
    for path, content in images.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(content) if isinstance(content, int) else content)
    return root


CLEAN = {
    f"{split}/{label}/{number}.png": 100 * s + 10 * c + number
    for s, split in enumerate(("train", "test"))
    for c, label in enumerate(("cat", "dog"))
    for number in range(3)
}
"""Twelve different pictures in two splits of two classes."""

PLANTED: dict[str, int | bytes] = {
    **CLEAN,
    "train/cat/again.png": CLEAN["train/cat/0.png"],
    "test/dog/leak.png": CLEAN["train/dog/1.png"],
    "train/dog/broken.jpg": BROKEN,
}
"""The same with one duplicate, one leak and one broken file."""

DATASET = """\
version: 1
dataset:
  root: images
  splits: {train: train, test: test}
  labels: parent_folder
"""
"""The head of a data.yml for these."""


def write_project(folder: Path, expectations: str, images: Mapping[str, int | bytes] = PLANTED) -> Path:
    """Write images/ and a data.yml with the given entries into a folder; give the path of the data.yml."""
    shutil.rmtree(folder / "images", ignore_errors=True)
    write_images(folder / "images", images)
    config = folder / "data.yml"
    lines = [f"  - {line.strip()}\n" for line in expectations.strip().splitlines()]
    config.write_text(DATASET + "expectations:\n" + "".join(lines), encoding="utf-8")
    return config

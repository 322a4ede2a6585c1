"""Procedural pictures and edits for the tests of the search for copies."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fastdup_checks.copies import CopyInputs
from fastdup_checks.detail import is_drawn, keep_detail, restore_detail
from fastdup_checks.statistics import measure_statistics


def photograph(seed: int, size: tuple[int, int] = (240, 180)) -> Image.Image:
    """Something like a photograph: overlapping discs of 1/size frequency (dead leaves), blurred and lit unevenly."""
    rng = np.random.default_rng(seed)
    w, h = size
    im = Image.new("RGB", size, tuple(rng.integers(40, 215, 3).tolist()))
    draw = ImageDraw.Draw(im)
    for radius in np.sort(1 / rng.uniform(1 / 70, 1 / 5, 260))[::-1]:
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        box = (x - radius, y - radius * rng.uniform(0.4, 1), x + radius, y + radius * rng.uniform(0.4, 1))
        draw.ellipse(box, fill=tuple(rng.integers(0, 256, 3).tolist()))
    return im.filter(ImageFilter.GaussianBlur(0.7))


def thumbnail(im: Image.Image) -> np.ndarray:
    return np.asarray(im.convert("RGB").resize((64, 64), Image.Resampling.BICUBIC, reducing_gap=2.0))


def enlarged(pictures: np.ndarray) -> np.ndarray:
    """Thumbnails (n, 64, 64, 3) of luminance (n, 32, 32)."""
    doubled = pictures.repeat(2, axis=1).repeat(2, axis=2).clip(0, 255).astype(np.uint8)
    return np.repeat(doubled[..., None], 3, axis=3)


def embed(thumbnails: np.ndarray) -> np.ndarray:
    """A crude embedding: a colour histogram, which survives most edits of the tests."""
    levels = (thumbnails // 64).astype(int)
    codes = (levels[..., 0] * 16 + levels[..., 1] * 4 + levels[..., 2]).reshape(len(thumbnails), -1)
    counts = np.stack([np.bincount(row, minlength=64) for row in codes]).astype(np.float32)
    counts = np.sqrt(counts)
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def inputs(images: list[Image.Image]) -> CopyInputs:
    thumbnails = np.stack([thumbnail(im) for im in images])
    _, exact = np.unique(thumbnails.reshape(len(images), -1), axis=0, return_inverse=True)
    return CopyInputs(
        count=len(images),
        embeddings=embed(thumbnails),
        width=np.array([im.width for im in images], np.int32),
        height=np.array([im.height for im in images], np.int32),
        exact_group=exact.ravel().astype(np.int32),
        thumbnails=lambda rows: thumbnails[rows],
        drawn=np.array([is_drawn(measure_statistics(im.convert("RGB"), *im.size)) for im in images]),
        details=lambda rows: np.stack([restore_detail(keep_detail(images[row].convert("RGB"))) for row in rows]),
    )

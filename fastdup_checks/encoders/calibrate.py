"""Measure what the cosines of an encoder say of copies, on edits of a dataset's own images."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from fastdup_checks.copies import NEAREST
from fastdup_checks.decode import decode, own_decoder
from fastdup_checks.encoders.calibration import Calibration
from fastdup_checks.encoders.network import OnnxEncoder
from fastdup_checks.encoders.plan import ModelPlan, model_identity
from fastdup_checks.errors import DatasetError, ScanError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis

__all__ = ("EDITS", "calibrate", "rising")

_IMAGES = 200
"""Images that are edited."""

_DEPTHS = tuple(NEAREST * factor for factor in (1, 2, 4, 8, 16))
_ENOUGH = 0.99
"""Of the edits that the largest depth finds, the share that the chosen one must find."""

_OTHERS = 5
"""Of the pictures that are no copies, so many of the nearest are held against each edit."""


def _small_jpeg(rgb: Image.Image) -> Image.Image:
    out = io.BytesIO()
    rgb.resize((max(8, rgb.width // 2), max(8, rgb.height // 2))).save(out, "JPEG", quality=30)
    return Image.open(out).convert("RGB")


def _crop(rgb: Image.Image, share: float) -> Image.Image:
    """Cut the middle out, so many parts of both sides."""
    x, y = rgb.width * (1 - share) / 2, rgb.height * (1 - share) / 2
    return rgb.crop((int(x), int(y), max(int(x) + 1, int(rgb.width - x)), max(int(y) + 1, int(rgb.height - y))))


EDITS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "half size, JPEG": _small_jpeg,
    "crop 80 %": lambda rgb: _crop(rgb, 0.9),
    "crop 50 %": lambda rgb: _crop(rgb, 0.7),
    "mirror": ImageOps.mirror,
    "turned 90°": lambda rgb: rgb.transpose(Image.Transpose.ROTATE_90),
    "grey": lambda rgb: rgb.convert("L").convert("RGB"),
    "brighter": lambda rgb: ImageEnhance.Brightness(rgb).enhance(1.4),
    "border": lambda rgb: ImageOps.expand(rgb, max(1, min(rgb.size) // 10), (0, 0, 0)),
}


def calibrate(analysis: Analysis) -> Calibration:
    """Edit some images of a scan, and see among how many neighbours, and at which cosines, the originals are.

    Pictures that the verification on pixels takes for copies of an original count neither for nor against.

    Raises:
        DatasetError: if there are fewer than 20 different images.
        ScanError: if the vectors are the user's own.
    """
    scan = analysis.scan
    model = scan.settings.model
    if not isinstance(model, ModelPlan):
        raise ScanError("embeddings: edits of the images would need the encoder that made these vectors")
    if len(set(scan.pixels)) < 20:
        raise DatasetError(f"{scan.dataset.root}: a calibration needs at least 20 different images")
    encoder = OnnxEncoder(model)
    same = analysis.cluster_of
    ranks: list[int] = []
    cosines: list[float] = []
    copies: list[bool] = []
    for row in sorted(range(len(scan.images)), key=lambda row: scan.contents[row])[:_IMAGES]:
        data = scan.dataset.reader.read(scan.images[row], at_most=scan.settings.limits.megabytes * 1_000_000)
        with own_decoder(scan.settings.limits):
            rgb = decode(data, scan.settings.limits, side=max(160, encoder.side)).rgb
        edited = encoder.embed([encoder.prepare(edit(rgb)) for edit in EDITS.values()])
        near = np.round(np.einsum("ed,nd->en", edited, scan.vectors, dtype=np.float64), 6)
        others = near[:, same != same[row]]
        ranks += (1 + (others > near[:, row, np.newaxis]).sum(1)).tolist()
        nearest = -np.sort(-others, axis=1)[:, :_OTHERS]
        cosines += [*near[:, row].tolist(), *nearest.reshape(-1).tolist()]
        copies += [True] * len(near) + [False] * nearest.size
    recall = {depth: float(np.mean(np.array(ranks) <= depth)) for depth in _DEPTHS}
    best = recall[_DEPTHS[-1]]
    depth = next(d for d in _DEPTHS if recall[d] >= _ENOUGH * best)
    cosine, probability = rising(np.array(cosines), np.array(copies))
    return Calibration(
        model_identity(model),
        len(ranks),
        {str(d): round(r, 4) for d, r in recall.items()},
        depth,
        tuple(cosine.tolist()),
        tuple(probability.tolist()),
    )


def rising(values: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit the chance of truth as a function that never falls: pool adjacent violators (Ayer et al., 1955).

    Args:
        values: (n,).
        truth: (n,).

    Returns:
        The least and the largest value of each level, ascending, and the level twice: to be joined by straight lines.
    """
    order = np.argsort(values, kind="stable")
    levels: list[list[float]] = []  # least, largest, sum, count
    for value, true in zip(values[order].tolist(), truth[order].tolist(), strict=True):
        levels.append([value, value, float(true), 1.0])
        while len(levels) > 1 and (
            levels[-2][2] / levels[-2][3] >= levels[-1][2] / levels[-1][3] or levels[-2][1] == levels[-1][0]
        ):
            low, high = levels[-2], levels.pop()
            low[1:] = [high[1], low[2] + high[2], low[3] + high[3]]
    cosine = np.array([v for level in levels for v in level[:2]])
    return cosine, np.round(np.repeat([level[2] / level[3] for level in levels], 2), 4)

"""Two views of each picture: a mild one and a strong one that imitates the edits of a copy.

One affine resampling does crop, aspect, flip, turn and shrinking at once; what lies outside the picture is filled with
a colour or with another picture of the batch, which gives borders, letterboxes and pasted copies. Colour is one 3x3
matrix per picture. All randomness comes from the generator given.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

_WEIGHTS = torch.tensor([0.299, 0.587, 0.114])


def _uniform(low: float, high: float, n: int, g: torch.Generator) -> Tensor:
    return torch.rand(n, generator=g) * (high - low) + low


def _chance(p: float, n: int, g: torch.Generator) -> Tensor:
    return torch.rand(n, generator=g) < p


def _pick(condition: Tensor, value: Tensor, otherwise: float) -> Tensor:
    return torch.where(condition, value, torch.full_like(value, otherwise))


def placement(n: int, strong: bool, g: torch.Generator) -> Tensor:
    """Random affine maps (n x 2 x 3) from output to input coordinates in [-1, 1]."""
    area = _uniform(0.2 if strong else 0.5, 1.0, n, g)
    framed = _chance(0.25 if strong else 0.0, n, g)
    area = _pick(~(framed | _chance(0.15, n, g)), area, 1.0)
    ratio = torch.exp(_uniform(-0.25, 0.25, n, g))
    sx, sy = (area.sqrt() * ratio).clamp(max=1), (area.sqrt() / ratio).clamp(max=1)
    tx, ty = (1 - sx) * _uniform(-1, 1, n, g), (1 - sy) * _uniform(-1, 1, n, g)
    angle = _pick(_chance(0.3 if strong else 0.1, n, g), torch.randn(n, generator=g) * 0.12, 0.0)
    mirror = _pick(_chance(0.5, n, g), -torch.ones(n), 1.0)
    flip = torch.ones(n)
    if strong:
        quarter = torch.randint(1, 4, (n,), generator=g) * (math.pi / 2)
        angle = angle + _pick(_chance(0.15, n, g), quarter, 0.0)
        flip = _pick(_chance(0.12, n, g), -flip, 1.0)
        both = _uniform(1.05, 1.6, n, g)
        sx = sx * _pick(framed, both * torch.exp(_uniform(-0.1, 0.1, n, g)), 1.0)
        sy = sy * _pick(framed, both, 1.0)
        tx = _pick(~framed, tx, 0.0) + _pick(framed, (sx - 1).clamp(min=0) * _uniform(-1, 1, n, g), 0.0)
        ty = _pick(~framed, ty, 0.0) + _pick(framed, (sy - 1).clamp(min=0) * _uniform(-1, 1, n, g), 0.0)
    c, s = angle.cos(), angle.sin()
    rows = torch.stack([sx * mirror * c, -sy * flip * s, tx, sx * mirror * s, sy * flip * c, ty], 1)
    return rows.view(n, 2, 3)


def colour(n: int, strong: bool, g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random colour matrices (n x 3 x 3: hue, saturation, gain) and the contrast factor around the mean (n)."""
    h = _pick(_chance(0.35 if strong else 0.1, n, g), torch.randn(n, generator=g) * (0.6 if strong else 0.2), 0.0)
    c, o, w = h.cos(), (1 - h.cos()) / 3, h.sin() / math.sqrt(3)
    hue = torch.stack([c + o, o - w, o + w, o + w, c + o, o - w, o - w, o + w, c + o], 1).view(n, 3, 3)
    keep = _uniform(0.3, 1.6, n, g) if strong else _uniform(0.7, 1.3, n, g)
    keep = _pick(~_chance(0.15 if strong else 0.04, n, g), keep, 0.0).view(n, 1, 1)
    grey = _WEIGHTS.expand(n, 3, 3)
    span = 0.5 if strong else 0.2
    gain = torch.exp(_uniform(-span, span, n, g)).view(n, 1, 1)
    return gain * (grey + keep * (torch.eye(3) - grey)) @ hue, torch.exp(_uniform(-span, span, n, g))


def _fill(x: Tensor, size: int, g: torch.Generator) -> Tensor:
    """What surrounds a shrunk picture: black, white, any colour, or another picture of the batch."""
    n = len(x)
    plain = torch.rand(n, 3, generator=g)
    level = torch.randint(0, 2, (n, 1), generator=g).float().expand(n, 3)
    plain = torch.where(_chance(0.6, n, g)[:, None], level, plain)[:, :, None, None]
    other = F.interpolate(x.roll(1, 0), size=size, mode="bilinear")
    return torch.where(_chance(0.35, n, g).view(n, 1, 1, 1), other, plain)


def _cover(y: Tensor, g: torch.Generator) -> Tensor:
    """Paint one flat bar or box on some pictures, as captions and stickers do."""
    n, _, size, _ = y.shape
    for i in torch.nonzero(_chance(0.15, n, g)).flatten().tolist():
        h, w = (int(v) for v in (torch.rand(2, generator=g) * torch.tensor([0.25, 0.8]) * size + 2))
        top, left = (
            int(torch.randint(0, size - h, (1,), generator=g)),
            int(torch.randint(0, size - w + 1, (1,), generator=g)),
        )
        y[i, :, top : top + h, left : left + w] = torch.rand(3, 1, 1, generator=g)
    return y


def _enlarged(y: Tensor, least: int, most: int, g: torch.Generator) -> Tensor:
    """The same pictures as if they had been small: of a side from ``least`` to below ``most``."""
    small = int(torch.randint(least, most, (1,), generator=g))
    return F.interpolate(
        F.interpolate(y, size=small, mode="bilinear", antialias=True), size=y.shape[-1], mode="bilinear"
    )


def _soften(y: Tensor, g: torch.Generator) -> Tensor:
    """Blur a slice of the batch, by more in larger views, shrink and enlarge another, add noise to a third."""
    n, _, size, _ = y.shape
    a, b, c = n // 6, n // 3, n // 2
    reach = int(torch.randint(1, max(size // 32, 1) + 1, (1,), generator=g))
    for _ in range(2):
        y[:a] = F.avg_pool2d(y[:a], 2 * reach + 1, 1, reach, count_include_pad=False)
    y[a:b] = _enlarged(y[a:b], size // 3, size, g)
    y[b:c] += torch.randn(y[b:c].shape, generator=g) * 0.04
    return y


def view(x: Tensor, size: int, strong: bool, g: torch.Generator) -> Tensor:
    """One random view of each picture.

    Args:
        x: n x 3 x S x S, float32 in [0, 1].
        size: side of the view in pixels.
        strong: imitate the edits of a copy rather than mild changes.
        g: source of all randomness.

    Returns:
        n x 3 x size x size, float32 in [0, 1], channels last.
    """
    n = len(x)
    grid = F.affine_grid(placement(n, strong, g), [n, 3, size, size], align_corners=False)
    matrix, contrast = colour(n, strong, g)
    y = F.grid_sample(x, grid, align_corners=False, padding_mode="border" if strong else "reflection")
    if strong:
        inside = (grid.abs() <= 1).all(-1)[:, None]
        y = torch.where(inside, y, _fill(x, size, g))
        y = _cover(y, g)
    y = torch.bmm(matrix, y.flatten(2)).view_as(y)
    mean = y.mean((1, 2, 3), keepdim=True)
    y = torch.lerp(mean, y, contrast.view(n, 1, 1, 1)).clamp_(0, 1)
    if strong:
        y = _soften(y, g).clamp_(0, 1)
    else:
        some = slice(n // 4, 3 * n // 8)
        y[some] = _enlarged(y[some], size * 3 // 10, size // 2, g)
    return y.contiguous(memory_format=torch.channels_last)

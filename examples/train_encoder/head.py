"""The last linear map, fitted in closed form: it whitens the joined vector on pictures of the training sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import interpolate

if TYPE_CHECKING:
    import numpy.typing as npt
    from dataset import PackedSet
    from network import Encoder
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Whitening:
    """``unit((summary - mean) @ matrix.T)``; ``matrix`` is D x J."""

    mean: npt.NDArray[np.float64]
    matrix: npt.NDArray[np.float64]

    @classmethod
    def fit(
        cls, summaries: npt.NDArray[np.float64], dim: int, power: float, weights: npt.NDArray[np.float64]
    ) -> Whitening:
        """Principal axes of ``summaries`` (n x J) times ``weights`` (J), each divided by its deviation to ``power``.

        Power 0 only turns the axes, 1 whitens.
        """
        mean = summaries.mean(0)
        values, vectors = np.linalg.eigh(np.cov(((summaries - mean) * weights).T))
        top = np.argsort(values)[::-1][:dim]
        scale = (values[top] + 0.01 * values[top[0]]) ** (-power / 2)
        return cls(mean, (vectors[:, top] * scale).T * weights)

    def apply(self, summaries: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Unit vectors (n x D) of ``summaries`` (n x J)."""
        mapped = (summaries - self.mean) @ self.matrix.T
        return np.asarray(mapped / np.linalg.norm(mapped, axis=1, keepdims=True), np.float64)


def pictures_of(images: npt.NDArray[np.uint8], side: int) -> Tensor:
    """Packed pictures (n x S x S x 3) as float32 n x 3 x side x side in [0, 1], antialiased."""
    x = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 255
    return interpolate(x, size=side, mode="bicubic", antialias=True).clamp(0, 1)


def sample(packed: PackedSet, n: int) -> npt.NDArray[np.int64]:
    """Rows of up to ``n`` pictures of ``packed``, drawn with a fixed seed."""
    return np.sort(np.random.default_rng(0).choice(len(packed.images), min(n, len(packed.images)), replace=False))


@torch.no_grad()
def summaries_of(encoder: Encoder, sets: list[PackedSet], side: int, images: int) -> npt.NDArray[np.float64]:
    """Summaries of up to ``images`` pictures of each set."""
    rows = []
    for packed in sets:
        picked = sample(packed, images)
        for part in np.array_split(picked, 1 + len(picked) // 128):
            x = pictures_of(packed.images[part], side).contiguous(memory_format=torch.channels_last)
            rows.append(encoder.summary(x).double().numpy())
    return np.concatenate(rows)

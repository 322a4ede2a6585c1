"""Packed sets and the seeded mixture of them that a training step draws."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate

if TYPE_CHECKING:
    from pathlib import Path

_MOVED = 0.6
"""Share of the things on white ground that are put onto another picture of the batch."""


@dataclass(frozen=True, slots=True)
class PackedSet:
    """One folder written by ``prepare.py``, memory-mapped."""

    name: str
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    n_classes: int
    cover: npt.NDArray[np.bool_] | None = None
    """n x S x S, False where another picture may show, see ``cutout.py``; None where none may."""

    @classmethod
    def open(cls, folder: Path) -> PackedSet:
        """Open ``folder``; a set packed with ``--unlabelled`` has no classes."""
        images = np.load(folder / "images.npy", mmap_mode="r")
        classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
        cover = np.load(folder / "cover.npy", mmap_mode="r") if (folder / "cover.npy").exists() else None
        return cls(folder.name, images, np.load(folder / "labels.npy"), len(classes), cover)


class Mixture:
    """Draws batches from several sets; the classes of all sets share one numbering.

    ``spans[k]`` is the range of class numbers of set ``k``; a row's loss looks only at the logits in its own set's
    range, so that sets with overlapping meanings do not contradict each other.
    """

    def __init__(self, sets: list[PackedSet], weights: list[float], size: int) -> None:
        self.sets = sets
        self.size = size
        self.weights = np.asarray(weights, float) / sum(weights)
        ends = np.cumsum([s.n_classes for s in sets])
        self.spans = [(int(e) - s.n_classes, int(e)) for s, e in zip(sets, ends, strict=True)]
        self.n_classes = int(ends[-1])

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Draw a batch; some of what was cut out lies on other pictures.

        Returns:
            Pictures (n x 3 x size x size, float32 in [0, 1]), class numbers (n; -1 without label) and set numbers (n).
        """
        which = rng.choice(len(self.sets), size=n, p=self.weights)
        pictures = torch.empty(n, 3, self.size, self.size)
        labels = torch.full((n,), -1, dtype=torch.long)
        cut: list[tuple[npt.NDArray[np.int64], Tensor]] = []
        for k in np.unique(which):
            source, rows = self.sets[k], np.flatnonzero(which == k)
            picked = np.sort(rng.choice(len(source.images), len(rows), replace=len(rows) > len(source.images)))
            x = torch.from_numpy(np.ascontiguousarray(source.images[picked])).permute(0, 3, 1, 2).float().div_(255)
            pictures[rows] = self._resized(x)
            if source.cover is not None:
                some = rng.random(len(rows)) < _MOVED
                shown = torch.from_numpy(np.ascontiguousarray(source.cover[picked[some]])).float()
                cut.append((rows[some], self._resized(shown[:, None])))
            known = source.labels[picked]
            labels[rows] = torch.from_numpy(np.where(known >= 0, known + self.spans[k][0], -1))
        whole = pictures.clone() if cut else pictures
        for rows, shown in cut:
            others = whole[rng.integers(0, n, len(rows))]
            pictures[rows] = torch.lerp(others, pictures[rows], shown)
        return pictures, labels, torch.from_numpy(which)

    def _resized(self, x: Tensor) -> Tensor:
        if x.shape[-1] == self.size:
            return x
        return interpolate(x, size=self.size, mode="bilinear", antialias=x.shape[-1] > self.size)

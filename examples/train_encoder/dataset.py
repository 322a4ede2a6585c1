"""Packed sets and the seeded mixture of them that a training step draws."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PackedSet:
    """One folder written by ``prepare.py``, memory-mapped."""

    name: str
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    n_classes: int

    @classmethod
    def open(cls, folder: Path) -> PackedSet:
        """Open ``folder``; a set packed with ``--unlabelled`` has no classes."""
        images = np.load(folder / "images.npy", mmap_mode="r")
        classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
        return cls(folder.name, images, np.load(folder / "labels.npy"), len(classes))


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
        """Draw a batch.

        Returns:
            Pictures (n x 3 x size x size, float32 in [0, 1]), class numbers (n; -1 without label) and set numbers (n).
        """
        which = rng.choice(len(self.sets), size=n, p=self.weights)
        pictures = torch.empty(n, 3, self.size, self.size)
        labels = torch.full((n,), -1, dtype=torch.long)
        for k in np.unique(which):
            source, rows = self.sets[k], np.flatnonzero(which == k)
            picked = np.sort(rng.choice(len(source.images), len(rows), replace=len(rows) > len(source.images)))
            x = torch.from_numpy(np.ascontiguousarray(source.images[picked])).permute(0, 3, 1, 2).float().div_(255)
            if x.shape[-1] != self.size:
                x = torch.nn.functional.interpolate(
                    x, size=self.size, mode="bilinear", antialias=x.shape[-1] > self.size
                )
            pictures[rows] = x
            known = source.labels[picked]
            labels[rows] = torch.from_numpy(np.where(known >= 0, known + self.spans[k][0], -1))
        return pictures, labels, torch.from_numpy(which)

"""The images of a search as it knows them: how they look, and in which order they stand."""

from __future__ import annotations

import zlib
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.copies.coarse import Descriptions
from fastdup_checks.copies.memory import places_in
from fastdup_checks.copies.nearest import whole_numbers
from fastdup_checks.copies.pictures import grey, shrink
from fastdup_checks.copies.windows import UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_checks.copies.memory import Memory
    from fastdup_checks.copies.pairs import CopyInputs

__all__ = ("Subjects", "describe")

_ROWS = 512
"""Pictures described at a time."""
_KEPT = 1 << 17
"""Up to this many small pictures are kept, some 270 MB; of more than that each is made again when it is looked at."""


class Subjects:
    """Images that are all different, in an order that follows from what they are; arrays have a row for each."""

    def __init__(self, inputs: CopyInputs, rows: NDArray[np.int64], memory: Memory | None) -> None:
        """Get to know some rows of the inputs, one for each picture."""
        self.inputs, self.count = inputs, len(rows)
        self._small: list[NDArray[np.int16]] = []
        names = np.zeros(self.count, np.uint64) if inputs.names is None else inputs.names[rows]
        described = self._describe(rows, names, memory)
        self.order = _standard_order(inputs.width[rows], inputs.height[rows], described["check"])
        """Which of the rows that were given stands at each place."""
        self.rows, self.names = rows[self.order], names[self.order]
        self.described = {name: column[self.order] for name, column in described.items()}
        self.descriptions = Descriptions(*(self.described[field.name] for field in fields(Descriptions)))
        self._small = [np.concatenate(self._small)[self.order]] if self._small else []
        self.drawn = inputs.drawn[self.rows]
        self.width, self.height = inputs.width[self.rows], inputs.height[self.rows]
        self.shape = (self.width / self.height).astype(np.float32)
        self.size = np.minimum(self.width, self.height).astype(np.float32)

    def _describe(
        self, rows: NDArray[np.int64], names: NDArray[np.uint64], memory: Memory | None
    ) -> dict[str, NDArray[Any]]:
        """Describe the pictures of some images, as far as they are not known."""
        known = np.full(len(rows), -1) if memory is None else places_in(names, memory.pictures)
        new = np.flatnonzero(known < 0)
        parts = []
        for start in range(0, len(new), _ROWS):
            thumbnails = self.inputs.thumbnails(rows[new[start : start + _ROWS]])
            small = shrink(thumbnails)
            parts.append(describe(thumbnails, grey(small)))
            if len(new) == self.count <= _KEPT:
                self._small.append(small)
        fresh = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
        if memory is None or len(new) == len(rows):
            return fresh
        columns = {}
        for name, column in memory.described.items():
            columns[name] = column[known]
            if fresh:
                columns[name][new] = fresh[name]
        return columns

    def thumbnails(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """RGB (rows, 64, 64, 3)."""
        return self.inputs.thumbnails(self.rows[rows])

    def details(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Luminance (rows, 192, 192) of drawn pictures."""
        return self.inputs.details(self.rows[rows])

    def pictures(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Luminance (rows, 32, 32)."""
        return grey(self._small[0][rows] if self._small else shrink(self.thumbnails(rows)))

    def similarity(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of the embeddings of pairs, exact as those of `nearest`."""
        some, place = np.unique(np.concatenate([first, second]), return_inverse=True)
        vectors, middle = self._whole(some), len(first)
        cosine: NDArray[np.float32] = np.einsum("pd,pd->p", vectors[place[:middle]], vectors[place[middle:]])
        return cosine / np.float32(UNIT * UNIT)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """(n, d) the embeddings as whole numbers; a search that knows the neighbours hardly ever needs them."""
        return self._whole(np.arange(self.count))

    def _whole(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return whole_numbers(self.inputs.embeddings[self.rows[rows]])


def describe(thumbnails: NDArray[np.uint8], pictures: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """What the search remembers of pictures: thumbnails (n, 64, 64, 3), luminance (n, 32, 32)."""
    described = Descriptions.of(pictures, thumbnails)
    columns: dict[str, NDArray[Any]] = {field.name: getattr(described, field.name) for field in fields(Descriptions)}
    columns["check"] = np.array([zlib.crc32(thumbnail.tobytes()) for thumbnail in thumbnails], np.int64)
    return columns


def _standard_order(width: NDArray[np.int32], height: NDArray[np.int32], check: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order different images by what they are, not by where they stand: the largest first, then by content."""
    return np.lexsort((check, -width.astype(np.int64), -width.astype(np.int64) * height))

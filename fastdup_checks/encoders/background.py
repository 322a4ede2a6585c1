"""What pictures in general look like to an encoder: the mean and the covariance of its vectors, carried by its file.

Beside them a dataset's own distribution says what belongs to it and what does not. They are a metadata entry of the
ONNX file, written when it is exported, so that they cannot be of another encoder, and the seal covers them.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.encoders.plan import ModelPlan, read_model
from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastdup_checks.encoders.plan import EncoderPlan

__all__ = ("KEY", "Background", "background_of")

KEY = "fastdup_checks.background"
_METADATA = 14
"""Field of ModelProto."""


@dataclass(frozen=True, slots=True)
class Background:
    """How the vectors of all kinds of pictures vary."""

    mean: NDArray[np.float64]
    """(d,)"""
    covariance: NDArray[np.float64]
    """(d, d)"""

    @classmethod
    def measure(cls, vectors: NDArray[np.floating]) -> Background:
        """Of (n, d) vectors of all kinds of pictures."""
        wide = vectors.astype(np.float64)
        return cls(wide.mean(0), np.cov(wide.T))

    def to_text(self) -> str:
        """The mean and the upper triangle of the covariance, as little-endian float32 in base64."""
        numbers = np.concatenate([self.mean, self.covariance[np.triu_indices(len(self.mean))]])
        return base64.b64encode(numbers.astype("<f4").tobytes()).decode()

    @classmethod
    def from_text(cls, text: bytes) -> Background:
        """What `to_text` wrote.

        Raises:
            ValueError: if it is something else.
        """
        numbers = np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float64)
        d = int((np.sqrt(9 + 8 * len(numbers)) - 3) / 2)
        if d < 1 or d * (d + 3) // 2 != len(numbers) or not np.isfinite(numbers).all():
            raise ValueError("not a mean and a covariance")
        covariance = np.zeros((d, d))
        covariance[np.triu_indices(d)] = numbers[d:]
        return cls(numbers[:d], covariance + np.triu(covariance, 1).T)


def background_of(plan: EncoderPlan, length: int) -> Background | None:
    """The background that an encoder's file carries; None where it carries none, or is not a file here.

    Args:
        plan: what the configuration says of the encoder.
        length: d of its vectors, 0 where there are none.

    Raises:
        ScanError: if the file cannot be read, or its background is damaged or of other vectors.
    """
    if not length or not isinstance(plan, ModelPlan) or not isinstance(plan.source, Path):
        return None
    text = _metadata(read_model(plan.source)).get(KEY.encode())
    if text is None:
        return None
    try:
        found = Background.from_text(text)
    except ValueError as error:
        raise ScanError(f"{plan.source}: its {KEY} cannot be read ({error}); export the model again") from error
    if len(found.mean) != length:
        raise ScanError(f"{plan.source}: its {KEY} is of vectors of length {len(found.mean)}, not {length}")
    return found


def _metadata(model: bytes) -> dict[bytes, bytes]:
    """Key -> value of all metadata entries; none of what is no protocol buffer, which running it tells."""
    try:
        entries = [dict(_fields(value)) for number, value in _fields(memoryview(model)) if number == _METADATA]
    except LookupError:
        return {}
    return {bytes(entry.get(1, b"")): bytes(entry.get(2, b"")) for entry in entries}


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of the fields of a protocol buffer that have a length; others are passed over."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 2:
            length, at = _varint(message, at)
            yield tag >> 3, message[at : at + length]
            at += length
        elif kind == 0:
            _, at = _varint(message, at)
        else:
            at += {1: 8, 5: 4}[kind]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at

"""A record -> what the scan keeps of its image: read, decoded, measured and made ready for the encoder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastdup_checks.encoders.plan import ModelPlan
from fastdup_checks.store import Measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_checks.encoders.encoder import Encoder
    from fastdup_checks.records import Dataset, Record, Stamp
    from fastdup_checks.scan import Settings

__all__ = ("THUMBNAIL_SIDE", "Read", "Worker")

THUMBNAIL_SIDE = 64
"""Pixels of the square thumbnail that near-duplicates are verified on."""


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one record on the way through a worker."""

    record: Record
    stamp: Stamp | None
    content: bytes | None
    failure: str | None = None
    measured: Measured | None = None
    prepared: NDArray[Any] | None = None
    """What the encoder has yet to turn into a vector."""
    vector: bytes | None = None


class Worker:
    """Measures shards of records; called by several threads at once.

    An engine of another kind may make workers of its own where the images are; `known` is what they need of this one.
    """

    def __init__(
        self,
        dataset: Dataset,
        settings: Settings,
        stamps: dict[str, Stamp | None],
        known: set[bytes],
        encoder: Encoder | None,
    ) -> None:
        self._reader = dataset.reader
        self._limits = settings.limits
        self._stamps = stamps
        self.known = known
        """Contents that need not be measured."""
        if encoder is None:
            from fastdup_checks.encoders.network import OnnxEncoder  # neither it nor Pillow is always needed

            assert isinstance(settings.model, ModelPlan)
            encoder = OnnxEncoder(settings.model)
        self._encoder: Encoder = encoder

    def __call__(self, shard: Sequence[Record]) -> list[Read]:
        """Read, measure and embed the images of a shard."""
        reads = [self._measure(record) for record in shard]
        prepared = [read.prepared for read in reads if read.prepared is not None]
        vectors = iter(self._encoder.embed(prepared) if prepared else ())
        return [
            read if read.prepared is None else replace(read, prepared=None, vector=next(vectors).tobytes())
            for read in reads
        ]

    def _measure(self, record: Record) -> Read:
        from fastdup_checks.decode import Unreadable, decode, squash
        from fastdup_checks.statistics import measure_statistics

        stamp = self._stamps[record.path]
        try:
            data = self._reader.read(record, at_most=self._limits.megabytes * 1_000_000)
        except OSError as error:
            return Read(record, stamp, None, failure=f"cannot be read: {error.strerror or error}")
        content = hashlib.sha256(data).digest()
        if content in self.known:
            return Read(record, stamp, content)
        try:
            picture = decode(data, self._limits)
        except Unreadable as error:
            return Read(record, stamp, content, measured=Measured(content, str(error), len(data)))
        statistics = measure_statistics(picture.rgb, picture.width, picture.height)
        thumbnail = squash(picture.rgb, THUMBNAIL_SIDE)
        measured = Measured(
            content,
            None,
            len(data),
            picture.width,
            picture.height,
            picture.format,
            picture.mode,
            picture.digest,
            statistics.tobytes(),
            thumbnail.tobytes(),
        )
        if self._encoder.square == THUMBNAIL_SIDE:
            return Read(record, stamp, content, measured=measured, prepared=thumbnail)
        rgb = picture.rgb
        if min(rgb.size) < min(self._encoder.side, picture.width, picture.height):
            # It was decoded at a reduced scale, below what this encoder can see. Measured it is as with any other.
            rgb = decode(data, self._limits, side=self._encoder.side).rgb
        return Read(record, stamp, content, measured=measured, prepared=self._encoder.prepare(rgb))

"""A record -> what the scan keeps of its image: read, decoded, measured and made ready for the encoder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from fastdup_checks.encoders.plan import ModelPlan
from fastdup_checks.store import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from fastdup_checks.decode import Picture
    from fastdup_checks.encoders.encoder import Encoder
    from fastdup_checks.records import Dataset, Record, Stamp
    from fastdup_checks.scan import Settings

__all__ = ("THUMBNAIL_SIDE", "Read", "Worker")

THUMBNAIL_SIDE = 64
"""Pixels of the square thumbnail that near-duplicates are verified on."""

_BYTES, _PIXELS = 16_000_000, 4_000_000
"""Files and pictures in memory at a time, a worker, but for single ones that are larger."""

Thing = TypeVar("Thing")


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


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file that was read, and its picture where there is one that is to be measured."""

    read: Read
    data: bytes = b""
    picture: Picture | None = None


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
        """Read, measure and embed the images of a shard.

        Each step is taken for many images in a row: the code and the tables of one library then stay in the cache of
        the processor, which takes a sixth of the time off.
        """
        reads: list[Read] = []
        for records in _portions(shard, self._size, _BYTES):
            files = [self._read(record) for record in records]
            for some in _portions(map(self._open, files), _pixels, _PIXELS):
                reads += self._measure(some)
        prepared = [read.prepared for read in reads if read.prepared is not None]
        vectors = iter(self._encoder.embed(prepared) if prepared else ())
        return [
            read if read.prepared is None else replace(read, prepared=None, vector=next(vectors).tobytes())
            for read in reads
        ]

    def _size(self, record: Record) -> int:
        stamp = self._stamps[record.path]
        return stamp.size if stamp is not None else 0

    def _read(self, record: Record) -> tuple[Read, bytes]:
        """The bytes of a file, and what names them."""
        stamp = self._stamps[record.path]
        try:
            data = self._reader.read(record, at_most=self._limits.megabytes * 1_000_000)
        except OSError as error:
            return Read(record, stamp, None, failure=f"cannot be read: {error.strerror or error}"), b""
        content = hashlib.sha256(data).digest()
        return Read(record, stamp, content), data

    def _open(self, file: tuple[Read, bytes]) -> _Opened:
        from fastdup_checks.decode import TooLargeHere, Unreadable, decode

        read, data = file
        if read.content is None or read.content in self.known:
            return _Opened(read)
        try:
            return _Opened(read, data, decode(data, self._limits))
        except TooLargeHere as error:  # what is kept of a content must hold everywhere
            return _Opened(replace(read, content=None, failure=str(error)))
        except Unreadable as error:
            return _Opened(replace(read, measured=Measured(read.content, str(error), len(data))))

    def _measure(self, opened: Sequence[_Opened]) -> list[Read]:
        from fastdup_checks.decode import squash
        from fastdup_checks.statistics import measure_statistics

        pictures = [one.picture for one in opened if one.picture is not None]
        statistics = iter([measure_statistics(p.rgb, p.width, p.height) for p in pictures])
        thumbnails = iter([squash(p.rgb, THUMBNAIL_SIDE) for p in pictures])
        return [
            one.read if one.picture is None else self._ready(one, one.picture, next(statistics), next(thumbnails))
            for one in opened
        ]

    def _ready(self, opened: _Opened, picture: Picture, statistics: np.void, thumbnail: NDArray[np.uint8]) -> Read:
        """What is known of a picture, and what the encoder takes of it."""
        from fastdup_checks.detail import is_drawn, keep_detail

        read, data = opened.read, opened.data
        assert read.content is not None
        measured = Measured(
            read.content,
            None,
            len(data),
            picture.width,
            picture.height,
            picture.format,
            picture.mode,
            picture.digest,
            statistics.tobytes(),
            thumbnail.tobytes(),
            keep_detail(picture.rgb) if is_drawn(statistics) else b"",
        )
        if self._encoder.square == THUMBNAIL_SIDE:
            return replace(read, measured=measured, prepared=thumbnail)
        rgb = picture.rgb
        if min(rgb.size) < min(self._encoder.side, picture.width, picture.height):
            from fastdup_checks.decode import decode

            # It was decoded at a reduced scale, below what this encoder can see. Measured it is as with any other.
            rgb = decode(data, self._limits, side=self._encoder.side).rgb
        return replace(read, measured=measured, prepared=self._encoder.prepare(rgb))


def _pixels(opened: _Opened) -> int:
    picture = opened.picture
    return picture.rgb.width * picture.rgb.height if picture is not None else 0


def _portions(things: Iterable[Thing], weight: Callable[[Thing], int], most: int) -> Iterator[list[Thing]]:
    """Runs of things that weigh no more than `most` together, but for single ones that weigh more."""
    run: list[Thing] = []
    total = 0
    for thing in things:
        if run and total + weight(thing) > most:
            yield run
            run, total = [], 0
        run.append(thing)
        total += weight(thing)
    if run:
        yield run

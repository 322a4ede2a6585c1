"""Dataset -> Scan: every image read, hashed, measured and embedded once, and remembered by its content."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from fastdup_checks.detail import is_drawn
from fastdup_checks.encoders.plan import DEFAULT, ModelPlan, model_key
from fastdup_checks.encoders.vectors import Blind, OwnVectors, vectors_key
from fastdup_checks.engine import ThreadEngine
from fastdup_checks.progress import Silent
from fastdup_checks.statistics import STATISTICS
from fastdup_checks.store import Store
from fastdup_checks.worker import THUMBNAIL_SIDE, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.encoders.encoder import Encoder
    from fastdup_checks.encoders.plan import EncoderPlan
    from fastdup_checks.engine import Engine
    from fastdup_checks.limits import Limits
    from fastdup_checks.progress import Progress
    from fastdup_checks.records import Dataset, Record
    from fastdup_checks.worker import Read

__all__ = ("Broken", "Scan", "Settings", "scan")

_SHARD = 32
_SAVE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How to scan; what a scan depends on beside the images."""

    cache: Path
    """Directory of the store."""
    limits: Limits
    model: EncoderPlan = DEFAULT
    threads: int | None = None
    """None: one for each core."""
    neighbours: int | None = None
    """Neighbours by embedding among which copies are looked for, where a calibration says how many."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that is not a readable image."""

    record: Record
    reason: str
    content: bytes | None
    """SHA-256 of the bytes, or None where not even those could be read."""


@dataclass(frozen=True, slots=True)
class Scan:
    """All that is known of a dataset's images. Row i of every array belongs to images[i]."""

    dataset: Dataset
    images: tuple[Record, ...]
    """The readable images, in the order of their paths."""
    broken: tuple[Broken, ...]
    """The others, likewise."""
    contents: tuple[bytes, ...]
    """SHA-256 of each image's bytes."""
    pixels: tuple[bytes, ...]
    """Digest of each image's pixels."""
    width: NDArray[np.int32]
    height: NDArray[np.int32]
    """Pixels, (n,)."""
    file_size: NDArray[np.int64]
    """Bytes, (n,)."""
    formats: tuple[str, ...]
    modes: tuple[str, ...]
    statistics: NDArray[np.void]
    """(n,) of `fastdup_checks.statistics.STATISTICS`."""
    vectors: NDArray[np.float32]
    """Embeddings of length 1, (n, d)."""
    encoder: str
    """Key of the encoder that made the vectors."""
    decoder: str
    measured: int
    """How many contents were decoded and embedded now, rather than taken from the cache."""
    settings: Settings

    @property
    def size(self) -> int:
        """How many images were found, broken ones included."""
        return len(self.images) + len(self.broken)

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """(n,) which pictures count as drawn; of these there are details."""
        return is_drawn(self.statistics)

    def fingerprint(self) -> str:
        """Names the scanned contents and how they were measured, whatever the files are called."""
        digest = hashlib.sha256(f"{self.encoder} {self.decoder}".encode())
        for content in self.contents:
            digest.update(content)
        return digest.hexdigest()

    def thumbnails(self, rows: NDArray[np.int64], store: Store) -> NDArray[np.uint8]:
        """The thumbnails of some images, uint8 (len(rows), 64, 64, 3), RGB, from the store of the scan."""
        return store.thumbnails(
            [self.contents[row] for row in rows.tolist()], decoder=self.decoder, side=THUMBNAIL_SIDE
        )

    def details(self, rows: NDArray[np.int64], store: Store) -> NDArray[np.uint8]:
        """The details of some drawn pictures, uint8 (len(rows), 192, 192), grey, from the store of the scan."""
        return store.details([self.contents[row] for row in rows.tolist()], decoder=self.decoder)


def decoder_key(limits: Limits) -> str:
    """Names the way of decoding in the cache: ours, and the library's, whose pixels may change between releases.

    What is refused for its size depends on the limits.
    """
    from fastdup_checks.decode import DECODER_VERSION

    refused = f"{limits.megabytes}-MB/{limits.megapixels}-megapixels"
    return f"{DECODER_VERSION}/pillow-{metadata.version('pillow')}/{refused}"


def scan(
    dataset: Dataset,
    settings: Settings,
    *,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
    engine: Engine | None = None,
) -> Scan:
    """Scan a dataset; what the store knows by content is not decoded or embedded again.

    An interrupted scan keeps what it has done. Several processes may scan the same dataset: one works, the others wait
    and then read its results.

    Raises:
        ScanError: if the cache cannot be used or the model is not usable. A bad image never raises; it is in
            `Scan.broken`.
        DatasetError: if the user's own vectors are not whole: see `OwnVectors`.
        MissingExtra: if the model lies on the Hub and `huggingface_hub` is not installed.
    """
    decoder = decoder_key(settings.limits)
    own = None
    if encoder is not None:
        key = encoder.key
    elif isinstance(settings.model, ModelPlan):
        key = model_key(settings.model)
    else:
        own, encoder = OwnVectors(settings.model), Blind()
        key = encoder.key
    progress = progress or Silent()
    with Store(settings.cache) as store:
        lock = hashlib.sha256(f"{dataset.reader.key} {key}".encode()).hexdigest()[:16]
        with FileLock(settings.cache / f"scan-{lock}.lock"):
            contents, failures, measured = _measure_missing(
                dataset,
                settings,
                store,
                progress,
                decoder=decoder,
                key=_stored(key, decoder),
                encoder=encoder,
                engine=engine,
            )
        found = _assemble(dataset, settings, store, contents, failures, measured, decoder=decoder, key=key)
    if own is None:
        return found
    vectors = own.take([record.path for record in found.images])
    return replace(found, vectors=vectors, encoder=vectors_key(vectors))


def _stored(encoder: str, decoder: str) -> str:
    """Names vectors in the store: what an encoder gives depends on the pixels it is given."""
    return f"{encoder} {decoder}"


def _measure_missing(
    dataset: Dataset,
    settings: Settings,
    store: Store,
    progress: Progress,
    *,
    decoder: str,
    key: str,
    encoder: Encoder | None,
    engine: Engine | None,
) -> tuple[dict[str, bytes], dict[str, str], int]:
    """Bring the store up to date; give each path's content, or why it has none, and how many were measured."""
    place, seen_ns = dataset.reader.key, time.time_ns()
    stamps = {r.path: dataset.reader.stamp(r) for r in dataset.records}
    contents = store.contents(place, {path: stamp for path, stamp in stamps.items() if stamp is not None})
    complete = store.complete(contents.values(), decoder=decoder, encoder=key)
    contents = {path: content for path, content in contents.items() if content in complete}
    wanted = [r for r in dataset.records if r.path not in contents]
    failures: dict[str, str] = {}
    if not wanted:
        return contents, failures, 0
    from fastdup_checks.decode import own_decoder  # Pillow is not needed where everything is known

    worker = Worker(dataset, settings, stamps, store.all_complete(decoder=decoder, encoder=key), encoder)
    measured = 0
    unsaved: list[Read] = []
    saved_at = time.monotonic()
    progress.start("scanning", len(wanted))
    engine = engine or ThreadEngine(settings.threads)
    shards = (wanted[i : i + _SHARD] for i in range(0, len(wanted), _SHARD))
    try:
        with own_decoder(settings.limits):
            for done in engine.map(worker, shards):
                for read in done:
                    if read.content is None:
                        failures[read.record.path] = read.failure or "unreadable"
                    else:
                        contents[read.record.path] = read.content
                    measured += read.measured is not None
                unsaved += done
                progress.advance(len(done))
                if time.monotonic() - saved_at > _SAVE_SECONDS:
                    _save(store, place, unsaved, seen_ns=seen_ns, decoder=decoder, key=key)
                    unsaved, saved_at = [], time.monotonic()
    finally:
        _save(store, place, unsaved, seen_ns=seen_ns, decoder=decoder, key=key)
        progress.finish()
    return contents, failures, measured


def _save(store: Store, place: str, reads: Sequence[Read], *, seen_ns: int, decoder: str, key: str) -> None:
    store.remember(
        place,
        [(r.record.path, r.stamp, r.content) for r in reads if r.stamp is not None and r.content is not None],
        [r.measured for r in reads if r.measured is not None],
        [(r.measured.content, r.vector) for r in reads if r.measured is not None and r.vector is not None],
        seen_ns=seen_ns,
        decoder=decoder,
        encoder=key,
    )


def _assemble(
    dataset: Dataset,
    settings: Settings,
    store: Store,
    contents: dict[str, bytes],
    failures: dict[str, str],
    measured: int,
    *,
    decoder: str,
    key: str,
) -> Scan:
    known = {m.content: m for m in store.pictures(contents.values(), decoder=decoder)}
    images: list[Record] = []
    broken: list[Broken] = []
    for record in dataset.records:
        content = contents.get(record.path)
        if content is None:
            broken.append(Broken(record, failures[record.path], None))
        elif (failure := known[content].failure) is not None:
            broken.append(Broken(record, failure, content))
        else:
            images.append(record)
    rows = [known[contents[record.path]] for record in images]
    return Scan(
        dataset=dataset,
        images=tuple(images),
        broken=tuple(broken),
        contents=tuple(m.content for m in rows),
        pixels=tuple(m.pixels for m in rows),
        width=np.array([m.width for m in rows], dtype=np.int32),
        height=np.array([m.height for m in rows], dtype=np.int32),
        file_size=np.array([m.size for m in rows], dtype=np.int64),
        formats=tuple(m.format for m in rows),
        modes=tuple(m.mode for m in rows),
        statistics=np.frombuffer(b"".join(m.statistics for m in rows), dtype=STATISTICS),
        vectors=_vectors(
            [m.content for m in rows], store.vectors((m.content for m in rows), encoder=_stored(key, decoder))
        ),
        encoder=key,
        decoder=decoder,
        measured=measured,
        settings=settings,
    )


def _vectors(contents: Sequence[bytes], stored: Iterable[tuple[bytes, bytes]]) -> NDArray[np.float32]:
    known = dict(stored)
    parts = [known[content] for content in dict.fromkeys(contents)]
    if not parts:
        return np.zeros((0, 0), dtype=np.float32)
    vectors = np.frombuffer(b"".join(parts), dtype=np.float32).reshape(len(parts), -1)
    if len(parts) == len(contents):
        return vectors
    place = {content: row for row, content in enumerate(dict.fromkeys(contents))}
    return vectors[[place[content] for content in contents]]

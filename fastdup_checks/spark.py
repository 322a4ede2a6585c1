"""Looks at the images of a Spark data frame where its partitions are.

The executors need this package, pandas and pyarrow, and must be able to read the images; Great Expectations they do
not need.
"""

from __future__ import annotations

import pickle
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyspark import StorageLevel
from pyspark.sql import functions
from pyspark.sql.types import BinaryType, StringType

from fastdup_checks.decode import own_decoder
from fastdup_checks.encoders.network import OnnxEncoder
from fastdup_checks.encoders.plan import DEFAULT, ModelPlan
from fastdup_checks.encoders.vectors import Blind
from fastdup_checks.errors import ScanError
from fastdup_checks.records import Stamp
from fastdup_checks.table import Row, find_stamps, image_name, image_of, open_table, text_of
from fastdup_checks.worker import Read, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pyspark.sql import Column, DataFrame

    from fastdup_checks.encoders.encoder import Encoder
    from fastdup_checks.encoders.plan import EncoderPlan
    from fastdup_checks.records import Record
    from fastdup_checks.scan import Settings
    from fastdup_checks.table import TableReader

__all__ = ("SparkEngine", "list_images", "not_among")

_LISTING = "name string, split string, label string, `group` string, size long, changed_ns long"
_MEASURED = "name string, content binary, failure string, measured binary, vector binary"
_AT_ONCE = 64
"""Images whose results travel together: about a megabyte."""
_LITERALS = 1000
"""Names that are written into a query; more of them are sent to Python, which is slower to start."""


def list_images(frame: DataFrame, columns: Mapping[str, str], root: Path) -> tuple[list[Row], dict[str, Stamp | None]]:
    """Name the images of a data frame, and find out whether they have changed.

    Args:
        frame: the table.
        columns: "image", "split", "label", "group" -> name of the column.
        root: the folder that relative paths are relative to, on the executors.

    Returns:
        The rows that have an image, with its name in the place of its bytes; and name -> stamp.
    """
    some = frame.select(*(_column(name).alias(what) for what, name in columns.items()))
    listed = some.where(functions.col("image").isNotNull()).mapInPandas(
        partial(_list_partition, column=columns["image"], root=root), _LISTING
    )
    rows, stamps = [], {}
    for row in listed.toLocalIterator(prefetchPartitions=True):
        rows.append(Row(row["name"], row["split"], row["label"], row["group"]))
        stamps[row["name"]] = None if row["size"] is None else Stamp(row["size"], row["changed_ns"])
    return rows, stamps


def not_among(frame: DataFrame, column: str, names: frozenset[str] | None) -> Column:
    """Whether the image of a row is none of those named; never, where the names are not known.

    Args:
        frame: the table.
        column: of the images.
        names: see `fastdup_checks.table.image_name`.
    """
    if names is None:
        return functions.lit(False)
    if isinstance(frame.schema[column].dataType, StringType) and len(names) <= _LITERALS:
        return ~_column(column).isin(sorted(names))

    @functions.pandas_udf("boolean")
    def absent(values: pd.Series) -> pd.Series:
        fine = [
            missing or image_name(image_of(value, column)) not in names
            for value, missing in zip(values.tolist(), values.isna().tolist(), strict=True)
        ]
        return pd.Series(fine, dtype=bool)

    found: Column = absent(_column(column))
    return found


class SparkEngine:
    """Runs a scan on the executors."""

    def __init__(self, frame: DataFrame, column: str, reader: TableReader, settings: Settings) -> None:
        """Read images as the data frame holds or names them.

        Args:
            frame: the table.
            column: of the images.
            reader: of the table; its root is one on the executors.
            settings: how to scan; a model other than the bundled one must be there on the executors.
        """
        self._images = frame.select(_column(column).alias("image")).where(functions.col("image").isNotNull())
        self._reader = reader
        self._settings = settings

    def map(self, work: Worker, shards: Iterable[Sequence[Record]]) -> Iterator[list[Read]]:
        """Measure the images of the shards; `work` says what is known already, the order is that of arrival."""
        wanted = {record.path: record for shard in shards for record in shard}
        images = self._spread(len(wanted))
        measure = partial(
            _measure_partition,
            wanted=frozenset(wanted),
            known=frozenset(work.known),
            root=self._reader.root,
            settings=self._settings,
            bundled=self._settings.model == DEFAULT,
        )
        measured = images.mapInPandas(measure, _MEASURED).persist(StorageLevel.DISK_ONLY)
        try:
            measured.count()  # all partitions at once; the iterator below takes them one by one
            batch: list[Read] = []
            for row in measured.toLocalIterator():
                record = wanted.pop(row["name"], None)
                if record is not None:  # the same image may be in two partitions
                    batch.append(_read(row, record, self._reader.stamp(record)))
                if len(batch) >= _AT_ONCE:
                    yield batch
                    batch = []
            yield batch
        finally:
            measured.unpersist()
        if wanted:
            raise ScanError(f"Spark gave nothing back for {len(wanted)} images: {next(iter(wanted))}, ...")

    def _spread(self, count: int) -> DataFrame:
        """The images, each once where that is cheap, in enough partitions for all cores."""
        images = self._images
        cores = images.sparkSession.sparkContext.defaultParallelism
        if isinstance(images.schema["image"].dataType, BinaryType):
            return images if images.rdd.getNumPartitions() >= cores else images.repartition(cores)
        return images.distinct().repartition(max(1, min(4 * cores, count // _AT_ONCE + 1)))


def _column(name: str) -> Column:
    return functions.col("`" + name.replace("`", "``") + "`")


def _list_partition(frames: Iterable[pd.DataFrame], *, column: str, root: Path) -> Iterator[pd.DataFrame]:
    for frame in frames:
        images = [image_of(value, column) for value in frame.pop("image").tolist()]
        names = [image_name(image) for image in images]
        held = {name: image for name, image in zip(names, images, strict=True) if isinstance(image, bytes)}
        stamps = find_stamps(list(dict.fromkeys(names)), root, held)
        listed = pd.DataFrame({"name": pd.Series(names, dtype=object)})
        for what in ("split", "label", "group"):
            values = frame[what].astype(object).where(frame[what].notna(), None).tolist() if what in frame else None
            listed[what] = pd.Series([text_of(v) for v in values] if values else [None] * len(names), dtype=object)
        for field in ("size", "changed_ns"):
            listed[field] = pd.array([getattr(stamps[name], field, None) for name in names], dtype="Int64")
        yield listed


def _measure_partition(
    frames: Iterable[pd.DataFrame],
    *,
    wanted: frozenset[str],
    known: frozenset[bytes],
    root: Path,
    settings: Settings,
    bundled: bool,
) -> Iterator[pd.DataFrame]:
    encoder = _encoder(DEFAULT if bundled else settings.model)
    done: set[str] = set()
    for frame in frames:
        rows = {image_name(image): Row(image) for value in frame["image"] for image in [image_of(value, "image")]}
        names = [name for name in rows if name in wanted and name not in done]
        done.update(names)
        for start in range(0, len(names), _AT_ONCE):
            bare = open_table([rows[name] for name in names[start : start + _AT_ONCE]], root, stamps={})
            worker = Worker(bare, settings, dict.fromkeys(names), set(known), encoder)
            with own_decoder(settings.limits):
                reads = worker(bare.records)
            yield pd.DataFrame([_row(read) for read in reads])


@cache
def _encoder(model: EncoderPlan) -> Encoder:
    return OnnxEncoder(model) if isinstance(model, ModelPlan) else Blind()


def _row(read: Read) -> dict[str, Any]:
    return {
        "name": read.record.path,
        "content": read.content,
        "failure": read.failure,
        "measured": None if read.measured is None else pickle.dumps(read.measured),
        "vector": read.vector,
    }


def _read(row: Any, record: Record, stamp: Stamp | None) -> Read:
    if row["content"] is None:
        return Read(record, stamp, None, failure=row["failure"])
    # From our own executors, which run the code that is sent to them anyhow.
    measured = None if row["measured"] is None else pickle.loads(row["measured"])  # noqa: S301
    vector = None if row["vector"] is None else bytes(row["vector"])
    return Read(record, stamp, bytes(row["content"]), measured=measured, vector=vector)

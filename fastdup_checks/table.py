"""A table of images as a dataset: one row an image, named by a path or a URL or held as bytes.

Rows are samples, as a training run counts them: a file that two rows name is there twice, and where the two rows are in
two splits it leaks. So every row becomes a record; each file is still read and measured once.
"""

from __future__ import annotations

import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import numpy as np

from fastdup_checks.errors import DatasetError
from fastdup_checks.folder import FolderReader, read_file, stamp_of
from fastdup_checks.records import Dataset, Record, Stamp, order_splits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from fastdup_checks.scan import Scan

__all__ = (
    "Row",
    "TableReader",
    "dress",
    "find_stamps",
    "image_name",
    "image_of",
    "open_table",
    "text_of",
)

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_URL_THREADS = 16
"""Requests for stamps under way at once: they wait for the network, not for a core."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    image: str | bytes
    """Path (absolute, or relative to the root), URL, or the bytes of an image file."""
    split: str | None = None
    label: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads the images that a table names."""

    root: Path
    """What relative paths are relative to."""
    held: Mapping[str, bytes] = field(default_factory=dict)
    """name -> bytes of the images that are in the table itself."""
    stamps: Mapping[str, Stamp | None] = field(default_factory=dict)
    """name -> stamp, taken before anything was read."""
    listed: Mapping[str, str] = field(default_factory=dict)
    """record -> name, for records that are called otherwise because their image is listed more than once."""

    @property
    def key(self) -> str:
        """That of the folder: a file is the same one whether a folder or a table names it."""
        return FolderReader(self.root).key

    def stamp(self, record: Record) -> Stamp | None:
        """The record's stamp, or None where there is none."""
        return self.stamps.get(self.listed.get(record.path, record.path))

    def read(self, record: Record, *, at_most: int) -> bytes:
        """The bytes of the image. Raises OSError; stops after `at_most` + 1 bytes."""
        name = self.listed.get(record.path, record.path)
        if name in self.held:
            return self.held[name]
        if _URL.match(name) and not name.startswith("file://"):
            return _read_url(name, at_most)
        try:
            return read_file(_local(self.root, name), at_most)
        except ValueError as error:  # a null byte, or half a surrogate: no file can have that name
            raise OSError(str(error)) from error


def image_name(image: str | bytes) -> str:
    """What the image is called: its path or URL, or for bytes a name made of their digest."""
    return image if isinstance(image, str) else f"bytes-{hashlib.sha256(image).hexdigest()[:16]}"


def image_of(value: object, column: str) -> str | bytes:
    """The path, the URL or the bytes that a cell holds.

    Raises:
        DatasetError: if it holds something else.
    """
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    raise DatasetError(f"column {column!r} holds {type(value).__name__} values; paths, URLs or bytes are wanted")


def text_of(value: object) -> str | None:
    """A label, split or group as text, None where there is none.

    Whole numbers have no decimals: whether a column holds 3 or 3.0 depends on whether another of its cells is empty.
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None or value != value else str(value) or None  # noqa: PLR0124 - not a number


def open_table(rows: Iterable[Row], root: Path, *, stamps: Mapping[str, Stamp | None] | None = None) -> Dataset:
    """The distinct images of a table, to be scanned: without splits, labels and groups, which `dress` adds.

    Args:
        rows: the table.
        root: the folder that relative paths are relative to.
        stamps: name -> stamp of every image, where they are known; by default they are taken now.

    Raises:
        DatasetError: if there is no row, or a URL cannot be read because fsspec is not installed.
    """
    held: dict[str, bytes] = {}
    names: set[str] = set()
    for row in rows:
        name = image_name(row.image)
        names.add(name)
        if isinstance(row.image, bytes):
            held[name] = row.image
    if not names:
        raise DatasetError("there are no images: the table has no row that names one")
    ordered = sorted(names, key=_order)
    reader = TableReader(root, held, find_stamps(ordered, root, held) if stamps is None else stamps)
    return Dataset(root, reader, tuple(Record(name) for name in ordered), labelled=False)


def dress(scan: Scan, rows: Sequence[Row], *, splits: Sequence[str] | None = None) -> Scan:
    """A scan of the distinct images as a scan of the rows, each with its split, label and group.

    The n-th listing of an image is called "NAME (n)"; which one that is does not depend on the order of the rows.

    Args:
        scan: of `open_table(rows, ...)`.
        rows: the table.
        splits: the order of the splits; by default train, val, test, then the others by name. Names without images
            are left out.
    """
    reader = scan.dataset.reader
    assert isinstance(reader, TableReader)
    known = {record.path: number for number, record in enumerate(scan.images)}
    broken = {b.record.path: b for b in scan.broken}
    records, listed = _name_rows(rows, {*known, *broken})
    found = {row.split for row in rows if row.split is not None}
    dataset = Dataset(
        scan.dataset.root,
        replace(reader, listed=listed),
        records,
        labelled=any(row.label is not None for row in rows),
        splits=tuple(s for s in splits if s in found) if splits is not None else order_splits(found),
    )
    readable = [(record, known[name]) for record in records if (name := listed.get(record.path, record.path)) in known]
    take = [number for _, number in readable]
    columns: dict[str, Any] = {
        column.name: values[take] if isinstance(values, np.ndarray) else tuple(values[number] for number in take)
        for column in fields(scan)
        if column.name not in {"images", "broken"}
        and isinstance(values := getattr(scan, column.name), np.ndarray | tuple)
    }
    return replace(
        scan,
        dataset=dataset,
        images=tuple(record for record, _ in readable),
        broken=tuple(
            replace(broken[name], record=record)
            for record in records
            if (name := listed.get(record.path, record.path)) in broken
        ),
        **columns,
    )


def _name_rows(rows: Sequence[Row], taken: set[str]) -> tuple[tuple[Record, ...], dict[str, str]]:
    """The records of the rows in the order of their paths, and the names of those that are called otherwise."""
    listings: dict[str, list[Row]] = {}
    for row in rows:
        listings.setdefault(image_name(row.image), []).append(row)
    records: list[Record] = []
    listed: dict[str, str] = {}
    for name, some in listings.items():
        some.sort(key=lambda row: (row.split or "", row.label or "", row.group or ""))
        path, number = name, 1
        for row in some:
            if row is not some[0]:
                while path in taken:
                    number += 1
                    path = f"{name} ({number})"
                taken.add(path)
                listed[path] = name
            records.append(Record(path, row.split, row.label, row.group))
    return tuple(sorted(records, key=lambda record: _order(record.path))), listed


def _order(path: str) -> bytes:
    """As folders are ordered: by the bytes of the path."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:  # no file can have that name, but a table can hold it
        return path.encode("utf-8", "surrogatepass")


def _local(root: Path, name: str) -> str:
    path = unquote(urlsplit(name).path) if name.startswith("file://") else name
    return os.path.join(root, path)  # noqa: PTH118 - a million times


def find_stamps(names: Sequence[str], root: Path, held: Mapping[str, bytes]) -> dict[str, Stamp | None]:
    """Name -> stamp of each image; None where it cannot be found, or its place keeps no stamps."""
    stamps: dict[str, Stamp | None] = {}
    remote = []
    for name in names:
        if name in held:
            stamps[name] = Stamp(len(held[name]), 0)  # the name tells the content
        elif _URL.match(name) and not name.startswith("file://"):
            remote.append(name)
        else:
            stamps[name] = stamp_of(_local(root, name))
    if remote:
        try:
            import fsspec  # noqa: F401
        except ImportError:
            raise DatasetError(f"{remote[0]}: to read URLs, install fsspec (pip install fsspec)") from None
        with ThreadPoolExecutor(_URL_THREADS, thread_name_prefix="fastdup-checks") as pool:
            stamps |= zip(remote, pool.map(_stat_url, remote), strict=True)
    return stamps


def _stat_url(url: str) -> Stamp | None:
    """Size and time of change where the store of the file tells both."""
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(url)
        about: dict[str, Any] = files.info(path)
    except Exception:  # noqa: BLE001 - every file system raises what it likes; reading will say what is wrong
        return None
    known = (about[key] for key in ("mtime", "LastModified", "last_modified", "updated") if key in about)
    changed: Any = next(known, None)
    seconds = changed.timestamp() if hasattr(changed, "timestamp") else changed
    if not isinstance(seconds, int | float) or not isinstance(about.get("size"), int):
        return None
    return Stamp(about["size"], int(seconds * 1_000_000_000))


def _read_url(url: str, at_most: int) -> bytes:
    import fsspec

    try:
        with fsspec.open(url, "rb") as file:
            data: bytes = file.read(at_most + 1)
    except OSError:
        raise
    except Exception as error:  # every file system raises what it likes
        raise OSError(f"{type(error).__name__}: {error}") from error
    return data

"""What scans have measured, keyed by content, in one SQLite file that several processes may share.

Nothing in it is precious: everything can be measured again from the images. So a store of another schema is emptied,
and durability is traded for speed (a crash of the machine may lose the last seconds, never the integrity).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastdup_checks.cache import make_cache
from fastdup_checks.detail import restore_detail
from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.records import Stamp

__all__ = ("Measured", "Store")

_SCHEMA = 3
_TABLES = """
CREATE TABLE IF NOT EXISTS files (
    place TEXT, path BLOB, size INTEGER, changed_ns INTEGER, seen_ns INTEGER, content BLOB, PRIMARY KEY (place, path)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pictures (
    decoder TEXT, content BLOB, failure TEXT, size INTEGER, width INTEGER, height INTEGER, format TEXT, mode TEXT,
    pixels BLOB, statistics BLOB, PRIMARY KEY (decoder, content)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS thumbnails (key INTEGER PRIMARY KEY, decoder TEXT, content BLOB, thumbnail BLOB,
    UNIQUE (decoder, content));
CREATE TABLE IF NOT EXISTS details (key INTEGER PRIMARY KEY, decoder TEXT, content BLOB, detail BLOB,
    UNIQUE (decoder, content));
CREATE TABLE IF NOT EXISTS vectors (key INTEGER PRIMARY KEY, encoder TEXT, content BLOB, vector BLOB,
    UNIQUE (encoder, content));
CREATE TABLE IF NOT EXISTS derived (name TEXT PRIMARY KEY, value BLOB);
"""
_RACY_NS = 2_000_000_000
"""A file changed less than this before its stamp was taken may change again and keep the stamp (FAT keeps 2 s)."""

_AT_ONCE = 500
"""Keys in one SELECT; SQLite allows 999 parameters in its oldest builds."""


class Measured(NamedTuple):
    """What decoding one content gave."""

    content: bytes
    """SHA-256 of the file's bytes."""
    failure: str | None
    """Why there is no picture; then all that follows is empty."""
    size: int = 0
    """Bytes of the file."""
    width: int = 0
    height: int = 0
    format: str = ""
    mode: str = ""
    pixels: bytes = b""
    """Digest of the picture, 32 bytes."""
    statistics: bytes = b""
    """One record of `fastdup_checks.statistics.STATISTICS`."""
    thumbnail: bytes = b""
    """uint8 RGB, row by row."""
    detail: bytes = b""
    """Of a drawn picture: see `fastdup_checks.detail`."""


class Store:
    """A SQLite file in a cache directory. Not shared between threads."""

    def __init__(self, directory: Path) -> None:
        """Open the store, and make it where it does not exist.

        Raises:
            ScanError: if the directory cannot be written, or the file is no database.
        """
        self.directory = directory
        self._path = path = directory / "scan.sqlite"
        try:
            make_cache(directory)
            self._db = sqlite3.connect(path, timeout=120, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise self._unfit(f"cannot be opened ({error})") from error

    def _unfit(self, why: str) -> ScanError:
        return ScanError(f"{self._path}: the cache {why}. Delete the file, or name another directory (--cache-dir)")

    def _migrate(self) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found == _SCHEMA:
            return
        with self._transaction():
            if self._db.execute("PRAGMA user_version").fetchone()[0] == _SCHEMA:
                return
            for (name,) in self._db.execute(
                "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'",
            ).fetchall():
                self._db.execute(f'DROP TABLE "{name}"')
            for statement in _TABLES.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version={_SCHEMA}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:  # where the disk is full, SQLite has taken everything back by itself
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise ScanError(
                    f"{self._path}: the cache cannot be written ({error}). Make room, or name another directory "
                    "(--cache-dir)",
                ) from error
            raise

    def _rows(self, query: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(query, values)
        except sqlite3.Error as error:
            raise self._unfit(f"cannot be read ({error})") from error

    def _is_most(self, count: int) -> bool:
        """Whether so many pictures are a good part of all, so that reading all in their order takes less time."""
        most = next(self._rows("SELECT max(key) FROM vectors", ()))[0]
        return count >= _AT_ONCE and 2 * count >= (most or 0)

    def contents(self, place: str, stamps: Mapping[str, Stamp]) -> dict[str, bytes]:
        """The SHA-256 of those paths whose stamp is what it was when they were read."""
        known: dict[str, bytes] = {}
        rows = self._rows("SELECT path, size, changed_ns, seen_ns, content FROM files WHERE place=?", (place,))
        for raw, size, changed_ns, seen_ns, content in rows:
            path = os.fsdecode(raw)
            if stamps.get(path) == (size, changed_ns) and seen_ns - changed_ns > _RACY_NS:
                known[path] = content
        return known

    def remember(
        self,
        place: str,
        seen: Iterable[tuple[str, Stamp, bytes]],
        measured: Iterable[Measured],
        vectors: Iterable[tuple[bytes, bytes]],
        *,
        seen_ns: int,
        decoder: str,
        encoder: str,
    ) -> None:
        """Store files seen, contents measured and vectors, in one transaction; `seen_ns` is when stamps were taken."""
        done = list(measured)
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?)",
                [(place, os.fsencode(p), s.size, s.changed_ns, seen_ns, c) for p, s, c in seen],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO pictures VALUES (?,?,?,?,?,?,?,?,?,?)",
                [
                    (
                        *(decoder, m.content, m.failure, m.size, m.width, m.height),
                        *(m.format, m.mode, m.pixels, m.statistics),
                    )
                    for m in done
                ],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO thumbnails (decoder, content, thumbnail) VALUES (?,?,?)",
                [(decoder, m.content, m.thumbnail) for m in done if m.failure is None],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO details (decoder, content, detail) VALUES (?,?,?)",
                [(decoder, m.content, m.detail) for m in done if m.detail],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors (encoder, content, vector) VALUES (?,?,?)",
                [(encoder, content, vector) for content, vector in vectors],
            )

    def complete(self, contents: Iterable[bytes], *, decoder: str, encoder: str) -> set[bytes]:
        """Those contents for which nothing is missing: decoded and embedded, or known to be unreadable."""
        wanted = dict.fromkeys(contents)
        if self._is_most(len(wanted)):
            return self.all_complete(decoder=decoder, encoder=encoder).intersection(wanted)
        done = set()
        for some in _batches(list(wanted)):
            marks = ",".join("?" * len(some))
            done |= {
                row[0]
                for row in self._rows(
                    f"SELECT content FROM pictures WHERE decoder=? AND failure IS NOT NULL AND content IN ({marks})",  # noqa: S608
                    (decoder, *some),
                )
            }
            done |= {
                row[0]
                for row in self._rows(
                    "SELECT content FROM vectors JOIN pictures USING (content) "  # noqa: S608
                    f"WHERE encoder=? AND decoder=? AND content IN ({marks})",
                    (encoder, decoder, *some),
                )
            }
        return done

    def all_complete(self, *, decoder: str, encoder: str) -> set[bytes]:
        """All contents for which nothing is missing."""
        return {
            row[0]
            for row in self._rows(
                "SELECT content FROM pictures WHERE decoder=? AND failure IS NOT NULL UNION ALL "
                "SELECT content FROM vectors JOIN pictures USING (content) WHERE encoder=? AND decoder=?",
                (decoder, encoder, decoder),
            )
        }

    def pictures(self, contents: Iterable[bytes], *, decoder: str) -> Iterator[Measured]:
        """What is known of the contents, without thumbnails, in no particular order."""
        wanted = dict.fromkeys(contents)
        query = (
            "SELECT content, failure, size, width, height, format, mode, pixels, statistics FROM pictures "
            "WHERE decoder=?"
        )
        if self._is_most(len(wanted)):
            yield from (Measured(*row) for row in self._rows(query, (decoder,)) if row[0] in wanted)
            return
        for some in _batches(list(wanted)):
            marks = ",".join("?" * len(some))
            yield from (Measured(*row) for row in self._rows(f"{query} AND content IN ({marks})", (decoder, *some)))

    def vectors(self, contents: Iterable[bytes], *, encoder: str) -> Iterator[tuple[bytes, bytes]]:
        """(content, float32 bytes) of the contents, in no particular order."""
        wanted = dict.fromkeys(contents)
        if self._is_most(len(wanted)):
            rows = self._rows("SELECT content, vector FROM vectors NOT INDEXED WHERE encoder=?", (encoder,))
            yield from (row for row in rows if row[0] in wanted)
            return
        for some in _batches(list(wanted)):
            marks = ",".join("?" * len(some))
            yield from self._rows(
                f"SELECT content, vector FROM vectors WHERE encoder=? AND content IN ({marks})",  # noqa: S608
                (encoder, *some),
            )

    def thumbnails(self, contents: Sequence[bytes], *, decoder: str, side: int) -> NDArray[np.uint8]:
        """The thumbnails of the contents, in their order: uint8 (n, side, side, 3)."""
        found = self._squares("thumbnail", contents, decoder)
        if any(len(found.get(content, b"")) != side * side * 3 for content in contents):
            raise self._unfit("lacks thumbnails of pictures that it holds")
        out = np.empty((len(contents), side, side, 3), dtype=np.uint8)
        for row, content in enumerate(contents):
            out[row] = np.frombuffer(found[content], dtype=np.uint8).reshape(side, side, 3)
        return out

    def details(self, contents: Sequence[bytes], *, decoder: str) -> NDArray[np.uint8]:
        """The details of drawn pictures, in the order of their contents: uint8 (n, 192, 192)."""
        found = self._squares("detail", contents, decoder)
        try:
            return np.stack([restore_detail(found[content]) for content in contents])
        except (KeyError, ValueError) as error:
            raise self._unfit("lacks details of pictures that it holds") from error

    def _squares(self, kind: str, contents: Iterable[bytes], decoder: str) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for some in _batches(list(dict.fromkeys(contents))):
            marks = ",".join("?" * len(some))
            query = f"SELECT content, {kind} FROM {kind}s WHERE decoder=? AND content IN ({marks})"  # noqa: S608
            found.update(self._rows(query, (decoder, *some)))
        return found

    def derived(self, name: str) -> bytes | None:
        """A stored result, by a name that covers everything it was derived from."""
        return next((row[0] for row in self._rows("SELECT value FROM derived WHERE name=?", (name,))), None)

    def derive(self, name: str, value: bytes, *, newest: int | None = None) -> None:
        """Store a result; of those whose names begin alike up to the last "/" only so many of the newest stay."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO derived VALUES (?,?)", (name, value))
            if newest is not None:
                kind = name.rpartition("/")[0]
                names = (f"{kind}/", f"{kind}0")  # 0 is what comes after /
                self._db.execute(
                    "DELETE FROM derived WHERE name >= ? AND name < ? AND rowid NOT IN "
                    "(SELECT rowid FROM derived WHERE name >= ? AND name < ? ORDER BY rowid DESC LIMIT ?)",
                    (*names, *names, newest),
                )


def _batches(keys: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]

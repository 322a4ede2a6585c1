"""Names of images, and the datasets that hold them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ("OUTSIDE", "Dataset", "Reader", "Record", "Stamp", "printable", "valid_text", "valid_texts")

_USUAL = ("train", "training", "val", "valid", "validation", "dev", "test", "testing")
OUTSIDE = "outside the splits"
"""What `Dataset.ignored` counts of images that no split holds."""


@dataclass(frozen=True, slots=True)
class Record:
    """One image of a dataset, by name."""

    path: str
    """POSIX-style and relative to the dataset root; unique in the dataset. Undecodable bytes are surrogates."""
    split: str | None = None
    label: str | None = None
    group: str | None = None
    """What the image belongs to (patient, video, product); a group must not be on both sides of a split."""


class Stamp(NamedTuple):
    """What tells cheaply that a stored image has not changed."""

    size: int
    """Bytes."""
    changed_ns: int
    """Time of the last change, nanoseconds."""


class Reader(Protocol):
    """Where the bytes of a record come from. Folders are one kind; archives and object stores fit the same seam."""

    @property
    def key(self) -> str:
        """Names the place in the cache; two readers with one key serve the same bytes under the same path."""
        ...

    def stamp(self, record: Record) -> Stamp | None:
        """The record's stamp, or None where the image cannot be found or the place keeps no stamps."""
        ...

    def read(self, record: Record, *, at_most: int) -> bytes:
        """The bytes of the image. Raises OSError; stops after `at_most` + 1 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Dataset:
    """Records in the order of their paths, and how to read them."""

    root: Path
    reader: Reader
    records: tuple[Record, ...]
    labelled: bool
    """Whether labels were asked for; single records may still lack one."""
    splits: tuple[str, ...] = ()
    """The names of the splits that have images, in the order of the configuration, or where a table names them
    in their usual one."""
    ignored: tuple[tuple[str, int], ...] = ()
    """Files that are not images by their name: (suffix, how many), most first."""

    @property
    def outside(self) -> int:
        """How many images lie outside the splits, and so are not looked at."""
        return dict(self.ignored).get(OUTSIDE, 0)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What whoever reads the verdicts should know of it."""
        images = "1 image" if self.outside == 1 else f"{self.outside} images"
        outside = [f"{images} outside the splits: not looked at"] if self.outside else []
        spelt: dict[str, list[str]] = {}
        for name in self.classes:
            one = unicodedata.normalize("NFKC", name).casefold()
            spelt.setdefault(re.sub(r"[\s_-]+", " ", one).strip(), []).append(name)
        alike = [" and ".join(map(repr, valid_texts(names))) for names in spelt.values() if len(names) > 1]
        return (*outside, *(f"classes {names} differ in case, spaces or dashes only: are they one?" for names in alike))

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels in use, sorted."""
        return tuple(sorted({r.label for r in self.records if r.label is not None}))


def order_splits(names: Iterable[str]) -> tuple[str, ...]:
    """Training before validation before test, then all others by name."""
    rank = {name: place for place, name in enumerate(_USUAL)}
    return tuple(sorted(names, key=lambda name: (rank.get(name.lower(), len(rank)), name)))


def valid_text(text: str) -> str:
    r"""The text as valid Unicode: undecodable bytes of a file name as `\xff`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a surrogate pair, as a name on Windows or a cell of a table can hold it
        return text.encode("utf-8", "backslashreplace").decode()


def valid_texts(texts: list[str]) -> list[str]:
    """The same of many texts."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return [valid_text(text) for text in texts]
    return texts


def printable(text: str) -> str:
    r"""The text on one line of valid Unicode: undecodable bytes as `\xff`, control characters escaped."""
    if text.isprintable():  # then it is valid, too
        return text
    valid = valid_text(text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in valid)

"""A folder of image files as a dataset."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fastdup_checks.column import Column, as_spelt
from fastdup_checks.errors import DatasetError
from fastdup_checks.folder_names import FOLDER_NAMES, FolderNames
from fastdup_checks.frames import VIDEO_SUFFIXES
from fastdup_checks.globs import Globs, is_there, plain
from fastdup_checks.records import OUTSIDE, Dataset, Record, Stamp, order_splits, printable, valid_text
from fastdup_checks.tree import find_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = (
    "IMAGE_SUFFIXES",
    "FolderReader",
    "expect_folder",
    "open_folder",
    "read_file",
    "stamp_of",
)

_SUFFIXES = (
    "jpg jpeg jpe jfif png apng gif bmp dib webp tif tiff ppm pgm pbm pnm tga ico jp2 j2k avif heic heif psd jxl"
)
IMAGE_SUFFIXES = frozenset(f".{suffix}" for suffix in _SUFFIXES.split())
"""Names that promise an image; a promise that is not kept is a broken image."""


@dataclass(frozen=True, slots=True)
class FolderReader:
    """Reads records from files below a folder."""

    root: Path

    @property
    def key(self) -> str:
        """The absolute path of the folder."""
        return "folder:" + os.fsencode(self.root.absolute()).decode("utf-8", "backslashreplace")

    def stamp(self, record: Record) -> Stamp | None:
        """Size and time of change, or None where there is no such file."""
        return stamp_of(os.path.join(self.root, record.path))  # noqa: PTH118 - a million times

    def read(self, record: Record, *, at_most: int) -> bytes:
        """The bytes of the file, at most `at_most` + 1 of them."""
        return read_file(os.path.join(self.root, record.path), at_most)  # noqa: PTH118


def stamp_of(path: str) -> Stamp | None:
    """Size and time of change of a file, or None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a million times
    except (OSError, ValueError):
        return None
    return Stamp(found.st_size, max(found.st_mtime_ns, found.st_ctime_ns))


def read_file(path: str, at_most: int) -> bytes:
    """The bytes of a file, at most `at_most` + 1 of them; raises OSError where it is none, as a pipe or a device."""
    with open(path, "rb", opener=_open_now) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        # Room is made for as much as is asked for. A file that grows meanwhile is longer than it was.
        data = file.read(min(found.st_size, at_most) + 1)
        return data if len(data) <= found.st_size else data + file.read(at_most + 1 - len(data))


def _open_now(path: str, flags: int) -> int:
    """Open a file without waiting: a pipe would wait for somebody to write into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def open_folder(
    root: Path,
    *,
    splits: Mapping[str, Sequence[str]] | Column | None = None,
    labels: str | Column | None = None,
    groups: str | Column | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Dataset:
    """List the images below a folder.

    Args:
        root: the folder.
        splits: name -> folders or glob patterns below root, or a table. With splits, images outside them are left out
            and counted in `Dataset.ignored`. None: no splits.
        labels: "parent_folder", "top_folder", a table, or None.
        groups: likewise.
        include: glob patterns, relative to root; by default every name that promises an image.
        exclude: folders or glob patterns that take images out again.

    Raises:
        DatasetError: if the folder, one of its splits or every image is missing.
    """
    paths, ignored = _list_images(root, include, exclude)
    tables = {
        name: as_spelt(table.load(root), paths)
        for name, table in (("split", splits), ("label", labels), ("group", groups))
        if isinstance(table, Column)
    }
    _expect_common_paths(root, paths, (t for t in (splits, labels, groups) if isinstance(t, Column)), tables.values())
    # A table may name images that are not there: they are broken images, not a smaller dataset.
    wanted, unwanted = Globs.of(include or ("**",)), Globs.below(root, exclude)
    named = {path for values in tables.values() for path in values}
    listed = {path for path in named if wanted.match(path) and not unwanted.match(path)}
    paths = sorted(listed.union(paths), key=os.fsencode) if listed else paths
    split_of = tables["split"].get if isinstance(splits, Column) else _split_finder(root, splits or {})
    places = [] if isinstance(splits, Column) else [*(splits or {}).values()]
    label_of = _finder(labels, tables.get("label"), places)
    group_of = _finder(groups, tables.get("group"), places)
    records = []
    for path in paths:
        split = split_of(path)
        if splits is not None and split is None:
            ignored[OUTSIDE] += 1
            continue
        records.append(Record(path, split, label_of(path), group_of(path)))
    if splits is not None and not isinstance(splits, Column):
        for name in set(splits).difference(r.split or "" for r in records):
            raise DatasetError(f"{root}: no image in split {name!r} {_explain(splits[name], paths)}")
    if not records:
        others = sum(ignored.values())
        videos = "; of videos, fastdup-checks frames makes images" if VIDEO_SUFFIXES & ignored.keys() else ""
        among = f" among {others} files" if others else "; the folder is empty"
        asked = f"; dataset.include is {', '.join(map(printable, include))}" if include else ""
        meant = _meant(include, _list_images(root, ("**",), exclude)[0]) if include else ""
        raise DatasetError(f"{root}: no images{among}{asked}{meant}{videos}")
    found = order_splits({r.split for r in records if r.split is not None})
    return Dataset(
        root,
        FolderReader(root),
        tuple(records),
        labels is not None,
        found if splits is None or isinstance(splits, Column) else tuple(splits),
        tuple(ignored.most_common()),
    )


def _explain(places: Sequence[str], paths: Sequence[str]) -> str:
    """What may be wrong with the folders and patterns of a split that hold no image."""
    where = ", ".join(map(printable, places))
    folders = {parent for folder in map(posixpath.dirname, paths) for parent in (folder, *_above(folder)) if parent}
    near = next((near for place in places for near in get_close_matches(place, sorted(folders), 1, 0.7)), None)
    if near is not None:
        return f"({where}); did you mean {printable(near)!r}?"
    if any(set(place) & set("*?[{") for place in places):
        inside = f"{printable(places[0]).rstrip('/')}/**"
        return f"({where}); a pattern is of images, relative to the root: {inside} for those in folders"
    return f"({where}); what a split names lies below the root"


def _meant(include: Sequence[str], files: Sequence[str]) -> str:
    """What the patterns that take no file may be meant to be."""
    for place in (pattern.rstrip("/") for pattern in include):
        for pattern in (f"**/{place}", f"{place}/**", f"**/{place}/**"):
            if any(map(Globs.of((pattern,)).match, files)):
                return f"; a pattern is of images, relative to the root: {printable(pattern)} for those in folders"
    return ""


def _above(folder: str) -> Iterator[str]:
    while folder := posixpath.dirname(folder):
        yield folder


def expect_folder(root: Path) -> None:
    """Make sure that there is a folder.

    Raises:
        DatasetError: if there is none, or none that may be seen.
    """
    try:
        found = os.stat(root)  # noqa: PTH116 - tells why there is none, where is_dir() does not
    except (FileNotFoundError, NotADirectoryError):
        raise DatasetError(f"{root}: no such folder") from None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{root}: the folder cannot be seen ({getattr(error, 'strerror', '') or error})") from None
    if not stat.S_ISDIR(found.st_mode):
        raise DatasetError(f"{root}: not a folder")


def _list_images(root: Path, include: Sequence[str], exclude: Sequence[str]) -> tuple[list[str], Counter[str]]:
    """The paths of the images, and how many files of which kind are none."""
    expect_folder(root)
    ignored: Counter[str] = Counter()
    paths: list[str] = []
    wanted, unwanted = Globs.of(include), Globs.below(root, exclude)
    for place in exclude:
        if place.startswith("/"):  # which nothing below the root does
            bare = place.lstrip("/")
            wild = set(bare) & set("*?[{")
            meant = f"; did you mean {printable(bare)!r}?" if bare and (wild or is_there(root, bare)) else ""
            raise DatasetError(f"{root}: exclude names {printable(place)}; what it names lies below the root{meant}")
        if not set(place) & set("*?[{") and not is_there(root, plain(place)):
            raise DatasetError(f"{root}: exclude names {printable(place)}, and there is no such folder or file")
    for path in find_files(root):
        suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
        if not (wanted.match(path) if include else suffix in IMAGE_SUFFIXES):
            ignored[valid_text(suffix) or "no suffix"] += 1
        elif unwanted.match(path):
            ignored["excluded"] += 1
        else:
            paths.append(path)
    return paths, ignored


def _expect_common_paths(
    root: Path,
    paths: Sequence[str],
    tables: Iterable[Column],
    values: Iterable[Mapping[str, str]],
) -> None:
    for table, value_of in zip(tables, values, strict=True):
        if paths and not set(value_of).intersection(paths):
            raise DatasetError(
                f"{table.csv}: none of its {len(value_of)} paths is an image below {root}; the paths in column "
                f"{table.path!r} must be relative to that folder",
            )


def _finder(
    wanted: str | Column | None, values: Mapping[str, str] | None, places: Sequence[Sequence[str]]
) -> Callable[[str], str | None]:
    """A function from path to label or group."""
    if values is not None:
        return values.get
    return FolderNames(wanted, places).of if isinstance(wanted, str) and wanted in FOLDER_NAMES else lambda _: None


def _split_finder(root: Path, splits: Mapping[str, Sequence[str]]) -> Callable[[str], str | None]:
    """A function from path to split."""
    patterns = [(name, Globs.below(root, places)) for name, places in splits.items()]

    def find(path: str) -> str | None:
        held = [name for name, pattern in patterns if pattern.match(path)]
        if len(held) > 1:
            raise DatasetError(f"{root}: {printable(path)} is in two splits, {held[0]!r} and {held[1]!r}")
        return held[0] if held else None

    return find

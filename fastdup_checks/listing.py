"""Lists of files, as a data loader uses them, as a dataset."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from fastdup_checks.column import Column
from fastdup_checks.errors import DatasetError
from fastdup_checks.folder import FolderReader
from fastdup_checks.folder_names import FOLDER_NAMES, FolderNames
from fastdup_checks.records import Dataset, Record, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fastdup_checks.config import DatasetPlan

__all__ = ("Listed", "Listing", "make_listing", "open_listing", "with_listing")

Listed: TypeAlias = "str | bytes | os.PathLike[str] | tuple[str | bytes | os.PathLike[str], str]"
"""A file, or a file and its label."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of each split; paths are absolute."""

    splits: Mapping[str, tuple[tuple[str, str | None], ...]]
    places: tuple[tuple[str, ...], ...] = ()
    """The folders and patterns of the splits of the data.yml, which labels by folder are not called after."""

    @property
    def labelled(self) -> bool:
        """Whether labels came along."""
        return any(label is not None for files in self.splits.values() for _, label in files)


def make_listing(images: Mapping[str, Iterable[Listed]]) -> Listing:
    """Take lists of files as they are; relative paths start in the working directory, as they do for the loader.

    Raises:
        TypeError: if it is no mapping, what stands for the files of a split is one path, or one of them is none.
        DatasetError: if there is no list.
    """
    if not isinstance(images, Mapping):
        raise TypeError(f"images maps splits to files, as {{'train': [...], 'test': [...]}} does, not {images!r:.60}")
    if not images:
        raise DatasetError("there are no images: no list of files is given")
    for name, files in images.items():
        if not isinstance(name, str):
            raise TypeError(f"the name of a split is a text, not {name!r}")
        if isinstance(files, str | bytes | os.PathLike):
            raise TypeError(f"images[{name!r}] is one path; a list of files is wanted")
    return Listing({name: tuple(_file(item, name) for item in files) for name, files in images.items()})


def with_listing(plan: DatasetPlan, listing: Listing) -> DatasetPlan:
    """The plan of a dataset whose files are listed: its splits count no longer, and its labels if some are listed."""
    labels = "listed" if listing.labelled else plan.labels
    if isinstance(plan.splits, Mapping):
        listing = replace(listing, places=tuple(plan.splits.values()))
    return replace(plan, splits=dict.fromkeys(listing.splits, ()), labels=labels, groups=None, listing=listing)


def open_listing(root: Path, listing: Listing, labels: str | Column | None) -> Dataset:
    """The dataset of listed files. A file twice in a list, as for oversampling, is one image.

    Args:
        root: the folder that all files lie below.
        listing: the files.
        labels: where labels come from that are not listed: "parent_folder", "top_folder", a table, or None.

    Raises:
        DatasetError: if a file lies elsewhere, is in two lists or has two labels, or if a list is empty.
    """
    label_of: Callable[[str], str | None] | None = None
    if isinstance(labels, Column):
        label_of = labels.load(root).get
    elif labels is not None and labels in FOLDER_NAMES:
        label_of = FolderNames(labels, listing.places).of
    bases = tuple(dict.fromkeys((os.path.abspath(root), os.path.realpath(root))))  # noqa: PTH100
    records: dict[str, Record] = {}
    for split, files in listing.splits.items():
        if not files:
            raise DatasetError(f"there are no images in the list {printable(split)!r}")
        for file, given in files:
            path = _below(file, bases, split)
            label = label_of(path) if given is None and label_of else given
            record = Record(path, split, label)
            before = records.setdefault(path, record)
            if before.split != split:
                raise DatasetError(f"{printable(path)} is in two lists: {before.split!r} and {split!r}")
            if before.label != label:
                raise DatasetError(f"{printable(path)} has two labels: {before.label!r} and {label!r}")
    ordered = tuple(records[path] for path in sorted(records, key=os.fsencode))
    return Dataset(root, FolderReader(root), ordered, labels is not None, tuple(listing.splits))


def _file(item: Listed, split: str) -> tuple[str, str | None]:
    path, label = item if isinstance(item, tuple) and len(item) == 2 else (item, None)
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"images[{split!r}] holds {item!r:.60}; a path, or a tuple of a path and its label, is wanted")
    return os.path.abspath(os.fsdecode(path)), None if label is None else str(label)  # noqa: PTH100


def _below(file: str, bases: tuple[str, ...], split: str) -> str:
    # Links are followed only where that is needed: it costs several system calls a file.
    for spelt in (str, os.path.realpath):
        candidate = spelt(file)
        for base in bases:
            prefix = os.path.join(base, "")  # noqa: PTH118
            if candidate.startswith(prefix):
                return candidate[len(prefix) :].replace(os.sep, "/")
    raise DatasetError(f"{printable(file)}, of the list {split!r}, is not below dataset.root ({printable(bases[0])})")

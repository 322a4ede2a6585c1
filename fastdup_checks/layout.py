"""What the folders of an image dataset mean, guessed from their names."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.folder import IMAGE_SUFFIXES, find_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ("Layout", "detect_layout")

_SPLIT = re.compile(
    r"(?i)^(?:[a-z0-9]+[-_. ])?(train|training|val|valid|validation|dev|test|testing|eval|holdout)"
    r"(?:[-_. ]?(?:set|images?|data|split|\d+))?$"
)
_NAMES = {
    "training": "train",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "testing": "test",
    "eval": "test",
    "holdout": "test",
}
_ORDER = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a dataset seems to be laid out."""

    splits: dict[str, str]
    """name -> folder below the root, in the order train, val, test; empty where there are none."""
    labels: str | None
    """"parent_folder", where the images lie in two or more folders that can be classes."""


def detect_layout(root: Path) -> Layout:
    """Guess splits and labels from the folders of the images.

    Splits are folders with a usual name (train, seg_train, validation, test_images, ...) directly below the root, or
    below the one folder that holds all images, where there are at least two. Labels are the names of the folders that
    directly hold the images, where each split, or the dataset, has at least two of them; names of splits are none.

    Raises:
        DatasetError: if the folder cannot be listed.
    """
    folders = Counter(
        path.rpartition("/")[0] for path in find_files(root) if "." + path.rpartition(".")[2].lower() in IMAGE_SUFFIXES
    )
    above = _common(folders)
    names = {folder[len(above) :].split("/", 1)[0] for folder in folders}
    splits = {name: above + folder for name, folder in _splits(names).items()}
    if splits:
        below = {place: {f for f in folders if f.startswith(f"{place}/")} for place in splits.values()}
        labelled = all(len(found) > 1 for found in below.values())
    else:
        labelled = len({f for f in folders if f}) > 1 and not _splits({f.rpartition("/")[2] for f in folders})
    return Layout(splits, "parent_folder" if labelled else None)


def _common(folders: Iterable[str]) -> str:
    """The folders that all the others lie in: "" or "data/images/"."""
    parts = [folder.split("/") for folder in folders]
    same = itertools.takewhile(lambda level: len(set(level)) == 1, zip(*parts, strict=False))
    return "".join(f"{level[0]}/" for level in same if level[0])


def _splits(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in sorted(names):
        match = _SPLIT.match(folder)
        if match:
            name = _NAMES.get(match[1].lower(), match[1].lower())
            if name in found:  # train1 and train2: which is which is not for us to say
                return {}
            found[name] = folder
    return dict(sorted(found.items(), key=lambda item: _ORDER.index(item[0]))) if len(found) > 1 else {}

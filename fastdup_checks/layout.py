"""What the folders of an image dataset mean, guessed from their names."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.folder import IMAGE_SUFFIXES
from fastdup_checks.tree import find_files

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
    """name -> folder or pattern below the root, in the order train, val, test; empty where there are none."""
    labels: str | None
    """"parent_folder" or "top_folder", where the images lie in two or more folders that can be classes."""


def detect_layout(root: Path) -> Layout:
    """Guess splits and labels from the folders of the images.

    Splits are folders with a usual name (train, seg_train, validation, test_images, ...) directly below the root, or
    below the one folder that holds all images, where there are at least two; or inside every folder there, as in
    cat/train and dog/train. Labels are the names of the folders that directly hold the images, where each split, or the
    dataset, has at least two of them; names of splits are none. Where folders of one name lie in several others, as in
    cat/session1 and dog/session1, those above them are the labels.

    Raises:
        DatasetError: if the folder cannot be listed.
    """
    folders = {
        path.rpartition("/")[0] for path in find_files(root) if "." + path.rpartition(".")[2].lower() in IMAGE_SUFFIXES
    }
    above = _common(folders)
    below = [tuple(folder[len(above) :].split("/")) for folder in folders]
    splits = _splits({parts[0] for parts in below})
    if splits:
        inside = {
            name: [parts[1:] for parts in below if parts[0] == folder and parts[1:]] for name, folder in splits.items()
        }
        labelled = all(len(found) > 1 for found in inside.values())
        nested = _repeats(parts for found in inside.values() for parts in found)
        which = "top_folder" if nested else "parent_folder"
        return Layout({name: above + folder for name, folder in splits.items()}, which if labelled else None)
    splits = _splits_of_classes(below)
    if splits:
        flat = all(len(parts) == 2 for parts in below)
        classes = {parts[0] if flat else parts[-1] for parts in below}
        which = "top_folder" if flat else "parent_folder"
        patterns = {name: f"{above}*/{folder}/**" for name, folder in splits.items()}
        return Layout(patterns, which if len(classes) > 1 else None)
    labelled = len(folders - {""}) > 1 and not _splits({parts[-1] for parts in below})
    which = "top_folder" if not above and _repeats(below) else "parent_folder"
    return Layout({}, which if labelled else None)


def _repeats(folders: Iterable[tuple[str, ...]]) -> bool:
    """Whether folders of one name lie in several others, and none lies beside these."""
    tops: dict[str, set[str]] = {}
    for parts in folders:
        if len(parts) < 2:
            return False
        tops.setdefault(parts[-1], set()).add(parts[0])
    return any(len(found) > 1 for found in tops.values())


def _splits_of_classes(folders: list[tuple[str, ...]]) -> dict[str, str]:
    """The splits that lie inside every folder."""
    if not all(len(parts) > 1 for parts in folders):
        return {}
    names = {parts[1] for parts in folders}
    found = _splits(names)
    return found if len(found) == len(names) else {}


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

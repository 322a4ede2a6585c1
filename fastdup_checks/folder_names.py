"""Labels and groups that are the names of folders."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from fastdup_checks.globs import one_spelling, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("FOLDER_NAMES", "FolderNames")

FOLDER_NAMES = ("parent_folder", "top_folder")


class FolderNames:
    """Tells the folder that an image is called after.

    "parent_folder" is the folder that holds the image, "top_folder" the first one below that of its split, or below the
    root, however deep the image lies: what ImageFolder of torchvision takes for the class.
    """

    def __init__(self, which: str, places: Iterable[str]) -> None:
        """Say which folder is meant.

        Args:
            which: one of `FOLDER_NAMES`.
            places: the folders and glob patterns of the splits, which are no names themselves.
        """
        self._top = which == "top_folder"
        above = [*map(plain, places)]
        self._places = {self._parts(place) for place in [*above, *(map(_fixed, above) if self._top else ())]}

    def of(self, path: str) -> str | None:
        """The name for an image, or None where it lies directly below the root or in the folder of a split."""
        folders = path.split("/")[:-1]
        spelt = self._parts("/".join(folders))
        if not self._top:
            return folders[-1] if folders and spelt not in self._places else None
        above = max((len(place) for place in self._places if spelt[: len(place)] == place), default=0)
        return folders[above] if above < len(folders) else None

    @staticmethod
    def _parts(folder: str) -> tuple[str, ...]:
        return tuple(one_spelling(folder).split("/")) if folder else ()


def _fixed(place: str) -> str:
    """The folder whose folders a pattern is about: "pets" for "pets/*/train/**" and for "pets/cat/*.jpg"."""
    parts = place.split("/")
    fixed = [*itertools.takewhile(lambda part: not set(part) & set("*?[{"), parts)]
    files_of_one = len(parts) == len(fixed) + 1 and parts[-1] != "**"
    return "/".join(fixed[:-1] if files_of_one else fixed)

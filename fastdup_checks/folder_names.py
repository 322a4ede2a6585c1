"""Labels and groups that are the names of folders."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from fastdup_checks.globs import one_spelling, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ("FOLDER_NAMES", "FolderNames")

FOLDER_NAMES = ("parent_folder", "top_folder")


class FolderNames:
    """Tells the folder that an image is called after.

    "parent_folder" is the folder that holds the image, "top_folder" the first one below that of its split, or below the
    root, however deep the image lies: what ImageFolder of torchvision takes for the class.
    """

    def __init__(self, which: str, splits: Iterable[Sequence[str]]) -> None:
        """Say which folder is meant.

        Args:
            which: one of `FOLDER_NAMES`.
            splits: the folders and glob patterns of each split. They are no names themselves, but where a split names
                several folders side by side: those are its classes.
        """
        self._top = which == "top_folder"
        self._places, self._classes = set[tuple[str, ...]](), set[tuple[str, ...]]()
        for places in splits:
            above = [*map(plain, places)]
            self._places |= {self._parts(place) for place in [*above, *(map(_fixed, above) if self._top else ())]}
            bases = {self._parts("/".join(_without_wildcards(place))) for place in above} - {()}
            beside = Counter(base[:-1] for base in bases)
            self._classes |= {base for base in bases if beside[base[:-1]] > 1}

    def of(self, path: str) -> str | None:
        """The name for an image, or None where it lies directly below the root or in the folder of a split."""
        folders = path.split("/")[:-1]
        spelt = self._parts("/".join(folders))
        if spelt in self._classes:
            return folders[-1]
        if not self._top:
            return folders[-1] if folders and spelt not in self._places else None
        above = max((len(place) for place in self._places if spelt[: len(place)] == place), default=0)
        return folders[above] if above < len(folders) else None

    @staticmethod
    def _parts(folder: str) -> tuple[str, ...]:
        return tuple(one_spelling(folder).split("/")) if folder else ()


def _fixed(place: str) -> str:
    """The folder whose folders a pattern is about: "pets" for "pets/*/train/**" and for "pets/cat/*.jpg"."""
    parts, fixed = place.split("/"), _without_wildcards(place)
    files_of_one = len(parts) == len(fixed) + 1 and parts[-1] != "**"
    return "/".join(fixed[:-1] if files_of_one else fixed)


def _without_wildcards(place: str) -> list[str]:
    """The folders that a place begins with."""
    return [*itertools.takewhile(lambda part: not set(part) & set("*?[{"), place.split("/"))]

"""Folders and glob patterns that say which files are meant."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ("Globs", "is_there", "one_spelling", "plain")

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]/]+\]|\{[^{}/]*,[^{}/]*\}|[^*?]", re.DOTALL)
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns in which `**` crosses folders and `*` does not; names are the same however they are spelt.

    `[0-9]` is one of these characters, `[!0-9]` none of them, `{a,b}` one of these; brackets and braces also stand for
    themselves, as names have them: "[2024]/*.jpg" means the files of the folder "[2024]", too.
    """

    expression: re.Pattern[str]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> Globs:
        """What matches any of the patterns; nothing where there are none."""
        each = "|".join(_translate(one_spelling(pattern)) for pattern in patterns)
        return cls(re.compile(f"(?:{each})\\Z" if patterns else r"(?!)", re.DOTALL))

    @classmethod
    def below(cls, root: Path, places: Sequence[str]) -> Globs:
        """The same, where the name of a folder below `root` stands for everything in it."""
        return cls.of([f"{plain(place)}/**" if _is_folder(root, place) else place for place in places])

    def match(self, path: str) -> bool:
        """Whether a path, POSIX-style and relative, is meant."""
        return self.expression.match(one_spelling(path)) is not None


def one_spelling(name: str) -> str:
    """A name in the form that all its spellings have: some systems write an accent as a letter of its own."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def plain(folder: str) -> str:
    """A folder without detours: "train" for "./train/"."""
    return posixpath.normpath(folder.strip("/"))


def is_there(root: Path, place: str) -> bool:
    """Whether there is a file or folder of that name below a folder, however it is spelt."""
    return any(os.path.lexists(spelt) for spelt in _spellings(root, place))


def _is_folder(root: Path, place: str) -> bool:
    return any(spelt.is_dir() for spelt in _spellings(root, place))


def _spellings(root: Path, place: str) -> set[Path]:
    return {root / spelt for spelt in (place, *(unicodedata.normalize(form, place) for form in ("NFC", "NFD")))}


def _translate(pattern: str) -> str:
    return "".join(map(_translate_piece, _PIECES.findall(pattern.removeprefix("./"))))


def _translate_piece(piece: str) -> str:
    if piece in _WILD:
        return _WILD[piece]
    as_written = re.escape(piece)
    if piece.startswith("{") and len(piece) > 1:
        return f"(?:{'|'.join(map(_translate, piece[1:-1].split(',')))}|{as_written})"
    if piece.startswith("[") and len(piece) > 1:
        excluded = piece[1] == "!"
        characters = re.sub(r"([\\^\[\]&~|])", r"\\\1", piece[1 + excluded : -1])
        if "--" in characters:  # which Python warns of
            characters = characters.replace("-", r"\-")
        try:
            one_of = re.compile(f"(?!/)[{'^' if excluded else ''}{characters}]").pattern
        except re.error:  # a range that runs backwards
            return as_written
        return f"(?:{one_of}|{as_written})"
    return as_written

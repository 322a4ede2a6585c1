"""The images that a page names, each registered once and each picture embedded once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.records import printable
from fastdup_checks.report.page import Facts

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Album", "Entry")


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of the page."""

    number: int
    """Counts from 0 in the order of first mention."""
    path: str
    facts: Facts

    @property
    def folder(self) -> str:
        """The printable path up to and with the last slash."""
        return printable(self.path)[: -len(self.name)]

    @property
    def name(self) -> str:
        """The printable file name."""
        shown = printable(self.path)
        return shown.rstrip("/").rpartition("/")[2] or shown


class Album:
    """Registers images by path, and takes pictures in while the budget lasts.

    Files with equal bytes share one picture, so a group of exact duplicates costs as much as one image.
    """

    def __init__(
        self, facts: Callable[[str], Facts | None], thumbnail: Callable[[str], bytes | None], budget: int
    ) -> None:
        self._facts = facts
        self._thumbnail = thumbnail
        self._left = budget
        self._entries: dict[str, Entry] = {}
        self._known: dict[str, bool] = {}
        self._by_content: dict[str, int | None] = {}
        self._pictures: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self.full = False
        """Whether a picture was left out because the budget is spent."""

    def entry(self, path: str) -> Entry:
        """The image of that name; known or not, it gets a number."""
        found = self._entries.get(path)
        if found is None:
            found = Entry(len(self._entries), path, self._facts(path) or Facts())
            self._entries[path] = found
        return found

    def picture(self, path: str) -> int | None:
        """The number of the picture of an image; None where there is none or the budget is spent."""
        key = self.entry(path).facts.sha256 or f"path {path}"
        if key not in self._by_content and not self.full:
            self._by_content[key] = self._take(path)
        return self._by_content.get(key)

    def _take(self, path: str) -> int | None:
        jpeg = self._thumbnail(path)
        if not jpeg:
            return None
        digest = hashlib.sha256(jpeg).digest()
        number = self._numbers.get(digest)
        if number is not None:
            return number
        if len(jpeg) > self._left:
            self.full = True
            return None
        self._left -= len(jpeg)
        self._pictures.append(jpeg)
        return self._numbers.setdefault(digest, len(self._pictures) - 1)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All images, by number."""
        return tuple(self._entries.values())

    def stylesheet(self) -> str:
        """One rule per picture; an element of class `p7` shows picture 7, as often as it likes."""
        rules = (
            f".p{number}{{background-image:url(data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')})}}\n"
            for number, jpeg in enumerate(self._pictures)
        )
        return "".join(rules)

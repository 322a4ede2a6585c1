"""The images that a page names, each registered once and each picture embedded once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.records import printable
from fastdup_checks.report.page import Facts
from fastdup_checks.report.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ("Album", "Entry")

SAMPLE = 32
"""So many pictures are made smaller to learn how much that saves."""
LEAST = 600
"""Bytes that no small picture goes below by much: where even such ones would not fit, no more are asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of the page."""

    number: int
    """Counts from 0 in the order of first mention."""
    path: str
    shown: str
    """The path as people can read it."""
    facts: Facts

    @property
    def unreadable(self) -> bool:
        """Whether there is nothing to see: the scan could not read the file, or does not know it."""
        return not self.facts.width

    @property
    def name(self) -> str:
        """The file name in `shown`."""
        return self.shown.rstrip("/").rpartition("/")[2] or self.shown

    @property
    def folder(self) -> str:
        """What stands before the name in `shown`, with its last slash."""
        return self.shown[: -len(self.name)]


class Album:
    """Registers images by path, and embeds their pictures within a budget.

    Files with equal bytes share one picture, so a group of exact duplicates costs as much as one image. First all
    pictures are asked for with `want`, the most important first. `settle` then makes them fit: the first ones stay as
    they are, and as many of the last ones as needed are made smaller. What is left of the budget is for `take`.
    """

    def __init__(
        self,
        facts: Callable[[str], Facts | None],
        thumbnail: Callable[[str], bytes | None],
        budget: int,
        smaller: Callable[[bytes], bytes] = shrink,
    ) -> None:
        self._facts = facts
        self._thumbnail = thumbnail
        self._smaller = smaller
        self._budget = budget
        self._left = budget
        self._entries: dict[str, Entry] = {}
        self._wanted: dict[str, bytes | None] = {}
        self._refused = False
        self._numbers: dict[str, int] = {}
        self._pictures: dict[bytes, tuple[int, bytes]] = {}

    def entry(self, path: str) -> Entry:
        """The image of that name; known or not, it gets a number."""
        found = self._entries.get(path)
        if found is None:
            found = Entry(len(self._entries), path, printable(path), self._facts(path) or Facts())
            self._entries[path] = found
        return found

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All images, by number."""
        return tuple(self._entries.values())

    def want(self, path: str) -> None:
        """Ask for the picture of an image."""
        key = self._key(path)
        if key in self._wanted:
            return
        if len(self._wanted) * LEAST < self._budget:
            self._wanted[key] = self._thumbnail(path)
        else:
            self._refused = True

    def settle(self) -> None:
        """Decide which of the pictures that are wanted are embedded, and how large."""
        wanted = {key: jpeg for key, jpeg in self._wanted.items() if jpeg}
        different = list(dict.fromkeys(wanted.values()))
        small = dict(self._shrunk(different))
        for key, jpeg in wanted.items():
            self._embed(key, jpeg, small.get(jpeg, jpeg))

    def take(self, path: str) -> None:
        """Embed one more picture, if it fits as it is."""
        key = self._key(path)
        jpeg = self._thumbnail(path) if key not in self._numbers and self._left > 0 else None
        if jpeg:
            self._embed(key, jpeg, jpeg)

    def picture(self, path: str) -> int | None:
        """The number of the embedded picture of an image, or None."""
        return self._numbers.get(self._key(path))

    @property
    def complete(self) -> bool:
        """Whether all that is wanted and exists is embedded."""
        return not self._refused and all(key in self._numbers for key, jpeg in self._wanted.items() if jpeg)

    def stylesheets(self, first: Iterable[str]) -> tuple[str, str]:
        """One rule per picture, a line each; an element of class `p7` shows picture 7, as often as it likes.

        Args:
            first: images that are seen when the page opens.

        Returns:
            The rules for their pictures, and those for all others.
        """
        seen = {self.picture(path) for path in first}
        rules = [(number in seen, _rule(number, content)) for number, content in self._pictures.values()]
        return "".join(rule for now, rule in rules if now), "".join(rule for now, rule in rules if not now)

    def _key(self, path: str) -> str:
        return self.entry(path).facts.sha256 or f"path {path}"

    def _embed(self, key: str, jpeg: bytes, content: bytes) -> None:
        digest = hashlib.sha256(jpeg).digest()
        if digest not in self._pictures:
            if len(content) > self._left:
                return
            self._left -= len(content)
            self._pictures[digest] = (len(self._pictures), content)
        self._numbers[key] = self._pictures[digest][0]

    def _shrunk(self, pictures: Sequence[bytes]) -> Iterable[tuple[bytes, bytes]]:
        """Pairs (picture, smaller one) for those that must shrink."""
        total = sum(map(len, pictures))
        if total <= self._budget:
            return
        sample = pictures[:: max(1, len(pictures) // SAMPLE)]
        share = sum(len(self._smaller(jpeg)) for jpeg in sample) / sum(map(len, sample))
        spent, rest = 0, total
        for jpeg in pictures:
            # The first ones stay as they are as long as the others, made smaller, still find room.
            if spent + len(jpeg) + 1.05 * share * (rest - len(jpeg)) <= self._budget:
                spent += len(jpeg)
            else:
                small = self._smaller(jpeg)
                spent += len(small)
                yield jpeg, small
            rest -= len(jpeg)


def _rule(number: int, content: bytes) -> str:
    text = base64.b64encode(content).decode("ascii")
    return f".p{number}{{background-image:url(data:{_kind(content)};base64,{text})}}\n"


def _kind(content: bytes) -> str:
    return "image/webp" if content[8:12] == b"WEBP" else "image/jpeg"

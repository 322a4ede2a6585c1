"""How far long work has come: a bar on a terminal, a sparse line in the log of a CI run."""

from __future__ import annotations

import shutil
import sys
import time
from typing import IO, Protocol

__all__ = ("Progress", "Silent", "TextProgress")

_REDRAW_SECONDS = 0.1
_LINE_SECONDS = 30.0


class Progress(Protocol):
    """Hears how far a long piece of work has come."""

    def start(self, what: str, total: int) -> None:
        """Work on `total` things begins."""

    def advance(self, count: int) -> None:
        """So many more are done."""

    def finish(self) -> None:
        """The work has ended, well or not."""


class Silent:
    """A progress that nobody watches."""

    def start(self, what: str, total: int) -> None:
        """Say nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Say nothing."""


class TextProgress:
    """Writes to a stream, by default standard error."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._bar = self._stream.isatty()
        self._what = ""
        self._total = self._done = 0
        self._started = self._shown = 0.0

    def start(self, what: str, total: int) -> None:
        """Work on `total` images begins."""
        self._what, self._total, self._done = what, total, 0
        self._started = self._shown = time.monotonic()
        if self._bar:
            self._draw()

    def advance(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        now = time.monotonic()
        if now - self._shown >= (_REDRAW_SECONDS if self._bar else _LINE_SECONDS):
            self._shown = now
            self._draw()

    def finish(self) -> None:
        """The work has ended: the bar goes, and one line stays."""
        seconds = time.monotonic() - self._started
        if self._bar:
            self._stream.write("\r\x1b[K")
        self._stream.write(f"{self._what}: {self._done} of {self._total} images in {seconds:.1f} s\n")
        self._stream.flush()

    def _draw(self) -> None:
        seconds = time.monotonic() - self._started
        rate = self._done / seconds if seconds else 0.0
        left = f"{(self._total - self._done) / rate:.0f} s left" if rate else ""
        text = f"{self._what}: {self._done} of {self._total} images, {rate:.0f}/s, {left}"
        if self._bar:
            width = max(10, min(40, shutil.get_terminal_size().columns - len(text) - 4))
            full = int(width * self._done / max(1, self._total))
            self._stream.write(f"\r\x1b[K[{'#' * full}{'.' * (width - full)}] {text}")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

"""How far a scan has come, while pytest captures what tests write."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastdup_checks.progress import TextProgress

if TYPE_CHECKING:
    import pytest

__all__ = ("LateProgress",)

_PATIENCE_SECONDS = 2.0
"""A shorter scan is not worth a line among the dots."""


class LateProgress:
    """Shows the progress of long work past pytest's capturing, and nothing of short work."""

    def __init__(self, config: pytest.Config) -> None:
        self._capture: Any = config.pluginmanager.getplugin("capturemanager")
        self._reporter: Any = config.pluginmanager.getplugin("terminalreporter")
        self._inner: TextProgress | None = None
        self._what, self._total, self._done, self._started = "", 0, 0, 0.0

    def start(self, what: str, total: int) -> None:
        """Work on `total` images begins."""
        self._what, self._total, self._done, self._started = what, total, 0, time.monotonic()

    def advance(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        if self._inner is None and time.monotonic() - self._started > _PATIENCE_SECONDS:
            self._show(self._begin)
        elif self._inner is not None:
            inner = self._inner
            self._show(lambda: inner.advance(count))

    def finish(self) -> None:
        """The work has ended."""
        if self._inner is not None:
            self._show(self._inner.finish)
            self._inner = None

    def _begin(self) -> None:
        if self._reporter is not None:
            self._reporter.ensure_newline()
        self._inner = TextProgress()
        self._inner.start(self._what, self._total)
        self._inner.advance(self._done)

    def _show(self, action: Any) -> None:
        if self._capture is None:
            action()
            return
        with self._capture.global_and_fixture_disabled():
            action()

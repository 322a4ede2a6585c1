"""Products of matrices on one core.

The threads of OpenBLAS, which NumPy brings, wait for each other by spinning: on matrices as small as ours that burns as
much processor time again as it saves, on every core. The command line says so before NumPy is loaded; in a process of
somebody else, such as pytest, it can only be said to the loaded library.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("one_core",)


class _Limit:
    """A setting of the whole process: the first who wants it makes it, the last one takes it back."""

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._limits: threadpool_limits | None = None

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                self._limits = threadpool_limits(1, user_api="blas")
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._limits is not None:
                self._limits.restore_original_limits()
                self._limits = None


_LIMIT = _Limit()


@contextmanager
def one_core() -> Iterator[None]:
    """Keep the libraries of linear algebra of this process from using threads of their own meanwhile."""
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()

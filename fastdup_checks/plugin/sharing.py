"""What workers of a distributed run tell each other: that a scan has failed, so that no other one tries it again."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from fastdup_checks.errors import FastdupChecksError, ScanError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from fastdup_checks.analysis import Analysis

__all__ = ("FailureRecord", "Meeting", "record_of")

_KEY = "fastdup_meeting"


class Meeting:
    """A folder of the controller for the records of its workers; there is none until a worker starts."""

    def __init__(self) -> None:
        self._folder: str | None = None

    def invite(self, node: Any) -> None:
        """Tell a worker, before it starts, where the folder is."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="fastdup-checks-")
        node.workerinput[_KEY] = self._folder

    def end(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


class FailureRecord:
    """One scan, attempted by one worker at a time, and by none after it has failed."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def attempt(self, scan: Callable[[], Analysis]) -> Analysis:
        """Scan, unless another worker has failed at it.

        Raises:
            FastdupChecksError: what the scan raises; in the workers that come after, a ScanError with its message.
        """
        with FileLock(self._file.with_suffix(".lock")):
            if self._file.exists():
                raise ScanError(self._file.read_text(encoding="utf-8"))
            try:
                return scan()
            except FastdupChecksError as error:
                self._file.write_text(str(error), encoding="utf-8", errors="backslashreplace")
                raise


def record_of(config: pytest.Config, path: Path) -> FailureRecord | None:
    """The record of a configuration file; None in a process that shares its work with no other.

    A worker on another machine does not find the folder, and is on its own.
    """
    folder = Path(getattr(config, "workerinput", {}).get(_KEY, ""))
    if not folder.is_absolute() or not folder.is_dir():
        return None
    return FailureRecord(folder / hashlib.sha256(str(path).encode(errors="surrogateescape")).hexdigest()[:16])

"""What GitHub Actions reads of a log, and shows beside it: a summary of the job, and marks on the lines of data.yml."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.errors import ConfigError
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastdup_checks.errors import FastdupChecksError
    from fastdup_checks.verdict import Verdict

__all__ = ("add_to_job_summary", "annotate", "annotate_error", "harmless")

_LEVELS = {"failed": "error", "warned": "warning"}
_COMMAND = re.compile(r"(^|[\r\n])([^\S\r\n]*):(?=:)")
"""Where a line begins with a workflow command."""

_log = logging.getLogger(__name__)


def annotate(verdicts: Iterable[Verdict], config: Path) -> list[str]:
    """Workflow commands that mark the entries of expectations that were not met; none outside GitHub Actions.

    An expectation that a suite brought in is marked where the configuration extends the suite.
    """
    if not _on_github():
        return []
    return [
        _command(_LEVELS[v.outcome], v.message, config, v.expectation.anchor, v.expectation.id)
        for v in verdicts
        if v.outcome in _LEVELS
    ]


def annotate_error(error: FastdupChecksError) -> list[str]:
    """Workflow commands that mark what is wrong in a configuration; none outside GitHub Actions."""
    if not _on_github() or not isinstance(error, ConfigError):
        return []
    return [_command("error", p.message, Path(p.path), p.line, "fastdup-checks") for p in error.problems]


def add_to_job_summary(markdown: str) -> None:
    """Append to the summary page of the job; does nothing outside GitHub Actions, and never fails a run."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page:
        return
    try:
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as error:
        _log.warning("the job summary cannot be written: %s", error)


def harmless(text: str) -> str:
    r"""The text, on GitHub Actions without the workflow commands that a name of a file may hold: `\x3a:error`.

    A command is at work where a line begins with `::`, after blanks as well, and of the old kind wherever `##[` stands.
    """
    return _COMMAND.sub(r"\1\2\\x3a", text).replace("##[", r"##\x5b") if _on_github() else text


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _command(level: str, message: str, path: Path, line: int, title: str) -> str:
    workspace = os.environ.get("GITHUB_WORKSPACE") or Path.cwd()
    try:
        shown = Path(os.path.relpath(path, workspace)).as_posix()
    except ValueError:  # on another drive
        shown = path.as_posix()
    place = f"file={_property(shown)}" + (f",line={line}" if line else "")
    return f"::{level} {place},title={_property(title)}::{_data(printable(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

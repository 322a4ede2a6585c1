"""Everything that fastdup-checks raises on purpose.

Two families that are never mixed: `FastdupChecksError` says that the work could not be done (the configuration, the
dataset or the environment is wrong); `ExpectationFailed` says that it was done and the data is bad. All of them come
whole out of another process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_checks.verdict import Verdict

__all__ = (
    "ConfigError",
    "DatasetError",
    "ExpectationFailed",
    "FastdupChecksError",
    "MissingExtra",
    "Problem",
    "ScanError",
)


class FastdupChecksError(Exception):
    """The work could not be done. Base class of all errors but `ExpectationFailed`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration file."""

    path: str
    """The file as the user named it."""
    line: int
    """1-based line, or 0 where the problem belongs to the whole file."""
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class ConfigError(FastdupChecksError):
    """A configuration file or an argument is wrong. All problems of a file are told at once, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[ConfigError], tuple[Sequence[Problem]]]:
        return type(self), (self.problems,)


class DatasetError(FastdupChecksError):
    """The dataset is not there, is empty, or does not have what an expectation needs."""


class ScanError(FastdupChecksError):
    """The scan could not be done: the cache cannot be written, the model is damaged, ..."""


class MissingExtra(FastdupChecksError):  # noqa: N818 - the extra is what is missing
    """An optional dependency is needed and not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        self._purpose = purpose
        super().__init__(f"{purpose} needs an optional dependency: pip install 'fastdup-checks[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.extra, self._purpose)


class ExpectationFailed(AssertionError):  # noqa: N818 - it is a verdict on the data, like pytest's Failed
    """The data did not meet at least one expectation. Carries the verdicts that failed."""

    def __init__(self, verdicts: Sequence[Verdict], report: str | None = None) -> None:
        self.verdicts = tuple(verdicts)
        self.report = report
        lines = [verdict.message for verdict in self.verdicts]
        if report:
            lines.append(f"gallery: {report}")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[ExpectationFailed], tuple[Sequence[Verdict], str | None]]:
        return type(self), (self.verdicts, self.report)

"""Expectations for image datasets: duplicates, leaks, outliers and wrong labels fail the build.

Everything public is loaded when it is first used, since this package is imported by every pytest run of an environment
that has it installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fastdup_checks._version import __version__

if TYPE_CHECKING:
    from fastdup_checks.errors import (
        ConfigError,
        DatasetError,
        ExpectationFailed,
        FastdupChecksError,
        MissingExtra,
        ScanError,
    )
    from fastdup_checks.findings import Finding, Measurement
    from fastdup_checks.pipeline import check, require, run
    from fastdup_checks.result import BrokenImage, Family, LabelSuspect, Outlier, Pair, Result, Verdicts
    from fastdup_checks.verdict import Verdict

__all__ = (
    "BrokenImage",
    "ConfigError",
    "DatasetError",
    "ExpectationFailed",
    "Family",
    "FastdupChecksError",
    "Finding",
    "LabelSuspect",
    "Measurement",
    "MissingExtra",
    "Outlier",
    "Pair",
    "Result",
    "ScanError",
    "Verdict",
    "Verdicts",
    "__version__",
    "check",
    "require",
    "run",
)

_HOMES = {
    "errors": ("ConfigError", "DatasetError", "ExpectationFailed", "FastdupChecksError", "MissingExtra", "ScanError"),
    "findings": ("Finding", "Measurement"),
    "pipeline": ("check", "require", "run"),
    "result": ("BrokenImage", "Family", "LabelSuspect", "Outlier", "Pair", "Result", "Verdicts"),
    "verdict": ("Verdict",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

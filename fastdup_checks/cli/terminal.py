"""What the commands say, and the options they share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.ci import harmless
from fastdup_checks.progress import TextProgress
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from fastdup_checks.progress import Progress
    from fastdup_checks.result import Verdicts

__all__ = ("add_scan_options", "complain", "folder", "print_verdicts", "progress_of", "say", "show_path")

_COLOUR = {"passed": "32", "failed": "31;1", "warned": "33", "xfailed": "33", "skipped": "2", "measured": "36"}
_SHOWN = 3
"""Findings named under an expectation that was not met."""


def add_scan_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that scans."""
    parser.add_argument("--cache-dir", type=folder, metavar="DIR", help="where measurements are kept between runs")
    parser.add_argument("--threads", type=_threads, metavar="N", help="cores to use (default: all)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def folder(text: str) -> Path:
    """A folder as an argument; an empty text, as of a shell variable that is not set, is not the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("the name of a folder is wanted, and this is empty")
    return Path(text)


def progress_of(options: argparse.Namespace) -> Progress | None:
    """What shall hear how far the scan has come."""
    return None if options.quiet else TextProgress()


def print_verdicts(verdicts: Verdicts) -> None:
    """One line a verdict, with the worst findings of those that were not met; then whether a search was approximate."""
    colour = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for verdict in verdicts:
        word = f"{verdict.outcome.upper():8}" if verdict.outcome in {"failed", "warned"} else f"{verdict.outcome:8}"
        if colour:
            word = f"\x1b[{_COLOUR[verdict.outcome]}m{word}\x1b[0m"
        say(f"{word} {printable(verdict.message)}")
        if verdict.outcome in {"failed", "warned"}:
            findings = verdict.measurement.findings
            for finding in findings[:_SHOWN]:
                names = "  ".join(printable(path) for path in finding.images[:4])
                more = f"  and {len(finding.images) - 4} more" if len(finding.images) > 4 else ""
                note = f"  ({printable(finding.note)})" if finding.note else ""
                say(f"           {names}{more}{note}")
            if len(findings) > _SHOWN:
                print(f"           and {len(findings) - _SHOWN} more")
    neighbours = verdicts.result.analysis.neighbours
    if neighbours.recall < 1:
        print(f"neighbours: {neighbours.search}")


def say(line: str) -> None:
    """Print a line that may hold names which people chose."""
    print(harmless(line))


def show_path(path: Path) -> str:
    """A path as short as it can be."""
    try:
        return printable(str(path.absolute().relative_to(Path.cwd())))
    except ValueError:
        return printable(str(path))


def complain(message: str) -> None:
    """Say what is wrong, on standard error."""
    lines = [printable(line) for line in message.splitlines()]
    print(harmless("fastdup-checks: " + "\n                ".join(lines)), file=sys.stderr)


def _threads(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of cores")
    return int(text)

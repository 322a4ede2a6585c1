"""The command line: `fastdup-checks COMMAND`.

Exit status: 0 passed, 1 an expectation failed, 2 usage, configuration or dataset wrong, 3 the scan could not be done or
the report not be written, or something happened that should not.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from typing import TYPE_CHECKING

from fastdup_checks._version import __version__
from fastdup_checks.ci import annotate_error, harmless
from fastdup_checks.cli import baseline, calibrate, check, curate, demo, explain, frames, gx, init, run
from fastdup_checks.cli.terminal import complain
from fastdup_checks.errors import FastdupChecksError, ScanError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("main", "make_parser")

COMMANDS = (check, run, explain, init, baseline, curate, frames, calibrate, demo, gx)

# Read by the numerical libraries when they are loaded. Their threads wait by spinning, which burns more time than they
# save on matrices as small as ours; the scan and the searches use all cores by themselves.
_QUIET_CORES = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

_ABOUT = "Expectations for image datasets: duplicates, leaks, outliers and wrong labels fail the build."
_STATUS = (
    "Exit status: 0 passed, 1 an expectation failed, 2 usage or configuration, 3 the scan could not be done or the "
    "report not be written."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    options = make_parser().parse_args(arguments)
    for name, value in _QUIET_CORES.items():
        os.environ.setdefault(name, value)
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files and classes in what the terminal cannot spell
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status: int = options.work(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except FastdupChecksError as error:
        complain(str(error))
        for line in annotate_error(error):
            print(line)
        return 3 if isinstance(error, ScanError) else 2
    except KeyboardInterrupt:
        complain("interrupted; what was scanned is kept, and the next run goes on from there")
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        _drop_output()
        return 141
    except OSError as error:  # a full disk, behind the report or behind our output
        complain(str(error))
        _drop_output()
        return 3
    except Exception:  # noqa: BLE001 - Python would exit with 1, which says that an expectation failed
        print(harmless(traceback.format_exc()), end="", file=sys.stderr)
        complain("that is a fault of fastdup-checks, and no verdict on the data; please report it with the lines above")
        return 3
    return status


def _drop_output() -> None:
    """Let what is still to be printed go nowhere, so that Python does not try once more at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="fastdup-checks",
        description=_ABOUT,
        epilog=_STATUS,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"fastdup-checks {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(commands)
    return parser

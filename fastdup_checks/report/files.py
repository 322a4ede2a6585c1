"""Files that appear whole or not at all, and tables in them."""

from __future__ import annotations

import csv
import os
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ("replacing", "write_rows")


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which takes the place of `path` when the block ends well; its folder is made if need be.

    Raises:
        ScanError: if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise ScanError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):  # where nothing could be written
            temporary.unlink()


def write_rows(text: IO[str], header: Sequence[str], rows: Iterable[Sequence[Any]], *, names: Iterable[str]) -> None:
    r"""Write a table as CSV whose lines end with a line feed.

    Args:
        text: where to.
        header: the names of the columns.
        rows: the cells.
        names: of which the cells are made, so far as people chose them. A carriage return in one of them ends a row for
            whoever reads it, and Python (3.12) does not quote it: then every cell is quoted.
    """
    odd = any("\r" in name for name in names)
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows(rows)

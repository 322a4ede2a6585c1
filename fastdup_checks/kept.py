"""Numbers that follow from one picture each, kept from one run to the next by the names of the pictures."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.memory import places_in
from fastdup_checks.report.files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ("keep",)


def keep(
    file: Path, names: NDArray[np.uint64], compute: Callable[[NDArray[np.int64]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Give what is known of pictures, and compute the rest.

    Args:
        file: what was known the last time, and will be the next time; made where there is none.
        names: (n,) a number for each picture, equal for equal ones.
        compute: (m,) rows to (m, d) numbers, d of which is always the same.

    Returns:
        (n, d), to the bit what computing all would give.

    Raises:
        ScanError: if the file cannot be written.
    """
    known = _load(file)
    place = np.full(len(names), -1) if known is None else places_in(names, known[0])
    new = np.flatnonzero(place < 0)
    fresh = compute(new)
    values = np.empty((len(names), fresh.shape[1]), np.float32)
    values[new] = fresh
    if known is not None:
        values[place >= 0] = known[1][place[place >= 0]]
    there, first = np.unique(names, return_index=True)
    if known is None or not np.array_equal(there, known[0]):
        with replacing(file) as out:
            np.savez(out, names=there, values=values[first])
    return values


def _load(file: Path) -> tuple[NDArray[np.uint64], NDArray[np.float32]] | None:
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as arrays:
            names, values = arrays["names"], arrays["values"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None  # there is none, or it cannot be read: it is made again
    return (names, values) if names.ndim == 1 and values.ndim == 2 and len(names) == len(values) else None

"""Vectors that the user has made, in the place of an encoder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.errors import DatasetError
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from fastdup_checks.encoders.plan import VectorPlan

__all__ = ("Blind", "OwnVectors", "vectors_key")

_SHOWN = 10
"""Problems of one kind that are told one by one."""

_ROWS = 65536
"""Vectors converted at a time; bounds the memory."""


class OwnVectors:
    """A matrix whose rows are named by the paths of images."""

    def __init__(self, plan: VectorPlan) -> None:
        """Open the two files.

        Raises:
            DatasetError: if one cannot be read, if they do not fit together, or if a path has two rows.
        """
        self._plan = plan
        try:
            matrix = np.lib.format.open_memmap(plan.npy, mode="r")
        except (OSError, ValueError, EOFError) as error:
            text = " ".join(str(error).split())
            raise DatasetError(f"{plan.npy}: not a readable .npy file of numbers ({text})") from error
        if matrix.ndim != 2 or matrix.dtype.kind != "f" or matrix.shape[1] < 1:
            raise DatasetError(
                f"{plan.npy}: wanted is one row of floating-point numbers for each image, (n, d), not "
                f"{matrix.dtype} {list(matrix.shape)}",
            )
        self._matrix: NDArray[np.floating] = matrix
        self._row = self._read_paths()

    def _read_paths(self) -> dict[str, int]:
        file = self._plan.files
        try:
            # Split at line feeds only: a name may hold any other character that Python would split at.
            lines = file.read_bytes().decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n").split("\n")
        except OSError as error:
            raise DatasetError(f"{file}: cannot be read ({error.strerror or error})") from error
        if lines[-1] == "":
            lines.pop()
        if len(lines) != len(self._matrix):
            raise DatasetError(f"{file}: {len(lines)} paths, and {len(self._matrix)} vectors in {self._plan.npy}")
        row: dict[str, int] = {}
        twice = []
        for number, line in enumerate(lines):
            path = line.removeprefix("./")
            if path in row:
                twice.append(f"line {number + 1}: {printable(path)} (first on line {row[path] + 1})")
            else:
                row[path] = number
        if twice:
            raise DatasetError(
                f"{file}: {_listed(len(twice), 'path has two vectors', 'paths have two vectors', twice)}",
            )
        return row

    def take(self, paths: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of some images, (len(paths), d), each brought to length 1.

        Raises:
            DatasetError: if one has no vector, or one that points nowhere: not finite, or all zero. All are told.
        """
        rows = np.array([self._find(path) for path in paths], np.int64)
        missing = [printable(paths[at]) for at in np.flatnonzero(rows < 0).tolist()]
        if missing and len(missing) == len(paths):
            raise DatasetError(
                f"{self._plan.files}: none of its {len(self._row)} paths is an image of the dataset; they must be "
                f"relative to the dataset root, like {missing[0]}",
            )
        if missing:
            raise DatasetError(
                f"{self._plan.files}: {_listed(len(missing), 'image has no vector', 'images have no vector', missing)}"
                "; make their vectors, or take them out with dataset.exclude",
            )
        out = np.empty((len(rows), self._matrix.shape[1]), np.float32)
        bad: list[str] = []
        for start in range(0, len(rows), _ROWS):
            some = rows[start : start + _ROWS]
            vectors = np.asarray(self._matrix[some], np.float64)
            peak = np.abs(vectors).max(1)
            whole = np.isfinite(peak) & (peak > 0)
            for at in np.flatnonzero(~whole).tolist():
                fault = "all zero" if peak[at] == 0 else "not finite"
                bad.append(f"row {some[at]} (counted from 0), {printable(paths[start + at])}: {fault}")
            vectors[whole] /= peak[whole, np.newaxis]  # so that no square overflows
            lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
            out[start : start + _ROWS][whole] = vectors[whole] / lengths[whole, np.newaxis]
        if bad:
            raise DatasetError(
                f"{self._plan.npy}: {_listed(len(bad), 'vector points nowhere', 'vectors point nowhere', bad)}"
            )
        return out

    def _find(self, path: str) -> int:
        """The row of a path, -1 where there is none.

        A path may also be written as `files.txt` of a report writes it, or with backslashes.
        """
        row = self._row
        return row.get(path, row.get(printable(path), row.get(path.replace("/", "\\"), -1)))


def vectors_key(vectors: NDArray[np.float32]) -> str:
    """Names vectors by what they are."""
    return f"own-{hashlib.sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()[:24]}"


class Blind:
    """Gives every picture an empty vector: for a scan whose vectors come from elsewhere."""

    key = "none"
    side = 1
    square = None

    def prepare(self, rgb: Image.Image) -> NDArray[Any]:  # noqa: ARG002 - the protocol's
        """Nothing, shape (0,)."""
        return np.zeros(0, np.float32)

    def embed(self, prepared: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """Nothing, shape (n, 0)."""
        return np.zeros((len(prepared), 0), np.float32)


def _listed(count: int, one: str, many: str, items: Sequence[str]) -> str:
    rest = f", and {count - _SHOWN} more" if count > _SHOWN else ""
    return f"{count} {one if count == 1 else many}: {'; '.join(items[:_SHOWN])}{rest}"

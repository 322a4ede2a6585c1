"""A column of a CSV file that says something about the images of a folder: their labels, splits or groups."""

from __future__ import annotations

import csv
import os
import posixpath
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.errors import DatasetError
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

__all__ = ("Column", "as_spelt")


@dataclass(frozen=True, slots=True)
class Column:
    """One value for each image, from a CSV file."""

    csv: Path
    path: str = "path"
    """The column that names the image, relative to the dataset root.

    A backslash is a slash, unless a file is so called.
    """
    value: str = "label"
    """The column that says what is wanted."""

    def load(self, root: Path) -> dict[str, str]:
        """Path -> value; a row without a value is left out.

        Args:
            root: the folder of the dataset. A path of the table is relative to it, or lies below it.

        Raises:
            DatasetError: with file and line, if the file, a column or a unique path is missing, or a row is damaged.
        """
        values: dict[str, str] = {}
        line = 0
        bases = tuple(dict.fromkeys((os.path.abspath(root), os.path.realpath(root))))  # noqa: PTH100
        try:
            with self.csv.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                rows = csv.DictReader(file, strict=True)
                self._expect_columns(list(rows.fieldnames or ()))
                line = rows.line_num
                for row in rows:
                    line = rows.line_num
                    here = f"{self.csv}:{line}"
                    if any(row.get(None) or ()):
                        raise DatasetError(f"{here}: more cells than columns; a cell with a comma stands in quotes")
                    value = row[self.value]
                    if not value:
                        continue
                    path = _below_root(row[self.path] or "", bases, here)
                    if values.setdefault(path, value) != value:
                        two = f"{values[path]!r} and {value!r}"
                        raise DatasetError(f"{here}: {printable(path)} has two values for {self.value!r}: {two}")
        except OSError as error:
            raise DatasetError(f"{self.csv}: cannot be read ({error})") from error
        except csv.Error as error:
            raise DatasetError(f"{self.csv}:{line + 1}: cannot be read from here on ({error})") from error
        if not values:
            raise DatasetError(f"{self.csv}: no row has a value in column {self.value!r}")
        return values

    def _expect_columns(self, columns: list[str]) -> None:
        for wanted in (self.path, self.value):
            if columns.count(wanted) == 1:
                continue
            if wanted in columns:
                raise DatasetError(f"{self.csv}: two columns are called {wanted!r}")
            names = printable(", ".join(map(repr, columns))) or "none"
            more = ""
            if "\0" in "".join(columns):
                more = "; the file must be UTF-8, not UTF-16"
            elif len(columns) == 1 and re.search("[;\t]", columns[0]):
                more = "; columns are divided by commas"
            raise DatasetError(f"{self.csv}: no column {wanted!r}; the columns are {names}{more}")


def as_spelt(values: Mapping[str, str], paths: Collection[str]) -> Mapping[str, str]:
    """The values of a table by the paths as files spell them: some systems write an accent as a letter of its own."""
    spelt = {unicodedata.normalize("NFC", path): path for path in paths if not path.isascii()}
    if not spelt:
        return values
    known = set(paths)
    return {
        path if path in known else spelt.get(unicodedata.normalize("NFC", path), path): value
        for path, value in values.items()
    }


def _below_root(path: str, bases: Sequence[str], here: str) -> str:
    """A path of a table, relative to the root and without detours."""
    if not path or "\0" in path:
        raise DatasetError(f"{here}: a row that has a value names no image")
    # Windows writes a backslash for a slash; elsewhere a name may hold one.
    if os.sep == "\\" or ("\\" in path and not os.path.lexists(os.path.join(bases[0], path))):  # noqa: PTH118
        path = path.replace("\\", "/")
    for base in bases:
        path = path.removeprefix(os.path.join(base, "").replace(os.sep, "/"))  # noqa: PTH118
    path = posixpath.normpath(path)
    if path.startswith(("/", "../")) or path in {"..", "."}:
        raise DatasetError(f"{here}: {printable(path)} is not below dataset.root ({printable(bases[0])})")
    return path

"""Where the images of a batch are, and the rows of a data frame as rows of a table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_checks.embed import DEFAULT_MODEL
from fastdup_checks.errors import DatasetError
from fastdup_checks.limits import Limits
from fastdup_checks.scan import Settings
from fastdup_checks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

__all__ = ("SOURCE_KEYS", "Source", "frame_rows", "image_of", "value_text")

SOURCE_KEYS = (
    "root",
    "label_column",
    "split_column",
    "group_column",
    "splits",
    "model",
    "megabytes",
    "megapixels",
)
"""The arguments that every image rule has: rules that agree in them share one analysis of a batch."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which columns say what, and how to scan."""

    image_column: str
    root: str | None = None
    label_column: str | None = None
    split_column: str | None = None
    group_column: str | None = None
    splits: tuple[str, ...] | None = None
    model: str | None = None
    megabytes: int | None = None
    megapixels: int | None = None

    @classmethod
    def of(cls, image_column: str, arguments: Mapping[str, Any]) -> Source:
        """The source that the arguments of a rule or of a metric name."""
        given = {key: arguments.get(key) for key in SOURCE_KEYS}
        given["splits"] = tuple(given["splits"]) if given["splits"] else None
        return cls(image_column, **given)

    @property
    def folder(self) -> Path:
        """What relative paths are relative to."""
        return Path(os.path.abspath(os.path.expanduser(self.root or ".")))  # noqa: PTH100, PTH111 - links stay as named

    @property
    def settings(self) -> Settings:
        """How to scan."""
        limits = {"megabytes": self.megabytes, "megapixels": self.megapixels}
        return Settings(
            cache=Path(os.environ.get("FASTDUP_CHECKS_CACHE") or ".fastdup_cache").absolute(),
            limits=Limits(**{key: value for key, value in limits.items() if value is not None}),
            model=Path(self.model) if self.model else DEFAULT_MODEL,
        )

    def columns(self, present: Iterable[str]) -> dict[str, str]:
        """The columns of a batch to be read: "image" -> its name, and likewise split, label and group where present.

        Raises:
            DatasetError: if there is no image column.
        """
        names = list(present)
        if self.image_column not in names:
            known = ", ".join(map(repr, names)) or "none"
            raise DatasetError(f"the batch has no column {self.image_column!r}; its columns are {known}")
        wanted = {"split": self.split_column, "label": self.label_column, "group": self.group_column}
        return {"image": self.image_column} | {
            what: name for what, name in wanted.items() if name is not None and name in names
        }


def frame_rows(frame: pd.DataFrame, columns: Mapping[str, str]) -> list[Row]:
    """The rows that have an image.

    Raises:
        DatasetError: if the image column holds something else than paths, URLs or bytes.
    """
    some = frame[frame[columns["image"]].notna()]
    values = {what: some[name].tolist() for what, name in columns.items()}
    images = [image_of(value, columns["image"]) for value in values.pop("image")]
    texts = {what: [value_text(value) for value in column] for what, column in values.items()}
    return [
        Row(image, **{what: column[number] for what, column in texts.items()}) for number, image in enumerate(images)
    ]


def image_of(value: object, column: str) -> str | bytes:
    """The path, URL or bytes that a cell holds.

    Raises:
        DatasetError: if it holds something else.
    """
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    raise DatasetError(f"column {column!r} holds {type(value).__name__} values; paths, URLs or bytes are wanted")


def value_text(value: Any) -> str | None:
    """A label or a split as text; None where there is none. Whole numbers have no decimals, whatever their column."""
    import pandas as pd

    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - not-a-number is the one such value
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) or None

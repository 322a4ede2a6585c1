"""Where the images of a batch are, and the rows of a data frame as rows of a table."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_checks.baseline import Baseline
from fastdup_checks.baseline_file import read_baseline
from fastdup_checks.column import Column
from fastdup_checks.config import Plan, load_plan
from fastdup_checks.encoders.entry import model_named
from fastdup_checks.errors import DatasetError
from fastdup_checks.limits import Limits
from fastdup_checks.pipeline import scan_settings
from fastdup_checks.records import valid_text
from fastdup_checks.scan import Settings
from fastdup_checks.table import Row, image_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

__all__ = ("SOURCE_KEYS", "Source", "UndecodedName", "baseline_of", "frame_rows")

SOURCE_KEYS = (
    "config",
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
class UndecodedName:
    """A name of a file that holds bytes that are no text, in a cell of a data frame: as a path, it is that name.

    Great Expectations takes the hash of a frame, for which pandas encodes the strings and `str` of what is none.
    """

    name: str

    def __fspath__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return valid_text(self.name)


@dataclass(frozen=True, slots=True)
class Source:
    """Which columns say what, and how to scan."""

    image_column: str
    config: str | None = None
    root: str | None = None
    label_column: str | None = None
    split_column: str | None = None
    group_column: str | None = None
    splits: tuple[str, ...] | None = None
    model: str | None = None
    megabytes: int | None = None
    megapixels: int | None = None
    plan: Plan | None = field(default=None, repr=False)
    """What `config` says."""

    @classmethod
    def of(cls, image_column: str, arguments: Mapping[str, Any]) -> Source:
        """The source that the arguments of a rule or of a metric name.

        Raises:
            ConfigError: if the data.yml that they name is wrong.
        """
        given = {key: arguments.get(key) for key in SOURCE_KEYS}
        given["splits"] = tuple(given["splits"]) if given["splits"] else None
        return cls(image_column, **given, plan=load_plan(given["config"]) if given["config"] else None)

    @property
    def folder(self) -> Path:
        """What relative paths are relative to."""
        root = self.root or (self.plan.dataset.root if self.plan else ".")
        return Path(os.path.abspath(os.path.expanduser(root)))  # noqa: PTH100, PTH111 - links stay as named

    @property
    def settings(self) -> Settings:
        """How to scan."""
        if self.plan is not None:
            settings = scan_settings(self.plan)
        else:
            cache = Path(os.environ.get("FASTDUP_CHECKS_CACHE") or ".fastdup_cache").absolute()
            settings = Settings(cache, Limits())
        limits = settings.limits
        limits = Limits(self.megabytes or limits.megabytes, self.megapixels or limits.megapixels)
        settings = replace(settings, limits=limits)
        return replace(settings, model=model_named(self.model)) if self.model else settings

    @property
    def order(self) -> tuple[str, ...] | None:
        """The order of the splits, where something says what it is."""
        if self.splits or self.plan is None:
            return self.splits
        named = self.plan.dataset.splits
        return None if named is None or isinstance(named, Column) else tuple(named)

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


def baseline_of(config: str | None) -> Baseline | None:
    """What the baseline of a data.yml accepts, where it has one.

    Raises:
        ConfigError: if the file or its baseline is wrong.
    """
    return read_baseline(load_plan(config).baseline) if config else None


def frame_rows(frame: pd.DataFrame, columns: Mapping[str, str]) -> list[Row]:
    """The rows that have an image.

    Raises:
        DatasetError: if the image column holds something else than paths, URLs or bytes.
    """
    some = frame[frame[columns["image"]].notna()]
    # Every kind of null as None: pandas has several, and one of them cannot even be compared.
    values = {
        what: some[name].astype(object).where(some[name].notna(), None).tolist() for what, name in columns.items()
    }
    images = [image_of(value, columns["image"]) for value in values.pop("image")]
    texts = {what: [text_of(value) for value in column] for what, column in values.items()}
    return [
        Row(image, **{what: column[number] for what, column in texts.items()}) for number, image in enumerate(images)
    ]

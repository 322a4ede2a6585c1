"""data.yml -> Plan: what to scan, and what to expect of it. Opens no image and imports no heavy library."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.baseline_file import FILE_NAME
from fastdup_checks.column import Column
from fastdup_checks.document import Block, Problems, Text, load_document, nearest
from fastdup_checks.encoders.entry import read_encoder
from fastdup_checks.errors import ConfigError
from fastdup_checks.folder_names import FOLDER_NAMES
from fastdup_checks.listing import with_listing
from fastdup_checks.suite import Entries, check_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastdup_checks.document import Node
    from fastdup_checks.encoders.plan import EncoderPlan
    from fastdup_checks.expectation import Expectation
    from fastdup_checks.listing import Listing

__all__ = ("DatasetPlan", "Plan", "load_plan", "read_limits")

_PLAN_KEYS = (
    *("version", "description", "extends", "dataset", "model", "embeddings", "limits", "baseline", "expectations"),
)
_LARGEST_LIMIT = 1_000_000
_DATASET_KEYS = ("root", "splits", "labels", "groups", "include", "exclude")


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """Where the images are and what is known of them."""

    root: Path
    splits: Mapping[str, tuple[str, ...]] | Column | None = None
    """name -> folders or glob patterns below root."""
    labels: Column | str | None = None
    """"parent_folder", "top_folder", a column, or None."""
    groups: Column | str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    listing: Listing | None = None
    """The files themselves, where the program that trains on them names them."""
    source: str = field(default="", compare=False)
    """File and line that say all this."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A configuration file, understood."""

    path: Path
    dataset: DatasetPlan
    expectations: tuple[Expectation, ...]
    model: EncoderPlan | None = None
    """None: the bundled encoder."""
    limits: Mapping[str, int] = field(default_factory=dict)
    baseline: Path | None = None
    """The file of accepted findings, there or not; None where none is to be used."""


def load_plan(path: Path | str, listing: Listing | None = None) -> Plan:
    """Read a configuration file whole.

    Args:
        path: the file.
        listing: the images, in place of what the file says of splits, and of labels if the listing has them.

    Raises:
        ConfigError: with every problem of the file and of the suites it extends.
    """
    path = Path(path)
    problems = Problems(str(path))
    plan = _read_plan(path, problems, listing)
    if problems.found or plan is None:
        raise ConfigError(problems.found)
    return plan


def _read_plan(path: Path, problems: Problems, listing: Listing | None) -> Plan | None:
    root = _read_file(path, problems)
    block = root and problems.block(root, "the file")
    if not block:
        return None
    problems.known_keys(block, _PLAN_KEYS, "the file")
    check_version(block, problems)
    dataset = None
    if "dataset" in block.entries:
        dataset = _Datasets(path.parent, problems).read(block.entries["dataset"])
        if dataset is not None and listing is not None:
            dataset = with_listing(dataset, listing)
    else:
        problems.add(0, "the key 'dataset' is missing: where are the images? (dataset: {root: FOLDER})")
    entries = Entries(path, problems, dataset)
    entries.extend(block, (os.path.realpath(path),))
    entries.read(block, str(path))
    if not entries.found and not problems.found:
        problems.add(0, "nothing is expected: add 'expectations:' or 'extends: [fastdup_checks/hygiene]'")
    model = read_encoder(block, path.parent, problems)
    limits = read_limits(block, problems)
    baseline: Path | None = path.parent / FILE_NAME
    if "baseline" in block.entries:
        name = problems.text(block.entries["baseline"], "baseline")
        baseline = None if name in {None, "none"} else path.parent / str(name)
    if dataset is None or problems.found:
        return None
    return Plan(path, dataset, tuple(entries.found.values()), model, limits, baseline)


def _read_file(path: Path, problems: Problems) -> Node | None:
    try:
        return load_document(path.read_bytes(), problems)
    except (OSError, ValueError) as error:
        problems.add(0, f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return None


def read_limits(block: Block, problems: Problems) -> dict[str, int]:
    """Read what is given of `limits`, by the names that `Limits` has for them."""
    limits: dict[str, int] = {}
    node = block.entries.get("limits")
    inner = node and problems.block(node, "limits")
    if inner:
        known = ("megabytes", "megapixels")
        problems.known_keys(inner, known, "limits")
        for key in known:
            if key in inner.entries:
                value = problems.number(inner.entries[key], f"limits.{key}")
                if value is not None and not (1 <= value <= _LARGEST_LIMIT and value.is_integer()):
                    problems.add(inner.lines[key], f"limits.{key} must be a whole number from 1 to {_LARGEST_LIMIT}")
                elif value is not None:
                    limits[key] = int(value)
    return limits


class _Datasets:
    """Reads the `dataset` block."""

    def __init__(self, here: Path, problems: Problems) -> None:
        self._here = here
        self._problems = problems

    def read(self, node: Node) -> DatasetPlan | None:
        problems = self._problems
        source = f"{problems.path}:{node.line}"
        if isinstance(node, Text) and not node.empty:
            return DatasetPlan(self._here / os.path.expanduser(node.text), source=source)  # noqa: PTH111
        block = problems.block(node, "dataset")
        if block is None:
            return None
        problems.known_keys(block, _DATASET_KEYS, "dataset")
        if "root" not in block.entries:
            problems.add(block.line, "dataset: the key 'root' is missing: the folder that holds the images")
            return None
        root = problems.text(block.entries["root"], "dataset.root")
        splits = self._splits(block.entries["splits"]) if "splits" in block.entries else None
        labels = self._column(block, "labels", "label")
        groups = self._column(block, "groups", "group")
        patterns = [
            problems.texts(block.entries[key], f"dataset.{key}") if key in block.entries else ()
            for key in ("include", "exclude")
        ]
        if root is None:
            return None
        folder = self._here / os.path.expanduser(root)  # noqa: PTH111
        return DatasetPlan(folder, splits, labels, groups, patterns[0], patterns[1], source=source)

    def _splits(self, node: Node) -> Mapping[str, tuple[str, ...]] | Column | None:
        if isinstance(node, Text) and node.text in {"none", ""}:
            return None
        block = self._problems.block(node, "dataset.splits")
        if block is None:
            return None
        if "csv" in block.entries:
            return self._table(block, "splits", "split")
        if not block.entries:
            self._problems.add(block.line, "dataset.splits is empty; write {train: FOLDER, test: FOLDER}")
        if any(not name.strip() for name in block.entries):
            self._problems.add(block.line, "dataset.splits: a split has no name")
        return {name: self._problems.texts(value, f"dataset.splits.{name}") for name, value in block.entries.items()}

    def _column(self, block: Block, key: str, column: str) -> Column | str | None:
        node = block.entries.get(key)
        if node is None:
            return None
        if isinstance(node, Block):
            return self._table(node, key, column)
        word = self._problems.text(node, f"dataset.{key}")
        if word in {None, "none"}:
            return None
        if word not in FOLDER_NAMES:
            self._problems.add(
                node.line,
                f"dataset.{key}: {word!r} is not known; write {', '.join(FOLDER_NAMES)}, none, or "
                f"{{csv: FILE, path: COLUMN, {column}: COLUMN}}{nearest(str(word), [*FOLDER_NAMES, 'none'])}",
            )
        return word

    def _table(self, block: Block, key: str, column: str) -> Column | None:
        self._problems.known_keys(block, ("csv", "path", column), f"dataset.{key}")
        if "csv" not in block.entries:
            self._problems.add(block.line, f"dataset.{key}: the key 'csv' is missing")
            return None
        read = {
            name: self._problems.text(block.entries[name], f"dataset.{key}.{name}") if name in block.entries else name
            for name in ("csv", "path", column)
        }
        if None in read.values():
            return None
        file = self._here / str(read["csv"])
        if not os.path.isfile(file):  # noqa: PTH113 - takes any text, however long
            self._problems.add(block.lines["csv"], f"dataset.{key}.csv: no such file {file}")
        return Column(file, str(read["path"]), str(read[column]))

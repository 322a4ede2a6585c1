"""What the checks measure: everything derived from a scan, each thing computed once and when first asked for."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.colours import describe_colours
from fastdup_checks.copies import (
    DEFAULT_THRESHOLD,
    NEAREST,
    REPORTING_FLOOR,
    Copies,
    CopyInputs,
    Group,
    find_copies,
    find_groups,
)
from fastdup_checks.copies.calibration import model_version
from fastdup_checks.copies.memory import name_pairs
from fastdup_checks.derived import derive, texts_column, texts_of
from fastdup_checks.encoders.background import background_of
from fastdup_checks.encoders.plan import ModelPlan
from fastdup_checks.engine import available_cores
from fastdup_checks.families import Families, find_families
from fastdup_checks.index import Neighbours, Scale, find_again, neighbours_among
from fastdup_checks.index.ranking import name_vectors
from fastdup_checks.keeping import Keeping
from fastdup_checks.kept import keep
from fastdup_checks.labels import LabelSuspects, score_labels
from fastdup_checks.outliers import AROUND, BY_LOOKS, Outliers, describe, how_unusual, score_looks, score_outliers
from fastdup_checks.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.records import Record
    from fastdup_checks.scan import Scan

__all__ = ("Analysis",)

NEIGHBOURS = 40
"""Neighbours of an image: enough for every measure that asks for them."""
_COPIES = "copies-18"
"""Names the search for copies; to be changed with it, since what it found is kept."""
_AT_ONCE = 1024
"""Thumbnails in memory."""


class Analysis:
    """Everything derived from one scan."""

    def __init__(self, scan: Scan, scale: Scale | None = None) -> None:
        self.scan = scan
        self.scale = scale or Scale(directory=scan.settings.cache)
        """From which size on searches are approximate."""

    def derive(
        self, kind: str, compute: Callable[[], dict[str, NDArray[Any]]], *more: bytes
    ) -> Mapping[str, NDArray[Any]]:
        """Arrays that depend on the scan and on `more`, from the store where they are known; see `derived.derive`."""
        return derive(self.scan.settings.cache, kind, (self.fingerprint, *more), compute)

    @cached_property
    def fingerprint(self) -> str:
        """Names the scanned contents and how they were measured."""
        return self.scan.fingerprint()

    def _kept(self, what: str) -> Path:
        """A file that holds what was found the last time in this dataset, whatever images it had."""
        settings = self.scan.settings
        # The key of one's own vectors is another with every image: what was found names the vectors itself.
        encoder = self.scan.encoder if isinstance(settings.model, ModelPlan) else ""
        key = self.scan.dataset.reader.key
        about = "\n".join((what, key, encoder, self.scan.decoder, str(NEIGHBOURS), self.scale.key))
        digest = hashlib.sha256(about.encode("utf-8", "surrogateescape")).hexdigest()
        return settings.cache / f"{what}-1-{digest[:16]}.npz"

    @property
    def images(self) -> tuple[Record, ...]:
        """The readable images."""
        return self.scan.images

    @cached_property
    def neighbours(self) -> Neighbours:
        """The nearest neighbours by embedding."""

        def compute() -> dict[str, NDArray[Any]]:
            threads = self.scan.settings.threads or available_cores()
            found = find_again(
                self.scan.vectors, NEIGHBOURS, self._kept("neighbours"), threads=threads, scale=self.scale
            )
            return {"ids": found.ids, "similarities": found.similarities, "recall": np.array(found.recall)}

        known = self.derive(f"neighbours-3-{NEIGHBOURS}", compute, self.scale.key.encode())
        return Neighbours(known["ids"], known["similarities"], float(known["recall"]))

    def neighbours_among(self, rows: NDArray[np.int64], k: int) -> Neighbours:
        """The nearest neighbours of some images, by rising row, among themselves; ids are places in `rows`."""
        threads = self.scan.settings.threads
        known = self.neighbours
        return neighbours_among(rows, k, vectors=self.scan.vectors, known=known, threads=threads, scale=self.scale)

    @cached_property
    def exact_group(self) -> NDArray[np.int32]:
        """(n,) equal numbers for images with the same bytes or the same pixels."""
        first: dict[bytes, int] = {}
        return np.array([first.setdefault(p, row) for row, p in enumerate(self.scan.pixels)], dtype=np.int32)

    @cached_property
    def copies(self) -> Copies:
        """All pairs of copies, exact and near, at or above the default threshold."""
        return self._candidates.at_least(DEFAULT_THRESHOLD)

    def copies_at(self, threshold: float) -> Copies:
        """All pairs that score at least this, which may be below the default threshold."""
        return self.copies if threshold == DEFAULT_THRESHOLD else self._candidates.at_least(threshold)

    @cached_property
    def _candidates(self) -> Copies:

        def compute() -> dict[str, NDArray[Any]]:
            scan, neighbours = self.scan, self.neighbours
            with Store(scan.settings.cache) as store:
                inputs = CopyInputs(
                    count=len(self.images),
                    embeddings=scan.vectors,
                    width=scan.width,
                    height=scan.height,
                    exact_group=self.exact_group,
                    thumbnails=lambda rows: scan.thumbnails(rows, store),
                    drawn=scan.drawn,
                    details=lambda rows: scan.details(rows, store),
                    neighbours=neighbours,
                    scale=self.scale,
                    names=self._names(),
                    kept=self._kept(f"{_COPIES}-{model_version()}"),
                )
                found = find_copies(
                    inputs,
                    at_least=REPORTING_FLOOR,
                    threads=scan.settings.threads or available_cores(),
                    neighbours=scan.settings.neighbours or NEAREST,
                )
            return {
                "left": found.left,
                "right": found.right,
                "score": found.score,
                "exact": found.exact,
                "edit": texts_column(found.edit),
                "truncated": np.array(found.truncated),
                "recall": np.array(found.recall),
            }

        neighbours = str(self.scan.settings.neighbours or NEAREST)
        known = self.derive(f"{_COPIES}-{model_version()}", compute, neighbours.encode(), self.scale.key.encode())
        edit = tuple(text or "" for text in texts_of(known["edit"]))
        return Copies(
            known["left"],
            known["right"],
            known["score"],
            known["exact"],
            edit,
            int(known["truncated"]),
            float(known["recall"]),
        )

    def _names(self) -> NDArray[np.uint64]:
        """(n,) a number for each image that follows from its pixels and its vector."""
        return name_pairs(self._pixel_names, name_vectors(self.scan.vectors))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Groups of copies: images that pairs tie together, largest first, then by first image."""
        copies = self.copies
        found = find_groups(len(self.images), copies.left, copies.right, copies.score)
        return tuple(sorted(found, key=lambda group: (-len(group.members), group.members)))

    def keep_order(self, rows: Sequence[int]) -> list[int]:
        """Rows of one group of copies, the image to keep first; see `Keeping`."""
        return self._keeping.order(rows)

    def is_link(self, row: int) -> bool:
        """Whether an image that has copies is another name of a file that the dataset has."""
        return row in self._keeping.links

    @cached_property
    def _keeping(self) -> Keeping:
        rows = np.unique(np.concatenate([self._candidates.left, self._candidates.right]))
        return Keeping(self.scan, rows, lambda: self.labels.score)

    @property
    def clusters(self) -> tuple[tuple[int, ...], ...]:
        """The members of the groups of copies."""
        return tuple(group.members for group in self.groups)

    @cached_property
    def cluster_of(self) -> NDArray[np.int64]:
        """(n,) equal numbers for copies of one picture."""
        numbers = np.arange(len(self.images))
        for rows in self.clusters:
            numbers[list(rows)] = rows[0]
        return numbers

    @cached_property
    def stand_in(self) -> NDArray[np.int64]:
        """(n,) the row that stands for each image where copies must not count twice.

        Of a group of copies it is the one most like pictures of which there are no copies, so that what is measured
        does not hang on the names of the files: a grey or cropped copy may be stranger than the picture itself, and
        grey copies are like each other.
        """
        copied = np.zeros(len(self.images), bool)
        copied[[row for members in self.clusters for row in members]] = True
        strangers = ~copied[self.neighbours.ids]
        likeness = np.where(strangers, self.neighbours.similarities, -1).max(1, initial=-1)
        rows = np.arange(len(self.images))
        for members in self.clusters:
            rows[list(members)] = members[int(likeness[list(members)].argmax())]
        return rows

    @property
    def _usual_copy(self) -> NDArray[np.int64]:
        """(n,) of the copies of each image the one whose light and sharpness are the most usual.

        A picture is not strange because there is an odd copy of it, in black and white say.
        """
        rows, unusual = np.arange(len(self.images)), how_unusual(self.scan.statistics)
        for members in self.clusters:
            rows[list(members)] = members[int(unusual[list(members)].argmin())]
        return rows

    @cached_property
    def outliers(self) -> Outliers:
        """How strange each image is, and why."""

        def compute() -> dict[str, NDArray[Any]]:
            # One image of each group of copies, so that a copied outlier is still one.
            alone, place = np.unique(self.stand_in, return_inverse=True)
            scan, near = self.scan, self.neighbours_among(alone, AROUND)
            background = background_of(scan.settings.model, scan.vectors.shape[1])
            found = score_outliers(scan.vectors[alone], near, self.label_numbers[alone], background)
            nearest = np.where(found.nearest >= 0, alone[found.nearest], -1)
            looks = score_looks(scan.statistics[self._usual_copy[alone]])
            return {
                "score": np.maximum(found.score, looks)[place],
                "nearest": nearest[place],
                "where": np.where(looks > found.score, BY_LOOKS, found.where)[place],
            }

        known = self.derive("outliers-9", compute, self.label_numbers.tobytes(), self.cluster_of.tobytes())
        reasons = describe(known["where"], self.scan.statistics)
        return Outliers(known["score"], known["nearest"].astype(np.int32), known["where"], reasons)

    @cached_property
    def label_numbers(self) -> NDArray[np.int64]:
        """(n,) the place of each image's label in `Dataset.classes`, -1 for none."""
        number = {name: place for place, name in enumerate(self.scan.dataset.classes)}
        return np.array([number.get(r.label, -1) if r.label is not None else -1 for r in self.images], dtype=np.int64)

    @cached_property
    def labels(self) -> LabelSuspects:
        """How likely each label is wrong; classes are numbered as in `Dataset.classes`."""
        labels = self.label_numbers

        def compute() -> dict[str, NDArray[Any]]:
            scan = self.scan
            found = score_labels(
                scan.vectors,
                labels,
                copies=self.cluster_of,
                looks=self._colours(),
                neighbours=self.neighbours,
                threads=scan.settings.threads,
            )
            return {column.name: getattr(found, column.name) for column in fields(found)}

        return LabelSuspects(**self.derive("labels-14", compute, labels.tobytes(), self.cluster_of.tobytes()))

    def _colours(self) -> NDArray[np.float32]:
        """(n, 96) where which colours are."""
        scan = self.scan

        def compute(rows: NDArray[np.int64]) -> NDArray[np.float32]:
            with Store(scan.settings.cache) as store:
                parts = [
                    describe_colours(scan.thumbnails(rows[start : start + _AT_ONCE], store))
                    for start in range(0, max(len(rows), 1), _AT_ONCE)
                ]
            return np.concatenate(parts)

        return keep(self._kept("colours-1"), self._pixel_names, compute)

    @cached_property
    def _pixel_names(self) -> NDArray[np.uint64]:
        """(n,) a number for each image that follows from its pixels."""
        return np.array([int.from_bytes(digest[:8], "little") for digest in self.scan.pixels], np.uint64)

    @cached_property
    def families(self) -> Families:
        """Images that look alike, more loosely than copies."""

        def compute() -> dict[str, NDArray[Any]]:
            found = find_families(self.scan.vectors, copies=self.cluster_of)
            return {"family": found.family, "typical": found.typical}

        known = self.derive("families-3", compute, self.cluster_of.tobytes())
        return Families(known["family"], known["typical"])

    def class_name(self, number: int) -> str | None:
        """The label with a number, None for -1."""
        return self.classes[number] if number >= 0 else None

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The labels in use, sorted; a label's number is its place."""
        return self.scan.dataset.classes

"""What a run found, for code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, overload

from fastdup_checks.checks.labels import labels_told
from fastdup_checks.checks.leaks import leaking_pairs, sides
from fastdup_checks.checks.scope import expect_splits, worst_first
from fastdup_checks.families import name_mix
from fastdup_checks.records import printable
from fastdup_checks.standing import stand

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.baseline import Baseline
    from fastdup_checks.standing import Standing
    from fastdup_checks.verdict import Verdict

__all__ = ("BrokenImage", "Family", "LabelSuspect", "Outlier", "Pair", "Result", "Verdicts")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images that show the same picture."""

    a: str
    b: str
    kind: str
    """"exact" or "near"."""
    score: float
    """Probability that they are copies, 0..1."""
    edit: str
    """What makes the difference: "mirror", "crop 62 %", "identical"."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """An image that is like no other."""

    path: str
    score: float
    nearest: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class LabelSuspect:
    """An image whose label seems to be wrong."""

    path: str
    label: str
    suggested: str | None
    score: float
    """Chance that the label is wrong, 0..1."""


@dataclass(frozen=True, slots=True)
class BrokenImage:
    """A file that is not a readable image."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Family:
    """Images that look alike, more loosely than copies."""

    images: tuple[str, ...]
    """The most typical first."""
    mix: str
    """The classes in it, "dog 84 %, cat 12 %"; empty where the images have no labels."""


class Verdicts(Sequence["Verdict"]):
    """The verdicts of a check, in the order of the configuration."""

    def __init__(self, verdicts: Sequence[Verdict], result: Result) -> None:
        self._verdicts = tuple(verdicts)
        self.result = result
        """What was found, beyond the verdicts."""

    @property
    def passed(self) -> bool:
        """Whether no expectation failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The verdicts that fail the build."""
        return tuple(v for v in self._verdicts if v.failed)

    @property
    def gallery(self) -> Path | None:
        """The page that shows the findings."""
        return self.result.gallery

    def __len__(self) -> int:
        return len(self._verdicts)

    @overload
    def __getitem__(self, at: int) -> Verdict: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Verdict, ...]: ...
    def __getitem__(self, at: int | slice) -> Verdict | tuple[Verdict, ...]:
        return self._verdicts[at]

    def __repr__(self) -> str:
        return "\n".join(f"{v.outcome}  {v.message}" for v in self._verdicts)


class Result:
    """A scanned dataset and what there is to say of it. All paths are relative to the dataset root."""

    def __init__(
        self,
        analysis: Analysis,
        verdicts: Sequence[Verdict] = (),
        work_dir: Path | None = None,
        baseline: Baseline | None = None,
        *,
        whole: bool = True,
    ) -> None:
        self.analysis = analysis
        self.baseline = baseline
        """What the verdicts take for accepted."""
        self.whole = whole
        """Whether the verdicts are those on all expectations of the configuration."""
        self.verdicts = Verdicts(verdicts, self)
        self.work_dir = work_dir
        """Where the tables and the gallery are, or None where none were written."""

    def __repr__(self) -> str:
        scan = self.analysis.scan
        sizes = Counter(record.split for record in (*scan.images, *(b.record for b in scan.broken)))
        splits = ", ".join(f"{sizes[name]} in {printable(name)}" for name in scan.dataset.splits)
        said = [f"{scan.size} images{f' ({splits})' if splits else ''}"]
        if scan.broken:
            said.append(f"{len(scan.broken)} unreadable")
        if self.gallery:
            said.append(f"gallery: {self.gallery}")
        return f"<Result of {'; '.join(said)}>"

    @property
    def gallery(self) -> Path | None:
        """The page that shows the findings."""
        return self.work_dir / "gallery.html" if self.work_dir else None

    @cached_property
    def standing(self) -> Standing | None:
        """What became of the entries of the baseline; None where there are none."""
        return stand(self.baseline, self.verdicts, self.analysis, whole=self.whole)

    @property
    def images(self) -> tuple[str, ...]:
        """The readable images; row i of `embeddings` belongs to the i-th."""
        return tuple(r.path for r in self.analysis.images)

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """One vector of length 1 for each readable image, (n, d)."""
        return self.analysis.scan.vectors

    @property
    def broken(self) -> list[BrokenImage]:
        """Files that are not readable images."""
        return [BrokenImage(b.record.path, b.reason) for b in self.analysis.scan.broken]

    @cached_property
    def duplicates(self) -> list[tuple[str, ...]]:
        """Groups of identical images, largest first."""
        groups: dict[int, list[str]] = {}
        for record, group in zip(self.analysis.images, self.analysis.exact_group.tolist(), strict=True):
            groups.setdefault(group, []).append(record.path)
        return sorted((tuple(g) for g in groups.values() if len(g) > 1), key=lambda g: (-len(g), g))

    @cached_property
    def pairs(self) -> list[Pair]:
        """All pairs of copies, exact and near, strongest first; of a picture there more than 16 times, a few."""
        return [self._pair(row) for row in range(len(self.analysis.copies))]

    @cached_property
    def near_duplicates(self) -> list[Pair]:
        """Pairs of images that show the same picture with an edit, strongest first."""
        return [pair for pair in self.pairs if pair.kind == "near"]

    @cached_property
    def clusters(self) -> list[tuple[str, ...]]:
        """Groups of copies, exact and near, largest first."""
        return [tuple(self.analysis.images[row].path for row in rows) for rows in self.analysis.clusters]

    @cached_property
    def families(self) -> list[Family]:
        """Every image in a family of images that look alike, the largest family first."""
        analysis = self.analysis
        families = [[analysis.images[row] for row in rows] for rows in analysis.families]
        return [Family(tuple(r.path for r in images), name_mix(r.label for r in images)) for images in families]

    def leaks(self, *between: str, kind: str = "any") -> list[Pair]:
        """Pictures in two splits, strongest first; `a` is in the split that is named first.

        Args:
            between: two splits or more; by default all of them.
            kind: "any", "exact" or "near".

        Raises:
            DatasetError: if the dataset has no such split.
            ValueError: if one split alone is named, one twice, or there is no such kind.
        """
        if kind not in {"any", "exact", "near"}:
            raise ValueError(f"kind is {kind!r}; any, exact or near is wanted")
        if len(between) == 1 or len(set(between)) < len(between):
            raise ValueError(f"leaks are between two splits or more, not {' and '.join(map(repr, between))}")
        dataset = self.analysis.scan.dataset
        expect_splits(dataset, between)
        side = sides(self.analysis.images, between or dataset.splits)
        found = leaking_pairs(self.analysis.copies, self.analysis.exact_group, side)
        pairs = [self._pair(pair, one, other) for pair, one, other in found]
        return [pair for pair in pairs if kind in {"any", pair.kind}]

    def outliers(self, threshold: float = 0.5) -> list[Outlier]:
        """Images that are like no other, strangest first."""
        outliers = self.analysis.outliers
        return [
            Outlier(
                self.analysis.images[row].path,
                round(float(outliers.score[row]), 4),
                self.analysis.images[outliers.nearest[row]].path if outliers.nearest[row] >= 0 else None,
                outliers.reason[row],
            )
            for row in worst_first(outliers.score >= threshold, outliers.score)
        ]

    def label_suspects(self, threshold: float = 0.5) -> list[LabelSuspect]:
        """Images whose label seems to be wrong, most likely first.

        Empty where `label_consistency` has nothing to measure: there are fewer than two classes, or the images that
        look alike say next to nothing about a label.
        """
        if not labels_told(self.analysis):
            return []
        suspects = self.analysis.labels
        return [
            LabelSuspect(
                self.analysis.images[row].path,
                label,
                self.analysis.class_name(int(suspects.suggested[row])),
                round(float(suspects.score[row]), 4),
            )
            for row in worst_first(suspects.score >= threshold, suspects.score)
            if (label := self.analysis.images[row].label) is not None
        ]

    def _pair(self, row: int, one: int | None = None, other: int | None = None) -> Pair:
        copies = self.analysis.copies
        one = int(copies.left[row]) if one is None else one
        other = int(copies.right[row]) if other is None else other
        exact = bool(copies.exact[row])
        return Pair(
            self.analysis.images[one].path,
            self.analysis.images[other].path,
            "exact" if exact else "near",
            round(float(copies.score[row]), 4),
            "identical" if exact else copies.edit[row],
        )

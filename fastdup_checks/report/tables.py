r"""The tables of a run: CSV files with stable columns, and the embeddings.

Paths are relative to the dataset root, POSIX-style. All files are UTF-8 with a line feed at the end of a line; bytes of
a file name that are not UTF-8 are written as `\xff`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.checks.leaks import leaking_pairs, sides
from fastdup_checks.checks.scope import worst_first
from fastdup_checks.copies import DEFAULT_THRESHOLD, LISTING_FLOOR
from fastdup_checks.families import name_mix
from fastdup_checks.quality import find_flaws
from fastdup_checks.records import printable, valid_text, valid_texts
from fastdup_checks.report.files import replacing, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from fastdup_checks.analysis import Analysis

__all__ = ("TABLES", "write_tables")

OUTLIER = 0.5
"""The score from which an image stands in outliers.csv; the default of the check."""

TABLES = (
    "images.csv",
    "pairs.csv",
    "clusters.csv",
    "families.csv",
    "leaks.csv",
    "outliers.csv",
    "labels.csv",
    "broken.csv",
    "quality.csv",
    "embeddings.npy",
    "files.txt",
)


def write_tables(analysis: Analysis, directory: Path) -> None:
    """Write every table of a run into a directory.

    Raises:
        ScanError: if a file cannot be written.
    """
    paths = valid_texts([r.path for r in analysis.images])
    records = analysis.scan.dataset.records
    names = ["".join(r.path for r in records), *analysis.scan.dataset.splits, *analysis.scan.dataset.classes]

    def write(file: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        with replacing(directory / file) as binary:
            text = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=False)
            write_rows(text, header, rows, names=names)
            text.flush()
            text.detach()

    write("images.csv", *_images(analysis, paths))
    write("pairs.csv", ("a", "b", "kind", "score"), _pairs(analysis, paths))
    write(
        "clusters.csv",
        ("path", "cluster"),
        ((paths[row], number) for number, rows in enumerate(analysis.clusters) for row in rows),
    )
    write("families.csv", ("path", "family", "typical", "mix"), _families(analysis, paths))
    write("leaks.csv", ("a", "a_split", "b", "b_split", "kind", "score"), _leaks(analysis, paths))
    write("outliers.csv", ("path", "score", "nearest"), _outliers(analysis, paths))
    write("labels.csv", ("path", "label", "suggested", "score"), _labels(analysis, paths))
    write("broken.csv", ("path", "reason"), ((valid_text(b.record.path), b.reason) for b in analysis.scan.broken))
    write("quality.csv", ("path", "rule", "value", "score"), _quality(analysis, paths))
    with replacing(directory / "embeddings.npy") as file:
        np.lib.format.write_array(file, analysis.scan.vectors, version=(1, 0))
    with replacing(directory / "files.txt") as file:
        readable = paths if "".join(paths).isprintable() else map(printable, paths)
        file.write("".join(f"{path}\n" for path in readable).encode())


def _images(analysis: Analysis, paths: Sequence[str]) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
    statistics = analysis.scan.statistics
    names = [name for name in statistics.dtype.names or () if name not in {"width", "height"}]
    columns = [[f"{v:.6g}" for v in statistics[name].tolist()] for name in names]
    header = ("path", "split", "label", "width", "height", "format", "mode", *names)
    rows = zip(
        paths,
        valid_texts([r.split or "" for r in analysis.images]),
        valid_texts([r.label or "" for r in analysis.images]),
        analysis.scan.width.tolist(),
        analysis.scan.height.tolist(),
        analysis.scan.formats,
        analysis.scan.modes,
        *columns,
        strict=True,
    )
    return header, rows


def _pairs(analysis: Analysis, paths: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Copies, and below the threshold those that are more likely copies than not, marked so."""
    copies = analysis.copies_at(LISTING_FLOOR)
    sure = (copies.score >= DEFAULT_THRESHOLD).tolist()
    for left, right, exact, score, certain in zip(
        copies.left.tolist(),
        copies.right.tolist(),
        copies.exact.tolist(),
        copies.score.tolist(),
        sure,
        strict=True,
    ):
        yield paths[left], paths[right], "exact" if exact else "near" if certain else "possible", f"{score:.4f}"


def _families(analysis: Analysis, paths: Sequence[str]) -> Iterator[tuple[str, int, str, str]]:
    typical = analysis.families.typical.tolist()
    for number, rows in enumerate(analysis.families):
        mix = valid_text(name_mix(analysis.images[row].label for row in rows))
        for row in rows:
            yield paths[row], number, f"{typical[row]:.4f}", mix


def _leaks(analysis: Analysis, paths: Sequence[str]) -> Iterator[tuple[str, str, str, str, str, str]]:
    side = sides(analysis.images, analysis.scan.dataset.splits)
    copies = analysis.copies
    for pair, one, other in leaking_pairs(copies, analysis.exact_group, side):
        yield (
            paths[one],
            valid_text(str(analysis.images[one].split)),
            paths[other],
            valid_text(str(analysis.images[other].split)),
            "exact" if copies.exact[pair] else "near",
            f"{copies.score[pair]:.4f}",
        )


def _outliers(analysis: Analysis, paths: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    outliers = analysis.outliers
    for row in worst_first(outliers.score >= OUTLIER, outliers.score):
        nearest = int(outliers.nearest[row])
        yield paths[row], f"{outliers.score[row]:.4f}", paths[nearest] if nearest >= 0 else ""


def _quality(analysis: Analysis, paths: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    for name, flags in find_flaws(analysis.scan.statistics).items():
        for row in worst_first(flags.mask, flags.score):
            yield paths[row], name, f"{flags.value[row]:.6g}", f"{flags.score[row]:.4f}"


def _labels(analysis: Analysis, paths: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    if len(analysis.scan.dataset.classes) < 2:
        return
    suspects = analysis.labels
    order = np.array(worst_first(analysis.label_numbers >= 0, suspects.score), np.int64)
    names = [*map(valid_text, analysis.classes), ""]  # the last one stands for none
    for row, label, suggested, score in zip(
        order.tolist(),
        analysis.label_numbers[order].tolist(),
        suspects.suggested[order].tolist(),
        suspects.score[order].tolist(),
        strict=True,
    ):
        yield paths[row], names[label], names[suggested], f"{score:.6f}"

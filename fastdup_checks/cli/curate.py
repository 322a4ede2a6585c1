"""`fastdup-checks clean` and `fastdup-checks sample`: lists of files to keep; images are never touched."""

from __future__ import annotations

import argparse
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.cli.terminal import add_scan_options, progress_of, say, show_path
from fastdup_checks.errors import DatasetError
from fastdup_checks.records import valid_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastdup_checks.analysis import Analysis

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    parser = commands.add_parser(
        "clean",
        help="list what to keep and what to remove, with reasons",
        description="Apply stated rules to the dataset of a data.yml: broken files go; of each group of copies the "
        "best stays; a picture in two splits goes from one of them. Flawed pictures, outliers and label suspects stay "
        "with a note, or go with --drop. No image is touched: the result is two lists, and a tree on request.",
    )
    parser.add_argument("config", type=Path, metavar="data.yml", help="the dataset")
    parser.add_argument("--out", type=Path, metavar="FILE", default=Path("kept.csv"), help="default: kept.csv")
    parser.add_argument(
        "--removed", type=Path, metavar="FILE", default=Path("removed.csv"), help="default: removed.csv"
    )
    parser.add_argument(
        "--leaks-from", metavar="SPLIT", help="who gives up shared pictures (default: the largest split)"
    )
    parser.add_argument(
        "--drop",
        action="append",
        default=[],
        choices=("outliers", "suspects", "flawed"),
        help="remove these too; may be repeated",
    )
    parser.add_argument(
        "--threshold", type=_share, metavar="SCORE", default=0.5, help="score of an outlier or a suspect (default: 0.5)"
    )
    _add_tree_options(parser)
    parser.set_defaults(work=_clean)

    parser = commands.add_parser(
        "sample",
        help="list a small subset that stands for all",
        description="Pick images that are diverse and representative (greedy facility location within each class); "
        "copies and broken files are left out. Prints how well the subset covers the dataset, and a random one.",
    )
    parser.add_argument("config", type=Path, metavar="data.yml", help="the dataset")
    parser.add_argument("-n", type=int, required=True, metavar="N", dest="count", help="how many images")
    parser.add_argument("--split", help="only from this split")
    parser.add_argument("--out", type=Path, metavar="FILE", default=Path("sample.csv"), help="default: sample.csv")
    _add_tree_options(parser)
    parser.set_defaults(work=_sample)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a score from 0 to 1")
    return value


def _add_tree_options(parser: argparse.ArgumentParser) -> None:
    tree = parser.add_mutually_exclusive_group()
    tree.add_argument("--link", type=Path, metavar="DIR", help="make a tree of symbolic links to the kept files")
    tree.add_argument("--copy", type=Path, metavar="DIR", help="make a tree of copies of the kept files")
    add_scan_options(parser)


def _analyse(options: argparse.Namespace) -> Analysis:
    """What there is to list, once it is known that the lists and the tree take the place of nothing that is read."""
    from fastdup_checks.config import load_plan
    from fastdup_checks.inputs import expect_spared
    from fastdup_checks.pipeline import analyse

    plan = load_plan(options.config)
    lists: list[Path] = [options.out, *([options.removed] if "removed" in options else [])]
    for file in lists:
        if file.is_dir():
            raise DatasetError(f"{file}: that is a folder; name a file for the list")
    advice = "give the list another name"
    expect_spared(plan, lists, advice)
    analysis = analyse(plan, cache_dir=options.cache_dir, threads=options.threads, progress=progress_of(options))
    expect_spared(plan, lists, advice, analysis.scan.dataset)
    _expect_elsewhere(options, analysis)
    return analysis


def _clean(options: argparse.Namespace) -> int:
    from fastdup_checks.curate import clean

    if os.path.realpath(options.out) == os.path.realpath(options.removed):
        raise DatasetError(f"{options.out}: one file cannot hold both lists; give --out and --removed two names")
    analysis = _analyse(options)
    done = clean(analysis, leaks_from=options.leaks_from, drop=options.drop, threshold=options.threshold)
    _write(options.out, ("path", "split", "label", "note"), ((k.path, k.split, k.label, k.note) for k in done.kept))
    _write(options.removed, ("path", "reason"), ((r.path, r.reason) for r in done.removed))
    _make_tree(options, analysis, [k.path for k in done.kept])
    noted = sum(bool(k.note) for k in done.kept)
    say(f"kept {_files(len(done.kept))} ({noted} of them with a note): {show_path(options.out)}")
    say(f"removed {_files(len(done.removed))}: {show_path(options.removed)}")
    return 0


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _sample(options: argparse.Namespace) -> int:
    import numpy as np

    from fastdup_checks.checks.check import Scope
    from fastdup_checks.checks.scope import select
    from fastdup_checks.sample import coverage, sample

    if options.count < 1:
        raise DatasetError("-n: at least one image")
    analysis = _analyse(options)
    selection = select(analysis, Scope(split=options.split))
    if not selection.count:
        raise DatasetError(f"none of the {selection.name} can be read")
    inside = np.flatnonzero(selection.rows)
    pool = np.sort(inside[np.unique(analysis.cluster_of[inside], return_index=True)[1]])
    allowed = np.isin(np.arange(len(analysis.images)), pool)
    picked = sample(analysis.scan.vectors, options.count, labels=analysis.label_numbers, allowed=allowed)
    images = [analysis.images[row] for row in picked.tolist()]
    _write(options.out, ("path", "split", "label"), ((i.path, i.split, i.label) for i in images))
    _make_tree(options, analysis, [i.path for i in images])
    chance = np.sort(np.random.default_rng(0).permutation(len(pool))[: len(picked)])
    vectors = analysis.scan.vectors[pool]
    ours, random = coverage(vectors, np.searchsorted(pool, picked)), coverage(vectors, chance)
    say(f"{len(images)} of {len(pool)} images: {show_path(options.out)}")
    print(f"mean similarity of an image to the nearest picked one: {ours:.4f}, in a random subset {random:.4f}")
    return 0


def _expect_elsewhere(options: argparse.Namespace, analysis: Analysis) -> None:
    """Refuse a tree within the dataset, whose files would be copies of all others then."""
    folder: Path | None = options.link or options.copy
    root = analysis.scan.dataset.root
    if folder is not None and Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root)):
        raise DatasetError(f"{folder}: within the dataset ({root}); name a folder outside of it")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    from fastdup_checks.report.files import replacing, write_rows

    text = io.StringIO(newline="")
    cells = [[valid_text(value or "") for value in row] for row in rows]
    write_rows(text, header, cells, names=[cell for row in cells for cell in row])
    with replacing(path) as file:
        file.write(text.getvalue().encode())


def _make_tree(options: argparse.Namespace, analysis: Analysis, paths: Sequence[str]) -> None:
    folder: Path | None = options.link or options.copy
    if folder is None:
        return
    root = analysis.scan.dataset.root.absolute()
    try:
        if folder.exists() and any(folder.iterdir()):
            raise DatasetError(f"{folder}: not empty; name a new folder")
        for path in paths:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if options.link:
                target.symlink_to(root / path)
            else:
                shutil.copy2(root / path, target)
    except OSError as error:
        raise DatasetError(f"{folder}: the tree cannot be made ({error.strerror or error})") from error

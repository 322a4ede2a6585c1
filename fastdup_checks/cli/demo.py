"""`fastdup-checks demo`: a dataset with planted problems, and whether they are found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.cli.terminal import add_scan_options, complain, print_verdicts, progress_of, say, show_path
from fastdup_checks.records import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Set as AbstractSet

__all__ = ("register",)

_LISTED = 5
"""Differences of one kind that are named."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="make a small dataset with planted problems and check it",
        description="Make a small dataset with planted problems and check it. Its expectations fail, as they should; "
        "exit status 0 says that exactly the planted problems were found.",
    )
    parser.add_argument("dir", type=Path, metavar="DIR", nargs="?", default=Path("demo"), help="default: demo")
    add_scan_options(parser)
    parser.set_defaults(work=_demo)


def _demo(options: argparse.Namespace) -> int:
    from fastdup_checks.demo import make_demo
    from fastdup_checks.pipeline import check

    try:
        planted = make_demo(options.dir)
    except OSError as error:
        complain(f"{options.dir}: cannot be written ({error.strerror or error})")
        return 2
    verdicts = check(
        options.dir / "data.yml",
        cache_dir=options.cache_dir,
        threads=options.threads,
        progress=progress_of(options),
    )
    result = verdicts.result
    print_verdicts(verdicts)
    print("\nplanted problems, and what was found:")
    pairs = {kind: {frozenset((p.a, p.b)) for p in result.pairs if p.kind == kind} for kind in ("exact", "near")}
    # A planted outlier is of no class: it may be found for its label as well.
    mislabelled = {s.path for s in result.label_suspects()} - planted.outliers
    right = [
        _compare("broken files", planted.broken, {b.path for b in result.broken}),
        _compare("duplicate pairs", planted.duplicates, pairs["exact"]),
        _compare("near-duplicate pairs", planted.near_duplicates, pairs["near"]),
        _compare("leaks", planted.leaks, {frozenset((p.a, p.b)) for p in result.leaks("train", "test")}),
        _compare("outliers", planted.outliers, {o.path for o in result.outliers()}),
        _compare("wrong labels", planted.mislabelled, mislabelled),
    ]
    say(f"\nthe dataset:      {show_path(options.dir / 'images')}")
    say(f"the expectations: {show_path(options.dir / 'data.yml')}")
    say(f"the gallery:      {show_path(result.gallery)}" if result.gallery else "")
    return 0 if all(right) else 1


def _compare(what: str, planted: AbstractSet[str | frozenset[str]], found: AbstractSet[str | frozenset[str]]) -> bool:
    print(f"  {what:21} {len(planted):2} planted, {len(planted & found):2} found, {len(found - planted):2} others")
    for word, some in (("missed", planted - found), ("not planted", found - planted)):
        for item in sorted(some, key=str)[:_LISTED]:
            names = [item] if isinstance(item, str) else sorted(item)
            say(f"    {word}: {'  '.join(printable(name) for name in names)}")
    return planted == found

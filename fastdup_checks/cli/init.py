"""`fastdup-checks init`: a first data.yml for a folder, with bounds near today's values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.cli.terminal import add_scan_options, complain, folder, progress_of, say, show_path

if TYPE_CHECKING:
    import argparse

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "init",
        help="write a first data.yml for a folder",
        description="Look at a folder of images and write a commented data.yml whose bounds are near today's values, "
        "so that the build passes now and fails when the data gets worse.",
    )
    parser.add_argument("images", type=folder, metavar="DIR", help="the folder of images")
    parser.add_argument("--out", type=Path, metavar="FILE", default=Path("data.yml"), help="default: data.yml")
    add_scan_options(parser)
    parser.set_defaults(work=_init)


def _init(options: argparse.Namespace) -> int:
    from fastdup_checks.draft import draft_plan
    from fastdup_checks.report.files import replacing

    if options.out.exists():
        complain(f"{options.out} is there already; remove it, or name another file with --out")
        return 2
    text = draft_plan(
        options.images,
        options.out,
        cache_dir=options.cache_dir,
        threads=options.threads,
        progress=progress_of(options),
    )
    with replacing(options.out) as file:
        file.write(text.encode())
    say(f"{show_path(options.out)} written; next: fastdup-checks check {show_path(options.out)}")
    return 0

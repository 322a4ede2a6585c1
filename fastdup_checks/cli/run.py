"""`fastdup-checks run`: look at a folder of images, without expectations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.cli.terminal import add_scan_options, folder, print_verdicts, progress_of, say, show_path
from fastdup_checks.frames import VIDEO_SUFFIXES
from fastdup_checks.records import OUTSIDE, printable

if TYPE_CHECKING:
    import argparse

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "run",
        help="scan a folder and write every table and the gallery",
        description="Scan a folder of images, and write every table and the gallery. Splits and labels are guessed "
        "from the names of the folders; a data.yml (see `init`) states them.",
    )
    parser.add_argument("images", type=folder, metavar="IMAGES", help="the folder")
    parser.add_argument(
        "--work-dir",
        type=folder,
        metavar="DIR",
        default=Path("fastdup-report"),
        help="where everything is written (default: fastdup-report)",
    )
    parser.add_argument(
        "--model",
        default="default",
        metavar="MODEL",
        help="the encoder: default, an ONNX file, or hf://OWNER/NAME@COMMIT/FILE; a data.yml can say more of it",
    )
    add_scan_options(parser)
    parser.set_defaults(work=_run)


def _run(options: argparse.Namespace) -> int:
    from fastdup_checks.pipeline import run

    result = run(
        options.images,
        work_dir=options.work_dir,
        cache_dir=options.cache_dir,
        threads=options.threads,
        progress=progress_of(options),
        model=options.model,
    )
    dataset = result.analysis.scan.dataset
    print_verdicts(result.verdicts)
    print()
    if dataset.splits:
        say(f"splits: {', '.join(map(printable, dataset.splits))}")
    if dataset.classes:
        some = ", ".join(map(printable, dataset.classes[:10]))
        say(f"labels: {len(dataset.classes)} ({some}{', ...' if len(dataset.classes) > 10 else ''})")
    for remark in dataset.remarks:
        say(remark)
    others = [f"{count} {printable(name)}" for name, count in dataset.ignored if name != OUTSIDE]
    if others:
        say(f"not images: {', '.join(others)}")
        if any(name in VIDEO_SUFFIXES for name, _ in dataset.ignored):
            say(f"videos are looked at as images: fastdup-checks frames {show_path(options.images)} --out frames")
    say(f"tables and gallery: {show_path(options.work_dir / 'gallery.html')}")
    return 0

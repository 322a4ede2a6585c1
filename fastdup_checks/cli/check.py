"""`fastdup-checks check`: judge the expectations of a data.yml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.cli.terminal import add_scan_options, folder, print_verdicts, progress_of, say, show_path
from fastdup_checks.records import printable

if TYPE_CHECKING:
    import argparse

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check",
        help="judge the expectations of a data.yml",
        description="Judge every expectation of a data.yml, and write the tables and the gallery. "
        "Exit status 1 when one fails: put it before a training run.",
    )
    parser.add_argument("config", type=Path, metavar="data.yml", help="the expectations")
    parser.add_argument(
        "--work-dir",
        type=folder,
        metavar="DIR",
        help="where the report is written (default: fastdup-report beside the file)",
    )
    add_scan_options(parser)
    parser.set_defaults(work=_check)


def _check(options: argparse.Namespace) -> int:
    from fastdup_checks.ci import add_to_job_summary, annotate
    from fastdup_checks.pipeline import check
    from fastdup_checks.report.markdown import render_markdown
    from fastdup_checks.verdict import headline

    verdicts = check(
        options.config,
        work_dir=options.work_dir,
        cache_dir=options.cache_dir,
        threads=options.threads,
        progress=progress_of(options),
    )
    print_verdicts(verdicts)
    print(f"\n{headline(verdicts)}")
    standing = verdicts.result.standing
    for line in (*verdicts.result.analysis.scan.dataset.remarks, *(standing.remarks() if standing else ())):
        say(printable(line))
    for line in annotate(verdicts, options.config):
        print(line)
    add_to_job_summary(render_markdown(verdicts.result))
    if verdicts.gallery:
        say(f"gallery: {show_path(verdicts.gallery)}")
    return 1 if verdicts.failed else 0

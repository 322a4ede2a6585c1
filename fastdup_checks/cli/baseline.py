"""`fastdup-checks baseline`: look at the accepted findings, accept more, take out what no longer occurs."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.cli.terminal import add_scan_options, complain, progress_of, say, show_path
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_checks.baseline import Accepted
    from fastdup_checks.verdict import Verdict

__all__ = ("register",)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "baseline",
        help="accept findings, and take out what no longer occurs",
        description="Accepted findings stand in fastdup-baseline.yml beside the data.yml, by the content of their "
        "images; they no longer count. Without an option this lists what the file does.",
    )
    parser.add_argument("config", type=Path, metavar="data.yml", help="the expectations")
    parser.add_argument(
        "--accept", action="store_true", help="accept every finding of the expectations that are not met"
    )
    parser.add_argument("--only", action="append", metavar="ID", help="accept findings of this expectation only")
    parser.add_argument("--reason", metavar="TEXT", help="why they are accepted; --accept needs it")
    parser.add_argument("--author", metavar="NAME", help="who accepts them (default: git config user.name)")
    parser.add_argument("--expires", type=_day, metavar="DATE", help="the last day on which they count, YYYY-MM-DD")
    parser.add_argument(
        "--add",
        action="append",
        type=Path,
        metavar="FILE",
        help="take over the entries of a file that the gallery saved",
    )
    parser.add_argument("--prune", action="store_true", help="take out entries that have lapsed or no longer occur")
    parser.add_argument("--hold", action="store_true", help="let the values of today be the bounds of tomorrow")
    add_scan_options(parser)
    parser.set_defaults(work=_baseline)


def _baseline(options: argparse.Namespace) -> int:
    from fastdup_checks.baseline import pictures_of
    from fastdup_checks.baseline_file import read_baseline
    from fastdup_checks.config import load_plan
    from fastdup_checks.judgement import evaluate_all
    from fastdup_checks.ledger import accept, default_author, reach, update
    from fastdup_checks.pipeline import analyse
    from fastdup_checks.standing import stand

    plan = load_plan(options.config)
    wrong = _misuse(options, plan.baseline, [e.id for e in plan.expectations])
    if wrong or plan.baseline is None:
        complain(wrong or "")
        return 2
    entries = [entry for file in options.add or () for entry in read_baseline(file, must_exist=True).accepted]
    update(plan.baseline, add=entries)
    baseline = read_baseline(plan.baseline)
    analysis = analyse(plan, cache_dir=options.cache_dir, threads=options.threads, progress=progress_of(options))
    verdicts = evaluate_all(plan, analysis, baseline)
    pictures = pictures_of(analysis)
    standing = stand(baseline, verdicts, analysis)
    stale = standing.stale if standing else ()
    impossible = 0
    if options.accept:
        chosen = [v for v in verdicts if not options.only or v.expectation.id in options.only]
        author = options.author or default_author()
        new, impossible = accept(chosen, pictures, reason=options.reason, author=author, expires=options.expires)
        entries += new
        if impossible:
            complain(
                f"{impossible} {'finding' if impossible == 1 else 'findings'} cannot be accepted: the file cannot be "
                "read at all, no image shows it, a statistic of the whole dataset is out of bounds, or there was "
                "nothing to measure"
            )
    gone = (*baseline.lapsed, *stale)
    if options.accept or options.prune or options.hold:
        update(
            plan.baseline,
            add=entries,
            drop=gone if options.prune else (),
            reached=reach(verdicts) if options.hold else (),
        )
    _tell(options, plan.baseline, baseline.accepted, baseline.lapsed, stale, entries, verdicts)
    return 1 if impossible else 0


def _misuse(options: argparse.Namespace, file: Path | None, ids: Sequence[str]) -> str:
    if file is None:
        return f"{options.config} says 'baseline: none'; name a file there"
    if options.accept and not (options.reason or "").strip():
        return "--accept needs --reason TEXT: why are these findings right as they are?"
    if not options.accept and (options.reason or options.only or options.author or options.expires):
        return "--reason, --only, --author and --expires go with --accept"
    if options.expires and options.expires < dt.date.today():  # noqa: DTZ011 - a day ends where the people are
        return f"--expires: {options.expires} has passed; what is accepted until then does not count"
    unknown = [name for name in options.only or () if name not in ids]
    return f"--only: no expectation {unknown[0]!r}; there are: {', '.join(ids)}" if unknown else ""


def _tell(
    options: argparse.Namespace,
    file: Path,
    accepted: Sequence[Accepted],
    lapsed: Sequence[Accepted],
    stale: Sequence[Accepted],
    entries: Sequence[Accepted],
    verdicts: Sequence[Verdict],
) -> None:
    count = len({e.name for e in (*accepted, *entries)} - {e.name for e in (*lapsed, *stale) if options.prune})
    say(f"{show_path(file)}: {count} accepted finding{'' if count == 1 else 's'}")
    for entry in entries:
        say(f"  accepted         {_line(entry)}")
    for word, gone in (("lapsed", lapsed), ("no longer occurs", stale)):
        for entry in gone:
            say(f"  {'taken out' if options.prune else word:16} {_line(entry)}")
    if options.hold:
        say("  the values of today are held")
    left = 0
    for verdict in verdicts:
        if verdict.outcome in {"failed", "warned"} and not options.accept:
            left += len(verdict.measurement.findings)
            say(f"  not accepted     {printable(verdict.message)}")
    if left:
        say(f"accept the {left} findings above with: --accept --reason TEXT")
    if (lapsed or stale) and not options.prune:
        say("take out what has lapsed or no longer occurs with: --prune")


def _line(entry: Accepted) -> str:
    names = "  ".join(printable(picture.path) or picture.sha256[:12] for picture in entry.pictures[:4])
    more = f"  and {len(entry.pictures) - 4} more" if len(entry.pictures) > 4 else ""
    return f"{entry.check}: {names}{more}  ({printable(' '.join(entry.reason.split()))}, {printable(entry.author)})"


def _day(text: str) -> dt.date:
    from fastdup_checks.baseline_file import parse_day

    try:
        return parse_day(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day, written YYYY-MM-DD") from None

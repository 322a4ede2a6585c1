"""`fastdup-checks explain`: what a check measures, and what to do about it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from fastdup_checks.checks.check import Check

__all__ = ("register",)

_WIDTH = 100


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "explain",
        help="say what a check measures, and what to do about it",
        description="Say what each check measures in a sentence; with the name of a check, say all of it: what is "
        "counted, what to do about it, its usual bound and its parameters.",
    )
    parser.add_argument("check", nargs="?", metavar="CHECK", help="such as label_consistency")
    parser.set_defaults(work=_explain)


def _explain(options: argparse.Namespace) -> int:
    from fastdup_checks.checks import CHECKS
    from fastdup_checks.document import nearest
    from fastdup_checks.errors import DatasetError

    if options.check is None:
        widest = max(map(len, CHECKS))
        for check in CHECKS.values():
            print(f"{check.name:{widest}}  {check.summary}")
    elif options.check in CHECKS:
        print("\n".join(_lines(CHECKS[options.check])))
    else:
        raise DatasetError(f"there is no check {options.check!r}{nearest(options.check, CHECKS)}")
    return 0


def _lines(check: Check) -> Iterator[str]:
    from fastdup_checks.verdict import format_value

    yield check.name
    for paragraph in check.doc.split("\n\n"):
        yield from ("", *textwrap.wrap(" ".join(paragraph.split()), _WIDTH))
    bound = f"{check.bound.direction}: {format_value(check.bound.value, check.unit, with_unit=False)}"
    yield from ("", f"  - {check.name}: {{{bound}}}", "")
    for name, about in check.parameters().items():
        usual = "" if about["default"] is None else f" (default: {about['default']})"
        yield from textwrap.wrap(f"{name}: {about['doc']}{usual}", _WIDTH, subsequent_indent="    ")

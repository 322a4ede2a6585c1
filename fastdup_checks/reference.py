"""The pages of the documentation that are made from the code: the checks, the suites, the commands.

`python -m fastdup_checks.reference checks > examples/guides/checks.md` renews a page; `make pages` renews them all.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_checks.checks import CHECKS
from fastdup_checks.cli import make_parser
from fastdup_checks.document import Problems, load_document
from fastdup_checks.schema import make_schema
from fastdup_checks.suite import Entries, shipped_suites
from fastdup_checks.verdict import format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fastdup_checks.checks.check import Check
    from fastdup_checks.expectation import Expectation

__all__ = ("PAGES", "checks_page", "commands_page", "suites_page")

_NEEDS = {
    "labels": "labels (`dataset.labels`)",
    "splits": "two splits or more (`dataset.splits`)",
    "groups": "groups (`dataset.groups`)",
}
_WIDTH = "100"


def checks_page() -> str:
    """Every check: what it measures, its bound, its parameters."""
    lines = [
        "# The checks",
        "",
        "A check measures a dataset. An entry of `expectations` in data.yml is a check with a bound. This page is made",
        "from the checks themselves (`make pages`).",
        "",
        "All of them see an image as it is shown: turned as its EXIF data says, and what is transparent on white, or",
        "on grey where white would hide all there is. Of an animation or a file of several pages they see the first",
        "picture alone: a GIF that begins with a black frame is dark, whatever comes after. Only for whether two",
        "files are exact copies do the other frames count.",
        "",
        "| check | says | default bound |",
        "|---|---|---|",
    ]
    lines += [f"| [`{c.name}`](#{c.name}) | {_cell(c.summary)} | `{_bound(c)}` |" for c in CHECKS.values()]
    for check in CHECKS.values():
        lines += ["", f"## {check.name}", "", *_check(check)]
    lines += ["", "## Keys of every expectation", "", *_table(_common_keys())]
    return "\n".join(lines) + "\n"


def suites_page() -> str:
    """Every shipped suite, and the bounds that it states."""
    suites = {name: _read(name) for name in shipped_suites()}
    lines = [
        "# Ready-made suites",
        "",
        "A data.yml takes them over with `extends`; an entry of its own replaces the inherited one with its id. This",
        "page is made from the files beside it (`make pages`).",
        "",
        "```yaml",
        f"extends: [{', '.join(suites)}]",
        "```",
        "",
        "| suite | says |",
        "|---|---|",
    ]
    lines += [f"| [`{name}`]({_file(name)}) | {_cell(about)} |" for name, (about, _) in suites.items()]
    lines += ["", "| expectation | " + " | ".join(name.split("/")[1] for name in suites) + " |"]
    lines.append("|---" * (len(suites) + 1) + "|")
    checks = list(CHECKS)
    known = {e.id: e.check for _, entries in suites.values() for e in entries.values()}
    for identity in sorted(known, key=lambda i: (checks.index(known[i]), i)):
        cells = [_stated(entries.get(identity)) for _, entries in suites.values()]
        lines.append(f"| `{identity}` | " + " | ".join(cells) + " |")
    lines += ["", "The checks are described in [their own page](../examples/guides/checks.md)."]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """What every command says under `--help`."""
    lines = ["# The commands", "", "What `--help` says (`make pages` renews this page).", ""]
    os.environ["COLUMNS"] = _WIDTH
    for name, parser in _parsers("fastdup-checks", make_parser()):
        lines += [f"## {name}", "", "```console", f"$ {name} --help", parser.format_help().rstrip(), "```", ""]
    return "\n".join(lines)


PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "checks": ("examples/guides/checks.md", checks_page),
    "commands": ("examples/guides/commands.md", commands_page),
    "suites": ("expectations/README.md", suites_page),
}
"""Name -> (the file in the repository, what makes it)."""


def _check(check: Check) -> Iterator[str]:
    yield check.doc
    yield ""
    needs = ", ".join(_NEEDS[need] for need in sorted(check.needs))
    instead = f", or `{check.instead}`" if check.instead else ""
    needs = f" Needs {needs}{instead}." if needs else ""
    yield f"Default bound: `{_bound(check)}`.{needs}"
    yield ""
    yield from ("```yaml", f"- {check.name}: {{{_bound(check)}}}", "```", "")
    yield from _table(check.parameters())


def _bound(check: Check) -> str:
    return f"{check.bound.direction}: {format_value(check.bound.value, check.unit, with_unit=False)}"


def _table(keys: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not keys:
        return
    yield "| key | default | meaning |"
    yield "|---|---|---|"
    for name, about in keys.items():
        default = "" if about["default"] is None else f"`{about['default']}`"
        yield f"| `{name}` | {default} | {_cell(about['doc'])} |"


def _common_keys() -> dict[str, dict[str, Any]]:
    """The keys that every check has, and none by itself."""
    check = next(iter(CHECKS.values()))
    keys = make_schema()["$defs"][check.name]["properties"][check.name]["properties"]
    own = {check.bound.direction, *check.parameters()}
    return {
        name: {"doc": about["description"], "default": about.get("default")}
        for name, about in keys.items()
        if name not in own
    }


def _file(suite: str) -> str:
    return f"{suite.split('/')[1]}.yml"


def _read(suite: str) -> tuple[str, dict[str, Expectation]]:
    """What a suite says of itself, and its expectations by id, inherited ones included."""
    problems = Problems(suite)
    root = load_document((resources.files("fastdup_checks.expectations") / _file(suite)).read_bytes(), problems)
    block = problems.block(root, suite) if root is not None else None
    assert block is not None
    entries = Entries(Path(suite), problems, None)
    entries.extend(block, ())
    entries.read(block, suite)
    about = problems.text(block.entries["description"], "description")
    return about or "", entries.found


def _stated(expectation: Expectation | None) -> str:
    if expectation is None or expectation.bound is None:
        return ""
    bound = expectation.bound
    said = f"{bound.direction.replace('_', ' ')} {format_value(bound.value, expectation.unit, with_unit=False)}"
    return said if expectation.severity == "error" else f"{said} ({expectation.severity})"


def _parsers(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield name, parser
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask for its commands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for word, inner in action.choices.items():
                yield from _parsers(f"{name} {word}", inner)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PAGES:
        sys.exit(f"usage: python -m fastdup_checks.reference {{{','.join(PAGES)}}}")
    sys.stdout.write(PAGES[sys.argv[1]][1]())

"""Options and ini keys of the plugin, and where they lead."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

__all__ = ("add_options", "chosen_path", "configured_paths", "is_worker", "lost_settings", "shown", "update_reason")

_SUFFIXES = (".fastdup.yml", ".fastdup.yaml")
"""A file so called is collected when it is named as an argument, without an option."""


_PATHS = ("--fastdup-config", "--fastdup-report", "--fastdup-cache-dir", "--fastdup-baseline")
_SETTINGS = {
    "pytest.toml": "",
    ".pytest.toml": "",
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": "[tool.pytest",
    "tox.ini": "[pytest]",
    "setup.cfg": "[tool:pytest]",
}
"""Where pytest looks for its settings, in this order, and what must stand there."""


def add_options(parser: pytest.Parser) -> None:
    """Declare options and ini keys; the command line wins over the ini file."""
    group = parser.getgroup("fastdup-checks", "expectations on image datasets")
    group.addoption(
        "--fastdup-config",
        action="append",
        metavar="FILE",
        dest="fastdup_config",
        help="collect the expectations of this data.yml as tests; may be given several times",
    )
    group.addoption(
        "--fastdup-report",
        metavar="DIR",
        dest="fastdup_report",
        help="where gallery.html, report.json and the tables go; by default 'fastdup-report' beside the data.yml",
    )
    group.addoption(
        "--fastdup-cache-dir",
        metavar="DIR",
        dest="fastdup_cache_dir",
        help="where measurements are kept between runs; by default '.fastdup_cache' beside the data.yml",
    )
    group.addoption(
        "--fastdup-baseline",
        metavar="FILE",
        dest="fastdup_baseline",
        help="accepted findings; by default what the data.yml says, or 'fastdup-baseline.yml' beside it",
    )
    group.addoption(
        "--fastdup-update-baseline",
        action="store_true",
        dest="fastdup_update_baseline",
        help="accept all findings of expectations that are not met, after a complete run; needs --fastdup-reason",
    )
    group.addoption("--fastdup-reason", metavar="TEXT", dest="fastdup_reason", help="why they are accepted")
    group.addoption(
        "--no-fastdup",
        action="store_true",
        dest="fastdup_off",
        help="take no notice of fastdup_config in the ini file",
    )
    parser.addini("fastdup_config", "files with expectations on image datasets", type="paths", default=[])
    parser.addini("fastdup_report", "directory for gallery.html, report.json and the tables", type="string", default="")
    parser.addini("fastdup_baseline", "file of accepted findings", type="string", default="")
    parser.addini("fastdup_cache_dir", "directory for measurements between runs", type="string", default="")


def configured_paths(config: pytest.Config) -> list[Path]:
    """The configuration files of this run, absolute; empty where the plugin has nothing to do."""
    given: list[str] | None = config.getoption("fastdup_config")
    if given:
        paths = [_absolute(config.invocation_params.dir, value) for value in given]
    elif config.getoption("fastdup_off"):
        paths = []
    else:
        paths = [_absolute(Path(), str(path)) for path in config.getini("fastdup_config")]
    named = (arg.partition("::")[0] for arg in config.args)
    paths += [_absolute(config.invocation_params.dir, arg) for arg in named if arg.endswith(_SUFFIXES)]
    return list(dict.fromkeys(paths))


def chosen_path(config: pytest.Config, name: str) -> Path | None:
    """An option that names a file or a directory: as given on the command line, else by the ini file, else None."""
    given: str | None = config.getoption(name)
    if given:
        return _absolute(config.invocation_params.dir, given)
    stated: str = config.getini(name)
    if not stated:
        return None
    return _absolute(config.inipath.parent if config.inipath else config.rootpath, stated)


def update_reason(config: pytest.Config) -> str | None:
    """The reason to accept findings with, or None where the baseline is to stay as it is.

    Raises:
        pytest.UsageError: if it is to change without a reason, or after a run that is not of everything.
    """
    reason: str = (config.getoption("fastdup_reason") or "").strip()
    if not config.getoption("fastdup_update_baseline"):
        if reason:
            raise pytest.UsageError("--fastdup-reason goes with --fastdup-update-baseline")
        return None
    if not reason:
        raise pytest.UsageError(
            "--fastdup-update-baseline needs --fastdup-reason=TEXT: why are these findings right as they are?"
        )
    partial = [
        name
        for name, option in (("-k", "keyword"), ("-m", "markexpr"), ("--lf", "lf"), ("--deselect", "deselect"))
        if config.getoption(option, None)
    ]
    partial += [arg for arg in config.args if "::" in arg]
    if partial:
        raise pytest.UsageError(f"--fastdup-update-baseline needs a run of everything, not with {partial[0]}")
    return reason


def lost_settings(config: pytest.Config) -> str | None:
    """A word on settings that pytest has not read, because an option of ours led it elsewhere; None where all is well.

    Before it knows any option, pytest takes every existing path among the arguments for a place of tests, and looks for
    its settings above all of them: `--fastdup-config ../data.yml` hides those of the project, and
    `--fastdup-config=../data.yml` does not.
    """
    words = [str(word) for word in config.invocation_params.args]
    # Where tests are named, too, pytest looks above each of them.
    told = config.args_source is pytest.Config.ArgsSource.ARGS
    if told or any(word.split("=")[0] in {"-c", "--config-file", "--rootdir"} for word in words):
        return None
    here = config.invocation_params.dir
    missed = next((file for folder in (here, *here.parents) for file in _settings_in(folder)), None)
    if missed is None or missed == config.inipath:
        return None
    for name, value in pairwise(words):
        path = _absolute(here, value)
        if name in _PATHS and path.exists() and here not in path.parents:
            return (
                f"pytest has not read {shown(config, missed)}: it took {value} for a place of tests. "
                f"Write {name}={value}"
            )
    return None


def _settings_in(folder: Path) -> list[Path]:
    """The file of a folder that pytest would read its settings from, if there is one."""
    for name, section in _SETTINGS.items():
        file = folder / name
        if file.is_file() and section in file.read_text(encoding="utf-8", errors="replace"):
            return [file]
    return []


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests on behalf of another (pytest-xdist)."""
    return hasattr(config, "workerinput")


def shown(config: pytest.Config, path: Path | str) -> str:
    """A path as people read it: relative where it lies below the directory that pytest was started in."""
    try:
        return Path(path).relative_to(config.invocation_params.dir).as_posix()
    except ValueError:
        return str(path)


def _absolute(base: Path, value: str) -> Path:
    return Path(os.path.abspath(base / os.path.expandvars(os.path.expanduser(value))))  # noqa: PTH100, PTH111 - links stay as named

"""What the plugin does in a run that has configuration files."""

from __future__ import annotations

import os
import sys
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastdup_checks._version import __version__
from fastdup_checks.baseline_file import read_baseline
from fastdup_checks.ci import harmless
from fastdup_checks.config import load_plan
from fastdup_checks.errors import ConfigError, FastdupChecksError, Problem
from fastdup_checks.ledger import default_author
from fastdup_checks.pipeline import expect_room
from fastdup_checks.plugin import FastdupWarning
from fastdup_checks.plugin.facade import Fastdup
from fastdup_checks.plugin.html import attach_pictures
from fastdup_checks.plugin.nodes import ExpectationFile, ExpectationItem
from fastdup_checks.plugin.options import chosen_path, is_worker, lost_settings, shown, update_reason
from fastdup_checks.plugin.run import Run
from fastdup_checks.plugin.sharing import Meeting, record_of
from fastdup_checks.plugin.terminal import findings_section, write_summary
from fastdup_checks.report.summary import verdict_payload
from fastdup_checks.verdict import skipped

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

__all__ = ("FastdupSession", "facade", "only_config", "start")

_RUNS = pytest.StashKey[dict[Path, Run]]()
_CONFIGS = pytest.StashKey[tuple[Path, ...]]()
_NO_TESTS = ("help", "version", "markers")
"""Options of pytest with which it runs no test."""
_SENT_FINDINGS = 10
_WORST = ": worst findings"
"""How the title of a section of findings ends."""


def start(config: pytest.Config, paths: Sequence[Path]) -> None:
    """Read the configuration files and let pytest collect them.

    Raises:
        pytest.UsageError: with every problem of every file that this run is about, or with what else is wrong.
    """
    # Files that only the ini file names belong to a run of everything, not to one of a named test.
    whole = bool(config.getoption("fastdup_config")) or config.args_source is not pytest.Config.ArgsSource.ARGS
    problems = {path: _problems(config, path, several=len(paths) > 1) for path in paths}
    told = [p for path in paths if whole or _collected(config, path) for p in problems[path]]
    if told and not any(config.getoption(name) for name in _NO_TESTS):
        raise pytest.UsageError(_told(config, told))
    config.stash[_CONFIGS] = tuple(paths)  # a fixture that speaks of one with problems tells them
    if _RUNS not in config.stash:
        return
    lost = lost_settings(config)
    if lost and not is_worker(config):
        try:
            config.issue_config_time_warning(FastdupWarning(lost), stacklevel=2)
        except FastdupWarning as warning:  # where warnings are errors
            raise pytest.UsageError(str(warning)) from None
    config.pluginmanager.register(FastdupSession(config), "fastdup-checks-session")
    if whole:
        config.args += [str(path) for path in paths if not _collected(config, path)]


def _collected(config: pytest.Config, path: Path) -> bool:
    """Whether pytest comes by a file without being told to.

    Before pytest 9, a file beside a folder that holds it makes pytest forget the rest of the folder.
    """
    for arg in config.args:
        named = Path(os.path.abspath(config.invocation_params.dir / arg.partition("::")[0]))  # noqa: PTH100
        if named == path:
            return True
        if named in path.parents and named.is_dir():
            return True
    return False


def only_config(config: pytest.Config) -> Path:
    """The configuration file of this run, where there is exactly one."""
    paths = config.stash.get(_CONFIGS, ())
    if len(paths) == 1:
        return paths[0]
    if paths:
        files = ", ".join(shown(config, path) for path in paths)
        pytest.fail(f'which of {files}? Override the fixture fastdup_config (scope="session") to say so', pytrace=False)
    pytest.fail(
        "no dataset to speak of: run pytest --fastdup-config=data.yml, set fastdup_config in the ini file, or override "
        'the fixture fastdup_config (scope="session")',
        pytrace=False,
    )


def facade(config: pytest.Config, path: str | Path) -> Fastdup:
    """What fixtures hand out for a configuration file."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):  # as a fixture of one's own may have it
        pytest.fail(f"the fixture fastdup_config gives {path!r}; wanted is the path of a data.yml", pytrace=False)
    path = (config.rootpath / path).absolute()
    try:
        run = config.stash.get(_RUNS, {}).get(path) or _load(config, path, several=False)
        run.scan()
    except ConfigError as error:
        problem = _told(config, error.problems)
    except FastdupChecksError as error:
        problem = harmless(str(error))
    else:
        return Fastdup(run)
    pytest.fail(problem, pytrace=False)


def _problems(config: pytest.Config, path: Path, *, several: bool) -> Sequence[Problem]:
    try:
        _load(config, path, several=several)
    except ConfigError as error:
        return error.problems
    return ()


def _load(config: pytest.Config, path: Path, *, several: bool) -> Run:
    plan = load_plan(path)
    baseline = read_baseline(chosen_path(config, "fastdup_baseline") or plan.baseline)
    work_dir = chosen_path(config, "fastdup_report") or path.parent / "fastdup-report"
    if several:
        work_dir /= _node_id(config, path).replace("/", "-").rpartition(".")[0]
    expect_room(plan, work_dir)
    run = Run(plan, baseline, work_dir, chosen_path(config, "fastdup_cache_dir"), record_of(config, path))
    config.stash.setdefault(_RUNS, {})[path] = run
    return run


def _told(config: pytest.Config, problems: Sequence[Problem]) -> str:
    return harmless("\n".join(str(Problem(shown(config, p.path), p.line, p.message)) for p in problems))


def _node_id(config: pytest.Config, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, config.rootpath)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


class FastdupSession:
    """Hooks of an active run. On an xdist controller nothing is scanned until the report is written."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._runs = config.stash[_RUNS]
        self._started = time.time()
        self._payloads: dict[str, dict[str, dict[str, Any]]] = {}
        """configuration file -> id -> what became of the expectation."""
        self._failed: dict[str, list[pytest.TestReport]] = {}
        """configuration file -> what pytest will show of its expectations that failed."""
        self._detours: set[Path] = set()
        """Folders that pytest would pass over."""
        self._reason = update_reason(config)
        self._meeting = Meeting()
        self._galleries: list[Path] = []
        self._remarks: list[str] = []
        self._unwritten: list[str] = []
        self._lost = False
        self._annotations: list[str] = []

    def pytest_report_header(self) -> str:
        """One line, of facts that are known already."""
        count = sum(len(run.plan.expectations) for run in self._runs.values())
        files = ", ".join(shown(self._config, path) for path in self._runs)
        return f"fastdup-checks {__version__}: {files}, {count} expectation{'' if count == 1 else 's'}"

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Go into folders on the way to a configuration file even where pytest would not, and for that file only."""
        leads = any(collection_path in path.parents for path in self._runs)
        if self._detours.intersection(collection_path.parents):
            return not leads and collection_path not in self._runs
        if leads and any(fnmatch(collection_path.name, p) for p in self._config.getini("norecursedirs")):
            self._detours.add(collection_path)
            return False
        return None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> ExpectationFile | None:
        """A configured file is a file of tests."""
        run = self._runs.get(file_path)
        if run is None:
            return None
        return ExpectationFile.from_parent(parent, path=file_path, nodeid=_node_id(self._config, file_path), run=run)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[None],
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send the verdict along with the report, and show the worst findings of a failed one."""
        report = yield
        if not isinstance(item, ExpectationItem):
            return report
        verdict = item.verdict if call.when == "call" else None
        if call.when == "setup" and item.expectation.skip is not None:
            verdict = skipped(item.expectation)
        if verdict is not None:
            payload = verdict_payload(verdict, _SENT_FINDINGS)
            # Attributes of a report travel to the xdist controller, as long as they are plain values.
            report.fastdup = {"config": str(item.path), "verdict": payload}  # type: ignore[attr-defined]
            if report.failed and payload["findings"]:
                report.sections.append(
                    (f"{item.name}{_WORST}", findings_section(payload, shown(self._config, item.gallery))),
                )
                if self._config.pluginmanager.hasplugin("html"):
                    attach_pictures(report, verdict, item.parent.run)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the verdicts; on an xdist controller, those of all workers."""
        sent: dict[str, Any] | None = getattr(report, "fastdup", None)
        if sent is not None:
            self._payloads.setdefault(sent["config"], {})[sent["verdict"]["id"]] = sent["verdict"]
            if report.failed:
                self._failed.setdefault(sent["config"], []).append(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let a worker of pytest-xdist know where the others are met."""
        self._meeting.invite(node)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports, also of a run that was interrupted; a worker leaves that to the controller.

        Where that cannot be done the exit status is 3, as of `fastdup-checks check`.
        """
        if is_worker(self._config):
            return
        self._meeting.end()
        for path, run in self._runs.items():
            ran = self._payloads.get(str(path), {})
            if any(verdict["outcome"] != "skipped" for verdict in ran.values()):
                self._write(run, ran)
        if self._lost and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        if self._unwritten and not self._config.pluginmanager.hasplugin("terminalreporter"):
            sys.stderr.write("".join(f"fastdup-checks: {line}\n" for line in self._unwritten))

    def _write(self, run: Run, ran: Collection[str]) -> None:
        try:
            self._annotations += run.write_report(ran, started=self._started)
        except FastdupChecksError as error:
            self._unwritten.append(f"the report could not be written: {error}")
            self._lost = True
            self._name_no_gallery(run)
            return
        self._galleries.append(run.gallery)
        whole = all(expectation.id in ran for expectation in run.plan.expectations)
        self._remarks += run.remarks(whole=whole)
        if self._reason is not None:
            self._accept(run, self._reason, whole=whole)

    def _name_no_gallery(self, run: Run) -> None:
        """Take the gallery out of what pytest is about to show of expectations that failed."""
        for report in self._failed.get(str(run.plan.path), ()):
            findings = findings_section(report.fastdup["verdict"], None)
            report.sections = [(name, findings if name.endswith(_WORST) else text) for name, text in report.sections]

    def _accept(self, run: Run, reason: str, *, whole: bool) -> None:
        file = run.baseline.path
        if file is None or not whole:
            why = "not all expectations were judged" if file else f"{run.plan.path.name} says 'baseline: none'"
            self._unwritten.append(f"the baseline was not updated: {why}")
            return
        try:
            accepted, impossible = run.accept(reason, default_author())
        except FastdupChecksError as error:
            self._unwritten.append(f"the baseline was not updated: {error}")
            self._lost = True
            return
        self._remarks.append(f"{shown(self._config, file)}: {accepted} finding{'' if accepted == 1 else 's'} accepted")
        if impossible:
            self._unwritten.append(
                f"{impossible} findings cannot be accepted: there is no content to know them by, or nothing to measure"
            )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A line for each verdict, and where the galleries are."""
        if is_worker(self._config):
            return
        verdicts = []
        for path, run in self._runs.items():
            ran = self._payloads.get(str(path), {})
            verdicts += [ran[e.id] for e in run.plan.expectations if e.id in ran]
        write_summary(terminalreporter, verdicts, self._galleries, self._remarks, self._unwritten)
        for line in self._annotations:
            terminalreporter.write_line(line)

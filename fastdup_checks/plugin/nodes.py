"""A data.yml as a file of tests, one for each expectation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from fastdup_checks.ci import harmless
from fastdup_checks.errors import ExpectationFailed, FastdupChecksError
from fastdup_checks.plugin import FastdupWarning
from fastdup_checks.plugin.progress import LateProgress

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from fastdup_checks.expectation import Expectation
    from fastdup_checks.plugin.run import Run
    from fastdup_checks.verdict import Verdict

__all__ = ("ExpectationFile", "ExpectationItem")


class ExpectationFile(pytest.File):
    """A configuration file; its set-up scans the dataset, so that a scan that fails is an error of every test."""

    def __init__(self, *, run: Run, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    def collect(self) -> Iterator[ExpectationItem]:
        """One test for each expectation, in the order of the file."""
        for expectation in self.run.plan.expectations:
            yield ExpectationItem.from_parent(self, name=expectation.id, expectation=expectation)

    def setup(self) -> None:
        """Scan; runs once in a process, and only where a test of this file is about to run."""
        try:
            self.run.scan(LateProgress(self.config))
        except FastdupChecksError as error:
            problem = harmless(str(error))
        else:
            return
        # Outside of the handler, so that the message is not told a second time as the cause of itself.
        pytest.fail(problem, pytrace=False)


class ExpectationItem(pytest.Item):
    """An expectation as a test."""

    parent: ExpectationFile

    def __init__(self, *, expectation: Expectation, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expectation = expectation
        self.verdict: Verdict | None = None
        self.add_marker("fastdup")
        for mark in expectation.marks:
            self.add_marker(mark)
        if expectation.skip is not None:
            self.add_marker(pytest.mark.skip(reason=expectation.skip))
        if self.config.pluginmanager.hasplugin("xdist"):
            self.add_marker(pytest.mark.xdist_group(f"fastdup-{self.parent.nodeid}"))

    def runtest(self) -> None:
        """Judge the expectation."""
        if self.expectation.skip is not None:  # nobody went by the mark: pytest runs without its plugin "skipping"
            pytest.skip(self.expectation.skip)
        run = self.parent.run
        self.verdict = verdict = run.judge(self.expectation)
        measurement = verdict.measurement
        properties: dict[str, str | int | float] = {
            "fastdup.check": self.expectation.check,
            "fastdup.value": float(measurement.value),
            "fastdup.bound": str(self.expectation.bound),
            "fastdup.findings": len(measurement.findings),
            "fastdup.population": int(measurement.population),
            "fastdup.accepted": len(verdict.accepted),
            "fastdup.report": str(run.gallery),
        }
        self.user_properties.extend(properties.items())
        if verdict.outcome == "xfailed" and not self.config.getoption("runxfail", default=True):
            # No mark: it would hide a scan that cannot be done, and the verdict alone knows what was expected to fail.
            pytest.xfail(self.expectation.xfail or "")
        if verdict.outcome in {"failed", "xfailed"}:
            raise ExpectationFailed([verdict])
        if verdict.outcome == "warned":
            self._remark(FastdupWarning(harmless(verdict.message)))

    def _remark(self, warning: FastdupWarning) -> None:
        """Warn, without failing where all warnings are errors: data.yml says that this does not fail the build."""
        try:
            self.warn(warning)
        except FastdupWarning:
            if _is_named_an_error():
                raise
            with warnings.catch_warnings():
                warnings.simplefilter("always", FastdupWarning)
                self.warn(warning)

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,
    ) -> Any:
        """One line: the summary and JUnit show it whole; the findings are a section of the report."""
        if isinstance(excinfo.value, ExpectationFailed | FastdupChecksError | FastdupWarning):
            return harmless(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int, str]:
        """Where the expectation stands; one of a suite stands where the suite is extended."""
        return self.path, max(self.expectation.anchor - 1, 0), self.name

    @property
    def gallery(self) -> Path:
        """Where the findings are shown."""
        return self.parent.run.gallery


def _is_named_an_error() -> bool:
    """Whether a filter of warnings makes an error of ours by its name, not of all."""
    return any(action == "error" and category is FastdupWarning for action, _, category, *_ in warnings.filters)

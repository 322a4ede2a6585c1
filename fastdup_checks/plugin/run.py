"""One configuration file on its way to verdicts, within one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_checks.baseline import pictures_of
from fastdup_checks.checks import CHECKS
from fastdup_checks.ci import add_to_job_summary, annotate
from fastdup_checks.errors import FastdupChecksError
from fastdup_checks.judgement import evaluate
from fastdup_checks.ledger import accept, update
from fastdup_checks.pipeline import analyse, write_report
from fastdup_checks.report.markdown import render_markdown
from fastdup_checks.result import Result
from fastdup_checks.store import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.baseline import Baseline
    from fastdup_checks.config import Plan
    from fastdup_checks.expectation import Expectation
    from fastdup_checks.findings import Measurement
    from fastdup_checks.plugin.sharing import FailureRecord
    from fastdup_checks.progress import Progress
    from fastdup_checks.verdict import Verdict

__all__ = ("Run",)


class Run:
    """Scans once, when that is first needed, and measures what is asked for."""

    def __init__(
        self,
        plan: Plan,
        baseline: Baseline,
        work_dir: Path,
        cache_dir: Path | None,
        record: FailureRecord | None = None,
    ) -> None:
        self.plan = plan
        self.baseline = baseline
        self.work_dir = work_dir
        self._cache_dir = cache_dir
        self._record = record
        self._analysis: Analysis | None = None
        self._failure: FastdupChecksError | None = None
        self._verdicts: dict[str, Verdict] = {}

    @property
    def gallery(self) -> Path:
        """Where the gallery is, or will be."""
        return self.work_dir / "gallery.html"

    def scan(self, progress: Progress | None = None) -> Analysis:
        """The scanned dataset. A scan that has failed, here or in another worker, fails again at once.

        Raises:
            DatasetError: if there are no images.
            ScanError: if the scan cannot be done.
        """
        if self._failure is not None:
            raise self._failure
        if self._analysis is None:

            def work() -> Analysis:
                return analyse(self.plan, cache_dir=self._cache_dir, progress=progress)

            try:
                self._analysis = work() if self._record is None else self._record.attempt(work)
            except FastdupChecksError as error:
                self._failure = error
                raise
        return self._analysis

    def measure(self, check: str, params: Any) -> Measurement:
        """What a check says of the dataset.

        Raises:
            DatasetError: if the dataset lacks what the check needs.
        """
        return CHECKS[check].measure(self.scan(), params)

    def judge(self, expectation: Expectation) -> Verdict:
        """The verdict on an expectation of the plan.

        Raises:
            DatasetError: if the dataset lacks what the check needs.
        """
        known = self._verdicts.get(expectation.id)
        if known is None:
            known = evaluate(expectation, self.scan(), self.baseline)
            self._verdicts[expectation.id] = known
        return known

    def result(self) -> Result:
        """Everything found, with the verdicts on all expectations."""
        analysis = self.scan()
        return Result(analysis, self._verdicts_on(self.plan.expectations), baseline=self.baseline)

    def pictures(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Path and JPEG thumbnail of those images that have a picture."""
        from fastdup_checks.report.contents import Thumbnails

        analysis = self.scan()
        with Store(analysis.scan.settings.cache) as store:
            thumbnail = Thumbnails(analysis, store)
            for path in paths:
                picture = thumbnail(path)
                if picture is not None:
                    yield path, picture

    def write_report(self, ran: Collection[str], *, started: float) -> list[str]:
        """Write gallery, report.json and tables, with verdicts on the expectations that ran and on no others.

        Returns:
            What is to be printed for GitHub Actions, if that is where we are; its job summary is then written, too.

        Raises:
            FastdupChecksError: if that cannot be done.
        """
        verdicts = self._verdicts_on(e for e in self.plan.expectations if e.id in ran)
        whole = len(verdicts) == len(self.plan.expectations)
        result = Result(self.scan(), verdicts, self.work_dir, self.baseline, whole=whole)
        write_report(result, started=started)
        add_to_job_summary(render_markdown(result))
        return annotate(verdicts, self.plan.path)

    def accept(self, reason: str, author: str) -> tuple[int, int]:
        """Put the findings of all expectations that are not met into the baseline.

        Returns:
            How many were accepted, and how many could not be.

        Raises:
            FastdupChecksError: if the file cannot be written.
        """
        assert self.baseline.path is not None
        entries, impossible = accept(
            self._verdicts_on(self.plan.expectations), pictures_of(self.scan()), reason=reason, author=author
        )
        update(self.baseline.path, add=entries)
        return len(entries), impossible

    def remarks(self, *, whole: bool) -> list[str]:
        """What there is to say of the dataset and, where all expectations were judged, of the baseline."""
        standing = self.result().standing if whole else None
        return [*self.scan().scan.dataset.remarks, *(standing.remarks() if standing else [])]

    def _verdicts_on(self, expectations: Iterable[Expectation]) -> list[Verdict]:
        return [self.judge(expectation) for expectation in expectations]

"""What is known of one batch, shared by all rules that look at it."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from fastdup_checks.analysis import Analysis
from fastdup_checks.checks import CHECKS
from fastdup_checks.errors import FastdupChecksError
from fastdup_checks.gx.rows import JudgedRows, judge_rows
from fastdup_checks.report.contents import Thumbnails
from fastdup_checks.scan import scan
from fastdup_checks.store import Store
from fastdup_checks.table import TableReader, dress, image_name, open_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from fastdup_checks.engine import Engine
    from fastdup_checks.findings import Measurement
    from fastdup_checks.gx.source import Source
    from fastdup_checks.records import Dataset
    from fastdup_checks.table import Row

__all__ = ("BatchReport", "Unmeasured", "guarded", "known_report", "report_rows", "report_spark")

_ANALYSES = 8
"""Batches whose analysis is kept in memory; that of an older one is made again, from the store."""
_BATCHES = 256
"""Batches that are known at all: all those of one checkpoint, so that its gallery can be written in the end."""

_LONGEST = 500
"""Letters of an error that was not foreseen."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why there is no report. Rules that get it fail; it is a value, since GX would try an exception three times."""

    message: str


class BatchReport:
    """The analysis of a batch, and what rules ask of it."""

    def __init__(self, key: str, analysis: Analysis) -> None:
        self.key = key
        """Names the batch in this process."""
        self.analysis = analysis
        self._measured: dict[tuple[str, Any], Measurement] = {}
        self._judged: dict[tuple[str, Any], JudgedRows] = {}

    def measure(self, check: str, params: Any) -> Measurement:
        """What the check measures; each measurement is made once.

        Raises:
            DatasetError: if the batch does not have what the check needs.
        """
        if (check, params) not in self._measured:
            self._measured[check, params] = CHECKS[check].measure(self.analysis, params)
        return self._measured[check, params]

    def judge_rows(self, check: str, params: Any) -> JudgedRows:
        """Which rows the check judges and which of them are not as wanted; found out once, likewise.

        Raises:
            DatasetError: if the batch does not have what the check needs.
        """
        if (check, params) not in self._judged:
            measurement = self.measure(check, params)
            self._judged[check, params] = judge_rows(self.analysis, check, params, measurement)
        return self._judged[check, params]

    def thumbnails(self, paths: Iterable[str]) -> dict[str, bytes]:
        """JPEGs of at most 160 pixels a side of those images that have a picture."""
        with Store(self.analysis.scan.settings.cache) as store:
            find = Thumbnails(self.analysis, store)
            return {path: jpeg for path in paths if (jpeg := find(path)) is not None}


class _Memory:
    """The reports of this process, by key, and how to make those again that it has let go."""

    def __init__(self) -> None:
        self._reports: OrderedDict[str, BatchReport] = OrderedDict()
        self._makers: OrderedDict[str, Callable[[], Analysis]] = OrderedDict()
        self._lock = threading.RLock()  # one analysis at a time: it takes all cores as it is

    def report(self, key: str, make: Callable[[], Analysis] | None = None) -> BatchReport | None:
        """The report of that key, made where it is not there."""
        with self._lock:
            make = make or self._makers.get(key)
            found = self._reports.get(key)
            if make is None:
                return found
            if found is None:
                found = BatchReport(key, make())
            self._keep(self._reports, key, found, _ANALYSES)
            self._keep(self._makers, key, make, _BATCHES)
            return found

    @staticmethod
    def _keep(store: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
        store[key] = value
        store.move_to_end(key)
        while len(store) > most:
            store.popitem(last=False)


_memory = _Memory()


def report_rows(rows: Sequence[Row], source: Source) -> BatchReport | Unmeasured:
    """The report of a table, made once for the same rows and unchanged files."""

    def find() -> BatchReport | None:
        bare = open_table(rows, source.folder)
        return _memory.report(_key(rows, bare, source), lambda: _analyse(bare, rows, source))

    return guarded(find)


def report_spark(frame: Any, columns: Mapping[str, str], source: Source) -> BatchReport | Unmeasured:
    """The report of a Spark data frame: what is needed of each image is found out where its partition is.

    Args:
        frame: the batch.
        columns: see `Source.columns`.
        source: how to look at it.
    """

    def find() -> BatchReport | None:
        from fastdup_checks.spark import SparkEngine, list_images

        rows, stamps = list_images(frame, columns, source.folder)
        bare = open_table(rows, source.folder, stamps=stamps)
        assert isinstance(bare.reader, TableReader)
        engine = SparkEngine(frame, columns["image"], bare.reader, source.settings)
        return _memory.report(_key(rows, bare, source), lambda: _analyse(bare, rows, source, cast("Engine", engine)))

    return guarded(find)


def guarded(find: Callable[[], BatchReport | None]) -> BatchReport | Unmeasured:
    """What `find` gives, or why it gives nothing."""
    try:
        found = find()
    except FastdupChecksError as error:
        return Unmeasured(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it was, the rules fail and say it
        _log.exception("the images of the batch could not be looked at")
        return Unmeasured(f"{type(error).__name__}: {_brief(str(error))}")
    assert found is not None
    return found


def _brief(text: str) -> str:
    """One line of an error that may hold the stack traces of two machines, as Spark's do."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines[1:] if re.match(r"[\w.]*(Error|Exception): ", line)]
    said = "; ".join(dict.fromkeys([*lines[:1], *causes[:1]]))
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]} ..."


def known_report(key: str) -> BatchReport | None:
    """The report of a batch that this process has looked at."""
    return _memory.report(key)


def _analyse(bare: Dataset, rows: Sequence[Row], source: Source, engine: Engine | None = None) -> Analysis:
    return Analysis(dress(scan(bare, source.settings, engine=engine), rows, splits=source.order))


def _key(rows: Sequence[Row], bare: Dataset, source: Source) -> str:
    """Names the rows, the state of their files, and how they are looked at."""
    digest = hashlib.sha256(
        repr((source, source.settings, source.order, bare.reader.key)).encode("utf-8", "backslashreplace")
    )
    stamps = {record.path: bare.reader.stamp(record) for record in bare.records}
    # Of bytes the name, which is made of their digest: written out, they would take four times their size.
    texts = sorted(
        repr((row.split, row.label, row.group, isinstance(row.image, bytes), image_name(row.image))) for row in rows
    )
    for text in (*texts, *(f"{name!r} {stamp}" for name, stamp in stamps.items())):
        digest.update(text.encode("utf-8", "backslashreplace"))
    return digest.hexdigest()

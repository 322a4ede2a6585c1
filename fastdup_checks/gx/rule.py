"""What all image rules have in common: their arguments, how they are judged, and what Data Docs shows of them."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, List, Optional, Union

import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.expectations.expectation import (
    Expectation,
    render_suite_parameter_string,
)
from great_expectations.render import LegacyDiagnosticRendererType, LegacyRendererType
from great_expectations.render.renderer.renderer import renderer

from fastdup_checks.analysis import Analysis
from fastdup_checks.checks import CHECKS
from fastdup_checks.errors import DatasetError, FastdupChecksError
from fastdup_checks.expectation import Bound
from fastdup_checks.expectation import Expectation as Entry
from fastdup_checks.gx import docs
from fastdup_checks.gx.arguments import expect_sense
from fastdup_checks.gx.metrics import DOMAIN_KEYS, params_of
from fastdup_checks.gx.report import BatchReport, Unmeasured
from fastdup_checks.gx.source import UndecodedName
from fastdup_checks.records import printable, valid_text
from fastdup_checks.table import image_name

__all__ = ("META", "ImageRule", "Number", "analysis_of", "failure_of", "storable")

_log = logging.getLogger(__name__)

META = "fastdup_checks"
"""The key of `meta` that holds what an entry of a data.yml says and a rule has no argument for: id and xfail."""

Number = Union[float, SuiteParameterDict]
"""A number, or `{"$PARAMETER": name}`."""


class ImageRule(Expectation):
    """A rule about the images of a batch.

    Rules whose arguments from `config` to `megapixels` are alike share one analysis of the batch.

    Args:
        config: A data.yml that says what is not said here: the folder of the images, the order of the splits, the
            encoder, the limits, and where measurements are kept.
        label_column: The column of the labels, used where the batch has it.
        split_column: The column of the splits, likewise.
        group_column: The column that says what an image belongs to (patient, video), likewise.
        splits: The order of the splits; by default train, val, test, then the others by name.
        root: The folder that relative paths are relative to; by default that of `config`, or the working directory.
        model: An ONNX encoder instead of the bundled one.
        megabytes: The largest file that is read; by default 256.
        megapixels: The largest picture that is decoded; by default 150.
    """

    config: Optional[str] = None
    label_column: Optional[str] = "label"
    split_column: Optional[str] = "split"
    group_column: Optional[str] = "group"
    splits: Optional[List[str]] = None
    root: Union[str, SuiteParameterDict, None] = None
    model: Optional[str] = None
    megabytes: Optional[int] = None
    megapixels: Optional[int] = None

    check: ClassVar[str] = ""
    """The check that measures."""
    sentence: ClassVar[str] = ""
    """What is wanted, in words; `$name` stands for an argument."""

    @pydantic.root_validator(pre=True)
    def _arguments_make_sense(cls, values: dict[str, Any]) -> dict[str, Any]:
        if cls.check:
            expect_sense(cls.check, values)
        return values

    @classmethod
    def is_abstract(cls) -> bool:
        """Only a class with a check is a rule, and has a type that suites may hold."""
        return not cls.check or super().is_abstract()

    def _params(self) -> Any:
        return params_of(self.check, self._get_success_kwargs())

    def _entry(self, bound: Bound | None) -> Entry:
        """This rule as an entry of a data.yml."""
        known = (self.meta or {}).get(META)
        known = known if isinstance(known, dict) else {}
        return Entry(
            id=str(known.get("id") or self.expectation_type),
            xfail=known.get("xfail"),
            check=self.check,
            bound=bound,
            unit=CHECKS[self.check].unit,
            params=self._params(),
            severity="error" if self.severity == "critical" else "warn",
        )

    @classmethod
    def _argument(cls, configuration: Any, name: str) -> Any:
        """An argument of a stored rule, which holds no defaults."""
        return configuration.kwargs.get(name, cls.__fields__[name].default)

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(cls, configuration: Any = None, result: Any = None, **_: Any) -> list[Any]:
        configuration = configuration or result.expectation_config
        names = [name for name in cls.__fields__ if name in {*cls.args_keys, *DOMAIN_KEYS}]
        given = {name: cls._argument(configuration, name) for name in names}
        return docs.prescription(cls.sentence, CHECKS[cls.check], given, configuration)

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.STATUS_ICON)
    def _diagnostic_status_icon_renderer(cls, result: Any = None, **_: Any) -> Any:
        icon = super()._diagnostic_status_icon_renderer(result=result)
        return docs.with_word(icon, result)

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_STATEMENT)
    def _diagnostic_unexpected_statement_renderer(cls, result: Any = None, **_: Any) -> list[Any]:
        return docs.statement(result)

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(cls, result: Any = None, **_: Any) -> list[Any] | None:
        return docs.findings(result)

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(cls, result: Any = None, **_: Any) -> str:
        return docs.observed(result)


def analysis_of(report: BatchReport | Unmeasured, check: str, params: Any) -> Analysis:
    """The analysis, where it can bear a judgement.

    Raises:
        FastdupChecksError: where it cannot.
    """
    if isinstance(report, Unmeasured):
        raise FastdupChecksError(report.message)
    if not report.analysis.images and check != "broken_images":
        broken = report.analysis.scan.broken
        raise DatasetError(f"no image can be read; {printable(broken[0].record.path)}: {broken[0].reason}")
    dataset = report.analysis.scan.dataset
    have = {
        "labels": dataset.labelled,
        "splits": bool(dataset.splits),
        "groups": any(record.group is not None for record in dataset.records),
    }
    for need in sorted(CHECKS[check].needs_with(params)):
        if not have[need]:
            raise DatasetError(f"{check} needs {need}, and the batch has none; name their column ({need[:-1]}_column)")
    return report.analysis


def failure_of(error: Exception) -> dict[str, Any]:
    """A rule that could not be judged has failed. Data Docs prints a trace back unescaped, so it goes to the log."""
    said = str(error)
    if not isinstance(error, FastdupChecksError):
        _log.error("an image rule could not be judged", exc_info=error)
        said = f"{type(error).__name__}: {said}"
    return {
        "success": False,
        "result": {},
        "exception_info": {"raised_exception": True, "exception_message": said, "exception_traceback": ""},
    }


def storable(value: Any) -> Any:
    """A result that can be stored and shown: images held as bytes by their names, and names as valid text."""
    if isinstance(value, bytes | bytearray | memoryview):
        return image_name(bytes(value))
    if isinstance(value, str | UndecodedName):
        return valid_text(str(value))
    if isinstance(value, dict):
        return {key: storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    return value.map(storable) if isinstance(value, pd.DataFrame) else value

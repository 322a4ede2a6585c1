"""The metrics behind the rules: one report for each batch, and one condition for each check that judges rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine, SparkDFExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration

from fastdup_checks.checks import CHECKS
from fastdup_checks.errors import FastdupChecksError
from fastdup_checks.gx.report import Unmeasured, report_rows, report_spark
from fastdup_checks.gx.source import SOURCE_KEYS, Source, frame_rows
from fastdup_checks.table import image_name, image_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fastdup_checks.gx.report import BatchReport

__all__ = ("DOMAIN_KEYS", "REPORT", "condition_name", "make_condition", "params_of", "report_configuration")

REPORT = "fastdup_checks.image_report"
DOMAIN_KEYS = ("batch_id", "row_condition", "condition_parser")


def report_configuration(
    domain: Mapping[str, Any],
    image_column: str,
    arguments: Mapping[str, Any],
) -> MetricConfiguration:
    """The configuration of the report that a rule needs.

    No other place makes one: configurations that are equal to the letter are computed once for all rules.
    """
    return MetricConfiguration(
        metric_name=REPORT,
        metric_domain_kwargs={key: domain.get(key) for key in DOMAIN_KEYS},
        metric_value_kwargs={"image_column": image_column, **{key: arguments.get(key) for key in SOURCE_KEYS}},
    )


class ImageReport(TableMetricProvider):
    """The report of a batch."""

    metric_name = REPORT
    domain_keys = DOMAIN_KEYS
    value_keys = ("image_column", *SOURCE_KEYS)

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> BatchReport | Unmeasured:
        frame, _compute, _accessor = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs,
            domain_type=MetricDomainTypes.TABLE,
        )
        try:
            source = Source.of(metric_value_kwargs["image_column"], metric_value_kwargs)
            rows = frame_rows(frame, source.columns(map(str, frame.columns)))
        except FastdupChecksError as error:
            return Unmeasured(str(error))
        return report_rows(rows, source)

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(
        cls,
        execution_engine: SparkDFExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> BatchReport | Unmeasured:
        frame, _compute, _accessor = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs,
            domain_type=MetricDomainTypes.TABLE,
        )
        try:
            source = Source.of(metric_value_kwargs["image_column"], metric_value_kwargs)
            columns = source.columns(frame.columns)
        except FastdupChecksError as error:
            return Unmeasured(str(error))
        return report_spark(frame, columns, source)


class FindingsCondition(ColumnMapMetricProvider):
    """A row is as wanted where its image can be read, if the check has to look at it, and is in no finding."""

    check = ""

    @classmethod
    def _get_evaluation_dependencies(
        cls,
        metric: MetricConfiguration,
        configuration: Any = None,
        execution_engine: Any = None,
        runtime_configuration: Any = None,
    ) -> dict[str, MetricConfiguration]:
        dependencies: dict[str, MetricConfiguration] = super()._get_evaluation_dependencies(
            metric=metric,
            configuration=configuration,
            execution_engine=execution_engine,
            runtime_configuration=runtime_configuration,
        )
        if metric.metric_name == f"{cls.condition_metric_name}.condition":  # the metrics derived from it need no report
            dependencies[REPORT] = report_configuration(
                metric.metric_domain_kwargs,
                metric.metric_domain_kwargs["column"],
                metric.metric_value_kwargs,
            )
        return dependencies

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, _metrics: dict[str, Any], **arguments: Any) -> pd.Series:
        import pandas as pd

        bad = offenders(_metrics[REPORT], cls.check, arguments)
        fine = [bad is not None and image_name(image_of(value, column.name)) not in bad for value in column.tolist()]
        return pd.Series(fine, index=column.index, dtype=bool)

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(
        cls,
        column: Any,  # noqa: ARG002 - a Column, which does not tell its name
        _metrics: dict[str, Any],
        _table: Any,
        _accessor_domain_kwargs: dict[str, Any],
        **arguments: Any,
    ) -> Any:
        from fastdup_checks.spark import not_among

        return not_among(_table, _accessor_domain_kwargs["column"], offenders(_metrics[REPORT], cls.check, arguments))


def offenders(
    report: BatchReport | Unmeasured,
    check: str,
    arguments: Mapping[str, Any],
) -> frozenset[str] | None:
    """The names of the images that are not as wanted, or None where nothing could be measured."""
    if isinstance(report, Unmeasured):
        return None
    try:
        return report.judge_rows(check, params_of(check, arguments)).unexpected
    except Exception:  # noqa: BLE001 - the rule meets it again when it judges, and says so
        return None


def params_of(check: str, arguments: Mapping[str, Any]) -> Any:
    """The parameters of a check, from the arguments of a rule."""
    kinds = {name: about["kind"] for name, about in CHECKS[check].parameters().items()}
    given = {name: arguments[name] for name in kinds if arguments.get(name) is not None}
    return CHECKS[check].params(**{name: _param(kinds[name], value) for name, value in given.items()})


def _param(kind: str, value: Any) -> Any:
    """A parameter as the check wants it: JSON has neither pairs nor paths."""
    if kind == "split_pair":
        return tuple(value)
    return Path(value) if kind == "path" else value


def condition_name(check: str) -> str:
    """The name of the row metric of a check."""
    return f"column_values.fastdup_checks.{check}"


def make_condition(check: str) -> type[FindingsCondition]:
    """Register the row metric of a check."""
    return type(
        f"Condition_{check}",
        (FindingsCondition,),
        {
            "check": check,
            "condition_metric_name": condition_name(check),
            "condition_value_keys": (*SOURCE_KEYS, *CHECKS[check].parameters()),
            "__module__": __name__,
            "__doc__": f"A row is as wanted where {check} finds nothing wrong with its image.",
        },
    )

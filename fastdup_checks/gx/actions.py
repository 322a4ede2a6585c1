"""The step of a checkpoint that writes the gallery and then builds Data Docs."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from typing import Any, Literal

import great_expectations
from great_expectations.checkpoint.actions import UpdateDataDocsAction

from fastdup_checks.checks import CHECKS
from fastdup_checks.expectation import Bound, Expectation
from fastdup_checks.gx.docs import DETAILS
from fastdup_checks.gx.metrics import params_of
from fastdup_checks.gx.report import BatchReport, known_report
from fastdup_checks.gx.source import baseline_of
from fastdup_checks.judgement import evaluate
from fastdup_checks.report.contents import gallery_page
from fastdup_checks.report.gallery import render_gallery
from fastdup_checks.result import Result
from fastdup_checks.store import Store
from fastdup_checks.verdict import Verdict

__all__ = ("ImageGalleryAction",)

FOLDER = "fastdup_checks"
"""Where galleries lie in a Data Docs site."""

_log = logging.getLogger(__name__)


class ImageGalleryAction(UpdateDataDocsAction):
    """Write the gallery of each validation into Data Docs, and build them with links to it.

    Use it in the place of `UpdateDataDocsAction`. It also makes a checkpoint fail closed: a process that has not
    imported `fastdup_checks.gx` cannot load a checkpoint that holds it.

    Args:
        site_names: The sites to update; by default all.
    """

    type: Literal["fastdup_checks_gallery"] = "fastdup_checks_gallery"

    def run(self, checkpoint_result: Any, action_context: Any = None) -> dict[Any, Any]:
        """Write the galleries, store the results again with links to them, and build Data Docs."""
        context = _context_of(self)
        for identifier, validation in checkpoint_result.run_results.items():
            pages = _pages(validation)
            if not pages:
                continue
            depth = len(validation.suite_name.split(".")) + 3
            for key, (page, results) in pages.items():
                name = _file_name(identifier, key)
                for files in self._sites(context):
                    files.set(
                        (FOLDER, name),
                        page.encode(),
                        content_type="text/html; charset=utf-8",
                        content_encoding=None,
                    )
                for result in results:
                    result.result["details"][DETAILS]["gallery"] = f"{'../' * depth}{FOLDER}/{name}"
            context.validation_results_store.set(identifier, validation)  # Data Docs are made of what is stored
        done: dict[Any, Any] = super().run(checkpoint_result=checkpoint_result, action_context=action_context)
        return done

    def _sites(self, context: Any) -> list[Any]:
        """Where the files of each site go."""
        return [
            context._init_site_builder_for_data_docs_site_creation(
                site_name=name, site_config=settings
            ).target_store.store_backends["static_assets"]
            for name, settings in context.variables.data_docs_sites.items()
            if not self.site_names or name in self.site_names
        ]


def _pages(validation: Any) -> dict[str, tuple[str, list[Any]]]:
    """One gallery for each batch that the rules of a validation looked at, with the results that it shows."""
    results: dict[str, list[Any]] = {}
    for result in validation.results:
        details = ((result.result or {}).get("details") or {}).get(DETAILS)
        if isinstance(details, dict):
            results.setdefault(details["batch"], []).append(result)
    return {key: (page, some) for key, some in results.items() if (page := _render(key, validation, some)) is not None}


def _render(key: str, validation: Any, results: list[Any]) -> str | None:
    report = known_report(key)
    if report is None:
        _log.warning("the gallery of %s is not written: this process has not looked at its images", key)
        return None
    verdicts = [_verdict(result.result["details"][DETAILS], report) for result in results]
    with Store(report.analysis.scan.settings.cache) as store:
        page = gallery_page(Result(report.analysis, verdicts), store)
        return render_gallery(
            replace(
                page,
                dataset=validation.suite_name,
                tables=dict.fromkeys(CHECKS, "the validation result"),
                about=(*page.about, ("great_expectations", great_expectations.__version__)),
            )
        )


def _verdict(details: dict[str, Any], report: BatchReport) -> Verdict:
    """The verdict of a stored result, with all of its findings."""
    said = details["verdict"]
    params = params_of(said["check"], details["params"])
    bound = Bound(*next(iter(said["bound"].items()))) if said["bound"] else None
    entry = Expectation(
        said["id"], said["check"], bound, CHECKS[said["check"]].unit, params, said["severity"], xfail=details["xfail"]
    )
    if bound is not None:
        return evaluate(entry, report.analysis, baseline_of(details["config"]))
    return Verdict(entry, report.judge_rows(said["check"], params).measurement, said["outcome"], said["message"])


def _file_name(identifier: Any, key: str) -> str:
    """A name for the gallery of one batch in one validation, free of whatever the user's names hold."""
    about = f"{identifier.to_tuple()} {key}".encode("utf-8", "backslashreplace")
    return f"gallery-{hashlib.sha256(about).hexdigest()[:20]}.html"


def _context_of(action: Any) -> Any:
    """The Data Context of the run: bound to the action from GX 1.24 on, a global of the process before."""
    if hasattr(action, "_resolve_context"):
        return action._resolve_context().context
    from great_expectations.data_context.data_context.context_factory import project_manager

    return getattr(project_manager, "_project", None) or project_manager._ProjectManager__project

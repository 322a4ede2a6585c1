"""Plan -> verdicts: the one place that puts the stages in a row."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.analysis import Analysis
from fastdup_checks.baseline_file import read_baseline
from fastdup_checks.config import DatasetPlan, Plan, load_plan
from fastdup_checks.encoders.calibration import load_calibration
from fastdup_checks.encoders.entry import model_named
from fastdup_checks.encoders.plan import DEFAULT
from fastdup_checks.errors import DatasetError, ExpectationFailed, ScanError
from fastdup_checks.expectation import Expectation
from fastdup_checks.folder import expect_folder, open_folder
from fastdup_checks.inputs import expect_spared
from fastdup_checks.judgement import evaluate_all, measurable
from fastdup_checks.layout import detect_layout
from fastdup_checks.limits import Limits
from fastdup_checks.listing import make_listing, open_listing, with_listing
from fastdup_checks.result import Result, Verdicts
from fastdup_checks.scan import Settings, scan
from fastdup_checks.store import Store
from fastdup_checks.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastdup_checks.encoders.plan import ModelPlan
    from fastdup_checks.listing import Listed
    from fastdup_checks.progress import Progress
    from fastdup_checks.records import Dataset

__all__ = (
    "analyse",
    "check",
    "expect_room",
    "open_dataset",
    "require",
    "run",
    "scan_settings",
    "write_report",
)

_PAGES = ("report.json", "summary.md", "gallery.html")


def check(
    config: str | Path | Plan,
    *,
    work_dir: str | Path | None = None,
    cache_dir: str | Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    images: Mapping[str, Iterable[Listed]] | None = None,
) -> Verdicts:
    """Judge every expectation of a configuration file, and write the report.

    Args:
        config: path of a data.yml, or a loaded plan.
        work_dir: where tables, report.json and gallery.html go; by default `fastdup-report` beside the file.
        cache_dir: where measurements are kept between runs; by default `.fastdup_cache` beside the file, or what the
            environment variable FASTDUP_CHECKS_CACHE names.
        threads: cores to use, by default all.
        progress: hears how far the work has come.
        images: split -> the files that the loader of the split uses, or pairs of a file and its label, all below
            `dataset.root`. They stand in for what the file says of splits (and of labels, if there are some), so that
            a split drawn at random is checked as it was drawn.

    Raises:
        ConfigError: if the file is wrong, its model cannot be used, or the report would take the place of a file that
            it names.
        DatasetError: if the images, or what an expectation needs of them, are not there.
        ScanError: if the scan cannot be done.
    """
    started = time.time()
    listing = None if images is None else make_listing(images)
    if not isinstance(config, Plan):
        plan = load_plan(config, listing)
    else:
        plan = config if listing is None else replace(config, dataset=with_listing(config.dataset, listing))
    out = Path(work_dir) if work_dir is not None else plan.path.parent / "fastdup-report"
    expect_room(plan, out)
    baseline = read_baseline(plan.baseline)
    analysis = analyse(plan, cache_dir=cache_dir, threads=threads, progress=progress)
    verdicts = evaluate_all(plan, analysis, baseline)
    result = Result(analysis, verdicts, out, baseline)
    write_report(result, started=started)
    return result.verdicts


def require(
    config: str | Path | Plan,
    *,
    work_dir: str | Path | None = None,
    cache_dir: str | Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    images: Mapping[str, Iterable[Listed]] | None = None,
) -> Verdicts:
    """Like `check`, but raise when an expectation fails: for the top of a training script.

    Raises:
        ExpectationFailed: with the verdicts that failed and the path of the gallery.
    """
    verdicts = check(config, work_dir=work_dir, cache_dir=cache_dir, threads=threads, progress=progress, images=images)
    if verdicts.failed:
        raise ExpectationFailed(verdicts.failed, str(verdicts.gallery))
    return verdicts


def run(
    images: str | Path,
    *,
    work_dir: str | Path = "fastdup-report",
    cache_dir: str | Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    dataset: DatasetPlan | None = None,
    model: str | Path | ModelPlan = "default",
) -> Result:
    """Scan a folder and write every table and the gallery; no configuration is needed.

    Splits and labels are guessed from the names of the folders.

    Args:
        images: the folder.
        work_dir: where everything is written.
        cache_dir: where measurements are kept between runs; by default `.fastdup_cache` in work_dir, or what the
            environment variable FASTDUP_CHECKS_CACHE names.
        threads: cores to use, by default all.
        progress: hears how far the work has come.
        dataset: splits and labels, where the guess would be wrong; `images` stands in for its root.
        model: the encoder: "default", an ONNX file, "hf://owner/name@commit/file", or a plan as data.yml gives it.

    Raises:
        ConfigError: if there is no such model, or it cannot be used, or the report would take the place of a file that
            is read.
        DatasetError: if there are no images.
        ScanError: if the scan cannot be done.
    """
    started = time.time()
    if images == "":  # as of a variable that is not set; Path("") is the working directory
        raise DatasetError("the name of a folder is wanted, and this is empty")
    root, out = Path(images), Path(work_dir)
    if dataset is None:
        expect_folder(root)
        layout = detect_layout(root)
        dataset = DatasetPlan(root, {n: (f,) for n, f in layout.splits.items()} or None, layout.labels)
    plan = Plan(out / "data.yml", replace(dataset, root=root), (), model_named(model))
    expect_room(plan, out)
    analysis = analyse(plan, cache_dir=cache_dir, threads=threads, progress=progress)
    verdicts = [
        judge(Expectation(c.name, c.name, None, c.unit, params := c.params()), c.measure(analysis, params))
        for c in measurable(analysis)
    ]
    result = Result(analysis, verdicts, out)
    write_report(result, started=started)
    return result


def analyse(
    plan: Plan,
    *,
    cache_dir: str | Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    calibrated: bool = True,
) -> Analysis:
    """Scan the dataset of a plan; judge and write nothing.

    The arguments are those of `check`; without `calibrated`, the calibration beside the plan does not count.

    Raises:
        ConfigError: if the model cannot be used, or the calibration is damaged or of another model.
        DatasetError: if there are no images.
        ScanError: if the scan cannot be done.
    """
    settings = scan_settings(plan, cache_dir=cache_dir, threads=threads, calibrated=calibrated)
    return Analysis(scan(open_dataset(plan.dataset), settings, progress=progress))


def scan_settings(
    plan: Plan, *, cache_dir: str | Path | None = None, threads: int | None = None, calibrated: bool = True
) -> Settings:
    """How a plan wants its images to be scanned.

    Raises:
        ConfigError: if the calibration beside the plan is of another model.
        ValueError: if there is no such number of threads.
    """
    if threads is not None and not (isinstance(threads, int) and threads > 0):
        raise ValueError(f"threads is a number of cores, or None for all of them, not {threads!r}")
    model = plan.model or DEFAULT
    calibration = load_calibration(plan.path.parent, model) if calibrated else None
    return Settings(
        cache=_cache(plan, cache_dir),
        limits=Limits(**plan.limits),
        model=model,
        threads=threads,
        neighbours=calibration.neighbours if calibration else None,
    )


def expect_room(plan: Plan, work_dir: Path) -> None:
    """Make sure that the report of a plan takes the place of none of its inputs.

    Raises:
        ConfigError: with every file that would be lost.
    """
    from fastdup_checks.report.tables import TABLES

    advice = "the report would take its place; give it another folder (--work-dir, --fastdup-report, work_dir)"
    expect_spared(plan, (work_dir / name for name in (*TABLES, *_PAGES)), advice)


def write_report(result: Result, *, started: float) -> None:
    """Write tables, report.json, summary.md and gallery.html into the result's work directory.

    Raises:
        ScanError: if they cannot be written.
    """
    from fastdup_checks.report.contents import gallery_page
    from fastdup_checks.report.files import replacing
    from fastdup_checks.report.gallery import render_gallery
    from fastdup_checks.report.markdown import render_markdown
    from fastdup_checks.report.summary import summarise, write_summary
    from fastdup_checks.report.tables import write_tables

    out = result.work_dir
    assert out is not None
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Were this one interrupted, those of the last run would speak of tables that are not theirs any more.
        for name in _PAGES:
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise ScanError(f"{out}: the work directory cannot be made ({error.strerror or error})") from error
    write_tables(result.analysis, out)
    with Store(result.analysis.scan.settings.cache) as store, replacing(out / "gallery.html") as file:
        file.write(render_gallery(gallery_page(result, store)).encode())
    with replacing(out / "summary.md") as file:
        file.write(render_markdown(result).encode())
    # Last, so that a report.json speaks of files that are there.
    meta = {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 2),
    }
    write_summary(summarise(result.analysis, result.verdicts, meta, result.standing), out / "report.json")


def open_dataset(plan: DatasetPlan) -> Dataset:
    """List the images of a dataset.

    Raises:
        DatasetError: if there are none, or a split, a table or a column is missing; with the place that names them.
    """
    try:
        if plan.listing is not None:
            return open_listing(plan.root, plan.listing, plan.labels)
        return open_folder(
            plan.root,
            splits=plan.splits,
            labels=plan.labels,
            groups=plan.groups,
            include=plan.include,
            exclude=plan.exclude,
        )
    except DatasetError as error:
        if not plan.source:
            raise
        raise DatasetError(f"{plan.source}: {error}") from error


def _cache(plan: Plan, cache_dir: str | Path | None) -> Path:
    chosen = cache_dir or os.environ.get("FASTDUP_CHECKS_CACHE")
    return Path(chosen) if chosen else plan.path.parent / ".fastdup_cache"

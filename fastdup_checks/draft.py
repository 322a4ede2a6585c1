"""A folder of images -> the text of a first data.yml."""

from __future__ import annotations

import math
import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_checks.config import DatasetPlan, Plan
from fastdup_checks.document import Text, quote
from fastdup_checks.folder import expect_folder
from fastdup_checks.judgement import measurable
from fastdup_checks.layout import detect_layout
from fastdup_checks.pipeline import analyse
from fastdup_checks.records import valid_text
from fastdup_checks.verdict import format_value

if TYPE_CHECKING:
    from fastdup_checks.analysis import Analysis
    from fastdup_checks.checks.check import Check
    from fastdup_checks.progress import Progress

__all__ = ("draft_plan", "quoted")


def draft_plan(
    images: Path,
    out: Path,
    *,
    cache_dir: Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> str:
    """Scan a folder, and write down what it holds as expectations that pass today.

    Args:
        images: the folder.
        out: where the text will be saved: its paths are relative to that.
        cache_dir: as for `fastdup_checks.run`; by default beside `out`.
        threads: cores to use.
        progress: hears how far the scan has come.

    Raises:
        DatasetError: if there are no images.
    """
    expect_folder(images)
    layout = detect_layout(images)
    dataset = DatasetPlan(images, {n: (f,) for n, f in layout.splits.items()} or None, layout.labels)
    analysis = analyse(Plan(out, dataset, ()), cache_dir=cache_dir, threads=threads, progress=progress)
    try:
        root = Path(os.path.relpath(images.absolute(), out.absolute().parent)).as_posix()
    except ValueError:  # another drive of Windows
        root = images.absolute().as_posix()
    lines = [
        "# Expectations of an image dataset; `fastdup-checks check` and `pytest --fastdup-config` judge them.",
        "# A bound is today's value, or what is usual where the data is better: tighten it as the data gets better.",
        "version: 1",
        "dataset:",
        f"  root: {quoted(root)}",
    ]
    if layout.splits:
        lines.append("  splits: {" + ", ".join(f"{n}: {quoted(f)}" for n, f in layout.splits.items()) + "}")
    else:
        lines.append("  # splits: {train: FOLDER, test: FOLDER}    # then add: - leak: {at_most: 0}")
    if layout.labels:
        lines.append(f"  labels: {layout.labels}    # {len(analysis.scan.dataset.classes)} classes")
    else:
        lines.append("  # labels: parent_folder    # or {csv: labels.csv, path: filename, label: label}")
    lines.append("expectations:")
    for check in measurable(analysis):
        lines += _entry(check, analysis)
    return "\n".join(lines) + "\n"


def _entry(check: Check, analysis: Analysis) -> list[str]:
    measurement = check.measure(analysis, check.params())
    if math.isnan(measurement.value):
        return []
    value, default = measurement.value, check.bound.value
    down = check.bound.direction == "at_most"
    bound = _rounded(max(value, 0.0), up=True) if down else _rounded(value, up=False)
    met = check.bound.holds(value)
    today = format_value(value, check.unit)
    wish = "" if met else f"; {format_value(default, check.unit, with_unit=False)} is usual"
    # A bound looser than what is usual is never proposed where the data is better than that.
    shown = default if met else bound
    text = f"{100 * shown:.6g}%" if check.unit == "share" else f"{shown:g}"
    about = textwrap.wrap(check.summary, 120, initial_indent="  # ", subsequent_indent="  # ")
    return [*about, f"  - {check.name}: {{{check.bound.direction}: {text}}}    # today {today}{wish}"]


def _rounded(value: float, *, up: bool) -> float:
    """To three significant digits, away from the value's failing side."""
    if value == 0 or float(value).is_integer():
        return value
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    return round((math.ceil if up else math.floor)(value / step) * step, 12)


def quoted(text: str) -> str:
    """A YAML scalar for any text: plain where that is safe, else in quotes."""
    text = valid_text(text)
    plain = text.replace("/", "").replace("_", "").replace("-", "").replace(".", "").isalnum() and text[0] != "-"
    plain = plain and not text.replace(".", "").isdigit() and not Text(text, 0, plain=True).empty
    return text if plain and text.isascii() else quote(text)

"""What a whole run costs, stage by stage: processor time, elapsed time and memory.

    OPENBLAS_NUM_THREADS=1 python examples/benchmarks/stages.py FOLDER [--threads N] [--cache-dir DIR]

A stage is charged with what it is the first to ask for. Of processor time `user` is the program's and `sys` what the
operating system does for it; `peak MB` is the most memory so far. `OPENBLAS_NUM_THREADS=1` is what the command line
sets for itself: threads of that library wait by spinning. With a cache directory that was used before, the second run
is measured.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_checks.config import DatasetPlan, Plan
from fastdup_checks.encoders.plan import DEFAULT
from fastdup_checks.expectation import Expectation
from fastdup_checks.judgement import measurable
from fastdup_checks.layout import detect_layout
from fastdup_checks.pipeline import analyse, write_report
from fastdup_checks.report.tables import write_tables
from fastdup_checks.result import Result
from fastdup_checks.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.checks.check import Check
    from fastdup_checks.verdict import Verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--cache-dir", type=Path, help="by default a temporary one")
    options = parser.parse_args()
    layout = detect_layout(options.folder)
    dataset = DatasetPlan(options.folder, {n: (f,) for n, f in layout.splits.items()} or None, layout.labels)
    print("stage             user s    sys s   wall s  peak MB")
    started, began = time.time(), spent()
    with tempfile.TemporaryDirectory() as made:
        out = Path(made)
        plan = Plan(out / "data.yml", dataset, (), DEFAULT)
        analysis = charged("scan", lambda: analyse(plan, cache_dir=options.cache_dir, threads=options.threads))
        for name in ("neighbours", "copies", "outliers", "labels", "families"):
            charged(name, lambda name=name: getattr(analysis, name))
        verdicts = charged("other checks", lambda: [measured(check, analysis) for check in measurable(analysis)])
        charged("tables", lambda: write_tables(analysis, out))
        charged("gallery", lambda: write_report(Result(analysis, verdicts, out), started=started))
    show("all", began)


def measured(check: Check, analysis: Analysis) -> Verdict:
    params = check.params()
    return judge(Expectation(check.name, check.name, None, check.unit, params), check.measure(analysis, params))


def charged(stage: str, work: Callable[[], Any]) -> Any:
    before = spent()
    result = work()
    show(stage, before)
    return result


def spent() -> tuple[float, float, float]:
    """Seconds of the program, of the operating system, and elapsed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime, used.ru_stime, time.perf_counter()


def show(stage: str, before: tuple[float, float, float]) -> None:
    user, system, wall = (now - then for now, then in zip(spent(), before, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{stage:15} {user:8.2f} {system:8.2f} {wall:8.2f} {peak:8.0f}", flush=True)


if __name__ == "__main__":
    main()

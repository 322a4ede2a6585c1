"""Wrong labels: ranking and calibration against cleanlab's Datalab and plain k-NN, all by the same vectors.

    python examples/benchmarks/labels.py FOLDER [--noise 0.05 0.1] [--seeds 3] [--pairs]
    python examples/benchmarks/labels.py FOLDER --wrong FILE
    python examples/benchmarks/labels.py FOLDER --chances

FOLDER holds one folder of images for each class. A share of the labels is replaced by other classes, drawn alike, or
with --pairs always the same other class for each. Or FILE lists the images whose labels people have found wrong, one
path below FOLDER a line, and no label is replaced. Or with --chances the chances alone are compared with what is wrong.
Datalab is left out where cleanlab is not installed.

AP: average precision of the ranking; of equally doubtful images, of which plain k-NN has many, each counts as the last.
AUROC: the chance that a wrong label is more doubtful than a right one. P@n: precision at the number of wrong labels.
suspects: how many images are called wrong, as a share of all, and the share of those that are. sum: the sum of the
chances by the number of wrong labels.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import fastdup_checks
from fastdup_checks.colours import describe_colours
from fastdup_checks.index import find_neighbours
from fastdup_checks.labels import score_labels
from fastdup_checks.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis

    Judge = Callable[[NDArray[np.int64]], tuple[NDArray[np.float64], NDArray[np.bool_]]]

CHANCES = (0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1.01)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.05, 0.1])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pairs", action="store_true", help="confuse each class with one other")
    parser.add_argument("--wrong", type=Path, metavar="FILE", help="the wrong labels that there are")
    parser.add_argument("--chances", action="store_true", help="say how many labels are wrong at which chance")
    parser.add_argument("--cache-dir", type=Path, help="where measurements are kept between runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        analysis = fastdup_checks.run(options.folder, work_dir=work, cache_dir=options.cache_dir).analysis
        labels = analysis.label_numbers
        print(f"{options.folder.name}: {len(labels)} images, {labels.max() + 1} classes\n")
        if options.chances:
            calibrate(
                judges(analysis)["fastdup-checks"], [plant(labels, s, 0, pairs=False) for s in options.noise if s]
            )
            return
        print("| noise | method | AP | AUROC | P@n | suspects | right among them | sum |")
        print("|---|---|---|---|---|---|---|---|")
        if options.wrong:
            wrong = listed(analysis, options.wrong)
            cases = {f"{wrong.mean():.2%}": [(labels, wrong)]}
        else:
            seeds = range(options.seeds)
            cases = {f"{s:.0%}": [plant(labels, s, seed, pairs=options.pairs) for seed in seeds] for s in options.noise}
        for share, planted in cases.items():
            for name, judge in judges(analysis).items():
                rows = [measure(*judge(noisy), wrong) for noisy, wrong in planted]
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    said = [f"{value:.3f}" for value in np.nanmean(np.array(rows, float), 0)]
                print(f"| {share} | {name} | {' | '.join(said).replace('nan', '')} |", flush=True)


def calibrate(judge: Judge, planted: list[tuple[NDArray[np.int64], NDArray[np.bool_]]]) -> None:
    """Print how many labels are wrong among those of about the same chance."""
    chance = np.concatenate([judge(noisy)[0] for noisy, _ in planted])
    wrong = np.concatenate([wrong for _, wrong in planted])
    print("| chance | images | mean chance | wrong |")
    print("|---|---|---|---|")
    for low, high in pairwise(CHANCES):
        inside = (chance >= low) & (chance < high)
        if inside.any():
            means = f"{chance[inside].mean():.3f} | {wrong[inside].mean():.3f}"
            print(f"| {low} to {min(high, 1)} | {inside.sum()} | {means} |")


def listed(analysis: Analysis, file: Path) -> NDArray[np.bool_]:
    """Which images a file lists."""
    wanted = set(file.read_text().split("\n")) - {""}
    paths = [record.path for record in analysis.images]
    if strange := wanted.difference(paths):
        raise SystemExit(f"{file}: {min(strange)} is no image below the folder")
    return np.array([path in wanted for path in paths])


def judges(analysis: Analysis) -> dict[str, Judge]:
    """Name -> from labels to a score of each image and whether it is called wrong."""
    vectors, scan = analysis.scan.vectors, analysis.scan
    near = find_neighbours(vectors, 40)
    with Store(scan.settings.cache) as store:
        colours = describe_colours(scan.thumbnails(np.arange(len(vectors)), store))

    def ours(labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        chance = score_labels(vectors, labels, copies=analysis.cluster_of, looks=colours, neighbours=near).score
        return chance.astype(float), chance >= 0.5

    def plain(labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        against = (labels[near.ids[:, :20]] != labels[:, None]).mean(1)
        return against, against > 0.5

    def datalab(labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        from cleanlab import Datalab

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lab = Datalab({"label": labels.tolist()}, label_name="label", verbosity=0)
            lab.find_issues(features=vectors, issue_types={"label": {}})
        issues = lab.get_issues("label")
        return 1 - issues["label_score"].to_numpy(), issues["is_label_issue"].to_numpy()

    found: dict[str, Judge] = {"fastdup-checks": ours, "plain k-NN": plain}
    if find_spec("cleanlab"):
        found["Datalab"] = datalab
    return found


def plant(
    labels: NDArray[np.int64], share: float, seed: int, *, pairs: bool
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Labels of which a share is wrong, and which ones."""
    rng = np.random.default_rng(seed)
    classes = int(labels.max()) + 1
    rows = rng.permutation(len(labels))[: round(share * len(labels))]
    away = rng.integers(1, classes, classes)[labels[rows]] if pairs else rng.integers(1, classes, len(rows))
    noisy = labels.copy()
    noisy[rows] = (noisy[rows] + away) % classes
    return noisy, np.isin(np.arange(len(labels)), rows)


def measure(score: NDArray[np.float64], called: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> list[float]:
    n, hits = int(wrong.sum()), wrong[np.argsort(-score, kind="stable")]
    return [
        average_precision(score, wrong) if n else np.nan,
        area(score, wrong) if n else np.nan,
        float(hits[:n].mean()) if n else np.nan,
        float(called.mean()),
        float(wrong[called].mean()) if called.any() and n else np.nan,
        float(score.sum() / n) if n else np.nan,
    ]


def average_precision(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    _, level = np.unique(-score, return_inverse=True)
    hits, seen = np.cumsum(np.bincount(level, wrong)), np.cumsum(np.bincount(level))
    return float((hits / seen)[level[wrong]].mean())


def area(score: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    _, level = np.unique(score, return_inverse=True)
    right = np.bincount(level, ~wrong)
    below = np.cumsum(right) - right / 2
    return float(below[level[wrong]].mean() / right.sum())


if __name__ == "__main__":
    main()

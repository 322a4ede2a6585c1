"""Outliers: are a few alien pictures found, and nothing where there are none, against cleanlab's Datalab.

    python examples/benchmarks/outliers.py FOLDER ALIEN [--count 5] [--seeds 5]

FOLDER holds the dataset and ALIEN pictures of something else, both at any depth. Each seed puts a few of these among
the dataset, by their vectors alone and by all that is measured. Datalab is left out where cleanlab is not installed.

found: aliens that are called outliers. others: how many other images are, with and without aliens in the dataset.
AP: average precision of the ranking.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import fastdup_checks
from fastdup_checks.encoders.background import background_of
from fastdup_checks.encoders.plan import DEFAULT
from fastdup_checks.index import find_neighbours
from fastdup_checks.outliers import AROUND, score_looks, score_outliers

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Judge = Callable[[NDArray[np.float32], NDArray[np.void]], tuple[NDArray[np.float64], NDArray[np.bool_]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("alien", type=Path)
    parser.add_argument("--count", type=int, default=5, help="aliens among the dataset (default: 5)")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cache-dir", type=Path, help="where measurements are kept between runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        own, alien = (
            (a.scan.vectors[alone], a.scan.statistics[alone])
            for a in (
                fastdup_checks.run(folder, work_dir=Path(work) / folder.name, cache_dir=options.cache_dir).analysis
                for folder in (options.folder, options.alien)
            )
            for alone in [np.unique(a.cluster_of)]
        )
    n = len(own[0])
    print(f"{n} images of {options.folder.name}, {options.count} of {options.alien.name} among them\n")
    print("| method | found | others | others without aliens | AP |")
    print("|---|---|---|---|---|")
    for name, judge in judges().items():
        clean = judge(*own)[1].sum()
        rows = []
        for seed in range(options.seeds):
            chosen = np.random.default_rng(seed).permutation(len(alien[0]))[: options.count]
            score, called = judge(*(np.concatenate([part, new[chosen]]) for part, new in zip(own, alien, strict=True)))
            hits = (np.arange(len(score)) >= n)[np.argsort(-score, kind="stable")]
            precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
            rows.append((called[n:].sum(), called[:n].sum(), precision[hits].mean()))
        found, others, ap = np.mean(rows, 0)
        print(f"| {name} | {found:.1f} of {options.count} | {others:.1f} | {clean} | {ap:.3f} |", flush=True)


def judges() -> dict[str, Judge]:
    """Name -> from vectors and statistics to a score of each image and whether it is called an outlier."""

    def by_vectors(vectors: NDArray[np.float32], _: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        background = background_of(DEFAULT, vectors.shape[1])
        score = score_outliers(vectors, find_neighbours(vectors, AROUND), background=background).score
        return score.astype(float), score >= 0.5

    def ours(
        vectors: NDArray[np.float32], statistics: NDArray[np.void]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        score = np.maximum(by_vectors(vectors, statistics)[0], score_looks(statistics))
        return score, score >= 0.5

    def datalab(vectors: NDArray[np.float32], _: NDArray[np.void]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        from cleanlab import Datalab

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lab = Datalab({"row": list(range(len(vectors)))}, verbosity=0)
            lab.find_issues(features=vectors, issue_types={"outlier": {}})
        issues = lab.get_issues("outlier")
        return 1 - issues["outlier_score"].to_numpy(), issues["is_outlier_issue"].to_numpy()

    found: dict[str, Judge] = {"fastdup-checks": ours, "fastdup-checks, vectors alone": by_vectors}
    if find_spec("cleanlab"):
        found["Datalab"] = datalab
    return found


if __name__ == "__main__":
    main()

"""A sample: how well it stands for the dataset, against random ones.

    python examples/benchmarks/sample.py FOLDER [-n 100]

FOLDER holds one folder of images for each class. coverage: mean similarity of an image to the nearest picked one, by
whitened vectors. 1-NN: share of the other images that carry the label of the most similar picked one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import fastdup_checks
from fastdup_checks.sample import coverage, sample

if TYPE_CHECKING:
    from numpy.typing import NDArray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("-n", type=int, default=100, dest="count", help="images to pick (default: 100)")
    parser.add_argument("--seeds", type=int, default=10, help="random samples (default: 10)")
    parser.add_argument("--cache-dir", type=Path, help="where measurements are kept between runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        analysis = fastdup_checks.run(options.folder, work_dir=work, cache_dir=options.cache_dir).analysis
        alone = np.unique(analysis.cluster_of)
        vectors, labels = analysis.scan.vectors[alone], analysis.label_numbers[alone]
    print(f"{options.folder.name}: {options.count} of {len(alone)} images\n")
    print("| sample | coverage | 1-NN |")
    print("|---|---|---|")
    chance = [np.random.default_rng(seed).permutation(len(alone))[: options.count] for seed in range(options.seeds)]
    for name, picks in (("picked", [sample(vectors, options.count, labels=labels)]), ("random", chance)):
        told = np.mean([(coverage(vectors, np.sort(p)), accuracy(vectors, labels, np.sort(p))) for p in picks], 0)
        print(f"| {name} | {told[0]:.3f} | {told[1]:.3f} |")


def accuracy(vectors: NDArray[np.float32], labels: NDArray[np.int64], picked: NDArray[np.int64]) -> float:
    rest = np.setdiff1d(np.arange(len(vectors)), picked)
    nearest = picked[(vectors[rest] @ vectors[picked].T).argmax(1)]
    return float((labels[nearest] == labels[rest]).mean())


if __name__ == "__main__":
    main()

"""What the exact search of neighbours costs as a dataset grows: processor time, elapsed time and memory.

    python examples/benchmarks/neighbours.py [--sizes 10000 30000 100000] [--dimensions 256] [-k 20] [--threads N]

Vectors are drawn around centres, a tenth as many as there are vectors, as pictures of like things lie. Each size runs
in a process of its own, so that the memory is its own. The search compares all with all: ten times the vectors take a
hundred times as long, which the last column shows for one billion comparisons.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np

from fastdup_checks.index import find_neighbours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("-k", type=int, default=20)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    print("  vectors    cpu s   wall s  peak MB  found  cpu s for 1e9 comparisons")
    for size in options.sizes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            cpu, wall, memory, found = pool.apply(measure, (size, options.dimensions, options.k, options.threads))
        print(f"{size:9} {cpu:8.2f} {wall:8.2f} {memory:8.0f} {found:6.3f} {cpu / size / size * 1e9:8.3f}", flush=True)


def measure(size: int, dimensions: int, k: int, threads: int | None) -> tuple[float, float, float, float]:
    """Seconds of processor and elapsed time, peak memory in MB, and the share of the planted copies that are found."""
    vectors = draw(size, dimensions)
    before = time.process_time(), time.perf_counter()
    found = find_neighbours(vectors, k, threads=threads)
    cpu, wall = time.process_time() - before[0], time.perf_counter() - before[1]
    copies = np.arange(0, size - 1, 100)
    share = (found.ids[copies] == copies[:, None] + 1).any(axis=1).mean()
    return cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, float(share)


def draw(size: int, dimensions: int) -> np.ndarray:
    """Vectors of length 1 around centres; every hundredth is followed by a copy of it with a little noise."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((max(1, size // 10), dimensions), np.float32)
    vectors = centres[random.integers(0, len(centres), size)]
    vectors += random.standard_normal(vectors.shape, np.float32)
    copies = np.arange(0, size - 1, 100)
    vectors[copies + 1] = vectors[copies] + np.float32(0.3) * vectors[copies + 1]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


if __name__ == "__main__":
    main()

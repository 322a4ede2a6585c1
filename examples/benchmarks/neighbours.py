"""What the search of neighbours costs as a dataset grows: processor time, elapsed time, memory and recall.

    python examples/benchmarks/neighbours.py [--sizes 10000 100000 1000000] [--exact-up-to N] [--add N] [--threads N]
        [--vectors FILE]

Vectors stand for pictures of things of several kinds: a kind is a random direction, a thing is its kind with noise of
nine tenths of its length, and a picture is its thing with as much noise as a half to one and a half of its length, 40
pictures a thing and 50 things a kind on average. Noise spreads over 64 directions, over the later ones ever less (a
third of the first over the last), as the vectors of an encoder do, and a tenth of it over all 256. So some have near
neighbours and others none; vectors that are drawn evenly would say nothing of a search by clusters. Every hundredth is
followed by a copy of itself with a third as much noise.

With `--vectors`, the first of a file of vectors are taken in place of these. Each size runs in a process of its own, so
that the memory is its own; the vectors themselves are part of it. With `--add`, so many vectors are added when those
before them are known. Recall is what the search says of itself; `copies` is the share of every hundredth vector that
found the next one, and `of 40` the share of all neighbours, for two hundred vectors compared with all.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

K = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--exact-up-to", type=int, help="compare all with all up to this many; 0: always by clusters")
    parser.add_argument("--add", type=int, default=0, help="add so many vectors, and search again")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--vectors", type=Path, help="a .npy file (n, d) of vectors of length 1")
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does
    print("  vectors  search       cpu s   wall s  peak MB  recall  copies   of 40", flush=True)
    for size in options.sizes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            source = options.vectors or options.dimensions
            pool.apply(measure, (size, source, options.exact_up_to, options.add, options.threads))


def measure(size: int, source: Path | int, exact_up_to: int | None, add: int, threads: int) -> None:
    """Search, and print a line for each search."""
    from fastdup_checks.index import Scale, find_again

    scale = Scale() if exact_up_to is None else Scale(exact_up_to=exact_up_to)
    wanted = size + add
    vectors = draw(wanted, source) if isinstance(source, int) else np.array(np.load(source, mmap_mode="r")[:wanted])
    with tempfile.TemporaryDirectory() as folder:
        for count in dict.fromkeys((size, size + add)):
            before = time.process_time(), time.perf_counter()
            found = find_again(vectors[:count], K, Path(folder) / "known.npz", threads=threads, scale=scale)
            cpu, wall = time.process_time() - before[0], time.perf_counter() - before[1]
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            copies = np.arange(0, count - 1, 100)
            planted = (found.ids[copies] == copies[:, None] + 1).any(axis=1).mean()
            way = f"{add} more" if count > size else "all" if count <= scale.exact_up_to else "clusters"
            share = check(vectors[:count], found.ids)
            numbers = f"{cpu:8.1f} {wall:8.1f} {memory:8.0f} {found.recall:7.4f} {planted:7.4f} {share:7.4f}"
            print(f"{count:9}  {way:8} {numbers}", flush=True)


def check(vectors: np.ndarray, ids: np.ndarray) -> float:
    """The share of the nearest neighbours of some that were found."""
    some = np.arange(0, len(vectors), max(len(vectors) // 200, 1))
    share = []
    for row in some.tolist():
        similarity = vectors @ vectors[row]
        similarity[row] = -2
        nearest = np.argpartition(-similarity, ids.shape[1])[: ids.shape[1]]
        share.append(np.isin(nearest, ids[row]).mean())
    return float(np.mean(share))


def draw(size: int, dimensions: int) -> np.ndarray:
    """Vectors of length 1, as the description says."""
    random = np.random.default_rng(0)
    spread = (1 / np.sqrt(1 + np.arange(64) / 8)).astype(np.float32)

    def noise(count: int) -> np.ndarray:
        return random.standard_normal((count, 64), np.float32) * spread

    kinds = noise(max(1, size // 2000))
    things = noise(max(1, size // 40)) * np.float32(0.9)
    things += kinds[random.integers(0, len(kinds), len(things))]
    turn = random.standard_normal((64, dimensions), np.float32) / np.sqrt(np.float32(dimensions))
    vectors = np.empty((size, dimensions), np.float32)
    for start in range(0, size, 10_000):
        count = min(10_000, size - start)
        own = noise(count) * random.uniform(0.5, 1.5, (count, 1)).astype(np.float32)
        pictures = things[random.integers(0, len(things), count)] + own
        copies = np.arange(1, count, 100)
        pictures[copies] = pictures[copies - 1] + own[copies] / 3
        part = pictures @ turn
        part += random.standard_normal(part.shape, np.float32) * np.float32(0.1 / np.sqrt(dimensions))
        vectors[start : start + count] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return vectors


if __name__ == "__main__":
    main()

"""What an encoder costs: milliseconds an image by batch, threads and graph optimisation, and whether batches change it.

    python examples/benchmarks/encoder.py [--model MODEL] [--images DIR] [--count N]

Three tables come out: the network alone, in calls of several pictures that use so many threads; the network alone,
in batches of 8, with so many callers of one thread each, as the scan runs it; and a picture from file to vector,
step by step. `cpu` is processor time and `wall` is elapsed time for an image, each the median of five rounds. Pictures
are made from noise where no folder is named.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from PIL import Image

from fastdup_checks.decode import Unreadable, decode
from fastdup_checks.encoders.entry import model_named
from fastdup_checks.encoders.network import OnnxEncoder
from fastdup_checks.limits import Limits
from fastdup_checks.tree import find_files

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
LEVELS = ("ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_EXTENDED", "ORT_ENABLE_ALL")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="default", help="as for fastdup-checks run; by default the bundled one")
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--count", type=int, default=64, help="pictures in a round (default: 64)")
    options = parser.parse_args()
    encoder = OnnxEncoder(model_named(options.model))
    files = load(options.images, options.count)
    pictures = [decode(data, Limits(), side=max(160, encoder.side)).rgb for data in files]
    inputs = np.stack([encoder.prepare(picture) for picture in pictures])
    print(f"{encoder.file.name}: {len(inputs)} pictures, input {inputs.shape[1:]} {inputs.dtype}\n")

    print("network, in batches              cpu ms  wall ms  largest change of a component")
    alone = vectors(session(encoder.file), encoder.output, inputs, 1)
    for level in LEVELS:
        show(level, session(encoder.file, level=level), encoder.output, inputs, 1, 1, alone)
    for threads in (1, 2):
        for batch in (1, 8, 16):
            show("ORT_ENABLE_ALL", session(encoder.file, threads), encoder.output, inputs, batch, threads, alone)

    print("\nnetwork, several callers         cpu ms  wall ms")
    batches = [inputs[at : at + 8] for at in range(0, len(inputs), 8)]
    one = session(encoder.file)
    for callers in (1, 2):
        with ThreadPoolExecutor(callers) as pool:
            cpu, wall = clock(lambda pool=pool: list(pool.map(lambda x: run(one, encoder.output, x), batches)))
        print(f"  callers: {callers:<21} {cpu / len(inputs):8.2f} {wall / len(inputs):8.2f}")

    print("\none picture, step by step        cpu ms")
    steps: dict[str, Callable[[], object]] = {
        "decode": lambda: [decode(data, Limits(), side=max(160, encoder.side)) for data in files],
        "resize": lambda: [encoder.prepare(picture) for picture in pictures],
        "network and pooling": lambda: encoder.embed(list(inputs)),
    }
    spent = {name: clock(step)[0] / len(files) for name, step in steps.items()}
    for name, cpu in {**spent, "together": sum(spent.values())}.items():
        print(f"  {name:27} {cpu:8.2f}")


def load(folder: Path | None, count: int) -> list[bytes]:
    """The bytes of readable pictures, repeated until there are so many."""
    found: list[bytes] = []
    for path in find_files(folder) if folder else ():
        data = (folder / path).read_bytes()
        try:
            decode(data, Limits())
        except Unreadable:
            continue
        found.append(data)
        if len(found) == count:
            break
    random = np.random.default_rng(0)
    while not found or (not folder and len(found) < count):
        out = io.BytesIO()
        noise = random.integers(0, 255, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((500, 375), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
        found.append(out.getvalue())
    return (found * count)[:count]


def session(file: Path, threads: int = 1, level: str = "ORT_ENABLE_ALL") -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def run(network: onnxruntime.InferenceSession, output: str, batch: np.ndarray) -> np.ndarray:
    return network.run([output], {network.get_inputs()[0].name: batch})[0]


def vectors(network: onnxruntime.InferenceSession, output: str, inputs: np.ndarray, batch: int) -> np.ndarray:
    rows = np.concatenate([run(network, output, inputs[at : at + batch]) for at in range(0, len(inputs), batch)])
    rows = rows.reshape(len(rows), -1)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def show(
    level: str,
    network: onnxruntime.InferenceSession,
    output: str,
    inputs: np.ndarray,
    batch: int,
    threads: int,
    alone: np.ndarray,
) -> None:
    try:
        change = np.abs(vectors(network, output, inputs, batch) - alone).max()
        cpu, wall = clock(lambda: vectors(network, output, inputs, batch))
    except Exception as error:  # noqa: BLE001 - a graph may be made for one picture at a time
        print(f"  batch {batch:2}: not possible ({str(error)[:60]})")
        return
    where = f"batch {batch:2}, threads {threads}, {level[4:].lower().replace('enable_', '')}"
    print(f"  {where:29} {cpu / len(inputs):8.2f} {wall / len(inputs):8.2f}  {change:.1e}")


def clock(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of processor time and of elapsed time: the medians of some rounds, after one that does not count."""
    work()
    rounds = []
    for _ in range(ROUNDS):
        before = time.process_time(), time.perf_counter()
        work()
        rounds.append((time.process_time() - before[0], time.perf_counter() - before[1]))
    cpu, wall = zip(*rounds, strict=True)
    return 1000 * statistics.median(cpu), 1000 * statistics.median(wall)


if __name__ == "__main__":
    main()

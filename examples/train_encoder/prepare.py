"""Pack folders of images into arrays that training reads without decoding.

``prepare.py OUT FOLDER [--size 72]`` writes ``OUT/images.npy`` (uint8, n x size x size x 3, RGB, the whole picture
squashed), ``OUT/labels.npy`` (int64, n; -1 without classes) and ``OUT/classes.json``.
"""

from __future__ import annotations

import argparse
import json
import os
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fastdup_checks.decode import Unreadable, decode, squash
from fastdup_checks.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}


def load_square(path: Path, size: int) -> npt.NDArray[np.uint8] | None:
    """The picture as a scan would hand it to an encoder of side ``size``, or None where it cannot be read."""
    try:
        return squash(decode(path.read_bytes(), Limits()).rgb, size)
    except Unreadable:
        return None


def _load(job: tuple[Path, int]) -> npt.NDArray[np.uint8] | None:
    return load_square(*job)


def class_of(path: Path, root: Path, drop: Sequence[str]) -> str:
    """Name of the folders between ``root`` and the file, without split names, in lower case: ``b/bakery/shop``."""
    parts = [p.lower() for p in path.relative_to(root).parts[:-1] if p.lower() not in drop]
    return "/".join(parts)


def pack(out: Path, root: Path, size: int, drop: Sequence[str], labelled: bool, workers: int) -> None:
    """Pack every readable image under ``root``; the classes are the folder names."""
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES)
    with Pool(workers) as pool:
        loaded = pool.map(_load, [(p, size) for p in files], chunksize=64)
    kept = [(p, x) for p, x in zip(files, loaded, strict=True) if x is not None]
    names = [class_of(p, root, drop) for p, _ in kept]
    classes = sorted(set(names)) if labelled else []
    labels = [classes.index(n) if labelled else -1 for n in names]
    np.save(out / "images.npy", np.stack([x for _, x in kept]))
    np.save(out / "labels.npy", np.array(labels, np.int64))
    (out / "classes.json").write_text(json.dumps(classes, indent=0), encoding="utf-8")
    print(f"{out.name}: {len(kept)} images of {len(files)} files, {len(classes)} classes")


def main() -> None:
    """Parse the command line and pack one folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=72)
    parser.add_argument("--drop", nargs="*", default=["train", "val", "test", "images", "training", "validation"])
    parser.add_argument("--unlabelled", action="store_true")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    a = parser.parse_args()
    pack(a.out, a.folder, a.size, a.drop, not a.unlabelled, a.workers)


if __name__ == "__main__":
    main()

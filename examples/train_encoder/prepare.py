"""Pack folders of images into arrays that training reads without decoding.

``prepare.py OUT FOLDER [--size 72]`` writes ``OUT/images.npy`` (uint8, n x size x size x 3, RGB, the whole picture
squashed), ``OUT/labels.npy`` (int64, n; -1 without classes) and ``OUT/classes.json``. Classes are the names of the
folders, or a column of a table (``--table FILE.csv FILE_COLUMN CLASS_COLUMN``). ``--cut-out`` writes ``OUT/cover.npy``
(bool, n x size x size), False on white ground, beside them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections import Counter
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from cutout import cover

from fastdup_checks.decode import Unreadable, decode, squash
from fastdup_checks.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}


def load_square(path: Path, size: int) -> npt.NDArray[np.uint8] | None:
    """The picture as a scan would hand it to an encoder of side ``size``, or None where it cannot be read."""
    try:
        return squash(decode(path.read_bytes(), Limits()).rgb, size)
    except Unreadable:
        return None


def _load(job: tuple[Path, int]) -> npt.NDArray[np.uint8] | None:
    return load_square(*job)


def by_folder(root: Path, drop: Sequence[str]) -> Callable[[Path], str]:
    """Names a file by the folders between ``root`` and it, without split names, in lower case: ``b/bakery/shop``."""

    def name(path: Path) -> str:
        return "/".join(p.lower() for p in path.relative_to(root).parts[:-1] if p.lower() not in drop)

    return name


def by_table(table: Path, file_column: str, class_column: str, least: int) -> Callable[[Path], str]:
    """Names a file by the row of a CSV that has its name, with or without suffix; rare classes and others are "" ."""
    with table.open(encoding="utf-8", errors="replace", newline="") as file:
        classes = {row[file_column]: row[class_column].strip() for row in csv.DictReader(file)}
    count = Counter(classes.values())

    def name(path: Path) -> str:
        found = classes.get(path.name, classes.get(path.stem, ""))
        return found if count[found] >= least else ""

    return name


def pack(
    out: Path, root: Path, size: int, class_of: Callable[[Path], str] | None, workers: int, *, cut_out: bool = False
) -> None:
    """Pack every readable image under ``root``; those that ``class_of`` calls "" have no class."""
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES)
    with Pool(workers) as pool:
        loaded = pool.map(_load, [(p, size) for p in files], chunksize=64)
    kept = [(p, x) for p, x in zip(files, loaded, strict=True) if x is not None]
    if not kept:
        raise SystemExit(f"{root}: none of {len(files)} files is a readable image; are they pointers of Git LFS?")
    names = [class_of(p) if class_of else "" for p, _ in kept]
    classes = sorted(set(names) - {""})
    images = np.stack([x for _, x in kept])
    np.save(out / "images.npy", images)
    if cut_out:
        np.save(out / "cover.npy", cover(images))
    np.save(out / "labels.npy", np.array([classes.index(n) if n else -1 for n in names], np.int64))
    (out / "classes.json").write_text(json.dumps(classes, indent=0), encoding="utf-8")
    print(f"{out.name}: {len(kept)} images of {len(files)} files, {len(classes)} classes")


def main() -> None:
    """Parse the command line and pack one folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=72)
    parser.add_argument("--drop", nargs="*", default=["train", "val", "test", "images", "training", "validation"])
    parser.add_argument("--table", nargs=3, metavar=("CSV", "FILE_COLUMN", "CLASS_COLUMN"))
    parser.add_argument("--least", type=int, default=20, help="rows that a class of the table must have")
    parser.add_argument("--unlabelled", action="store_true")
    parser.add_argument("--cut-out", action="store_true", help="let training put what is on white onto other pictures")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    a = parser.parse_args()
    class_of = by_table(Path(a.table[0]), *a.table[1:], a.least) if a.table else by_folder(a.folder, a.drop)
    pack(a.out, a.folder, a.size, None if a.unlabelled else class_of, a.workers, cut_out=a.cut_out)


if __name__ == "__main__":
    main()

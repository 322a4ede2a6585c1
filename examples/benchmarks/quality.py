"""Bad pictures: how many of each kind are found, and how many ordinary ones are flagged, against CleanVision.

    python examples/benchmarks/quality.py FOLDER [--count 200]

FOLDER holds ordinary photographs, at any depth. Some of them are spoilt on purpose, and each tool says of every file
whether it is a bad picture of any kind. CleanVision is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from fastdup_checks.quality import RULES, find_flaws
from fastdup_checks.statistics import measure_statistics
from fastdup_checks.tree import find_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def veil(picture: Image.Image, share: float) -> Image.Image:
    return Image.blend(picture, Image.new("RGB", picture.size, "white"), share)


SPOILT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "blurred by 2 % of the short side": lambda p: p.filter(ImageFilter.GaussianBlur(0.02 * min(p.size))),
    "blurred by 4 %": lambda p: p.filter(ImageFilter.GaussianBlur(0.04 * min(p.size))),
    "brightness x 0.15": lambda p: ImageEnhance.Brightness(p).enhance(0.15),
    "brightness x 0.05": lambda p: ImageEnhance.Brightness(p).enhance(0.05),
    "white veil of 85 %": lambda p: veil(p, 0.85),
    "white veil of 93 %": lambda p: veil(p, 0.93),
    "one plain colour": lambda p: Image.new("RGB", p.size, p.resize((1, 1)).getpixel((0, 0))),
}
ORDINARY = "ordinary"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200, help="ordinary photographs (default: 200)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        kinds = write(options.folder, options.count, Path(work))
        found = {"fastdup-checks": count(kinds, ours(kinds))}
        if find_spec("cleanvision"):
            found["CleanVision"] = count(kinds, cleanvision(Path(work)))
    total = Counter(kinds.values())
    print("| pictures | " + " | ".join(["of", *found]) + " |")
    print("|---" * (len(found) + 2) + "|")
    for kind in (*SPOILT, ORDINARY):
        print(f"| {kind} | {total[kind]} | " + " | ".join(str(flagged[kind]) for flagged in found.values()) + " |")


def write(folder: Path, most: int, work: Path) -> dict[Path, str]:
    """Put ordinary photographs, and a third of them in every spoilt version, into a folder: path -> kind."""
    files = [name for name in find_files(folder) if name.lower().endswith((".jpg", ".jpeg", ".png"))]
    chosen = random.Random(0).sample(files, min(most, len(files)))
    kinds = {}
    for number, name in enumerate(chosen):
        with Image.open(folder / name) as opened:
            picture = opened.convert("RGB")
        versions = {ORDINARY: picture}
        if number % 3 == 0:
            versions |= {kind: spoil(picture) for kind, spoil in SPOILT.items()}
        for place, (kind, version) in enumerate(versions.items()):
            path = work / f"{number}_{place}.jpg"
            version.save(path, quality=92)
            kinds[path] = kind
    return kinds


def ours(kinds: dict[Path, str]) -> set[Path]:
    records = []
    for path in kinds:
        with Image.open(path) as picture:
            records.append(measure_statistics(picture.convert("RGB"), *picture.size))
    flags = [flags.mask for name, flags in find_flaws(np.array(records)).items() if RULES[name].flaw]
    return {path for path, bad in zip(kinds, np.any(flags, axis=0), strict=True) if bad}


def cleanvision(work: Path) -> set[Path]:
    from cleanvision import Imagelab

    asked = ("dark", "light", "blurry", "low_information", "odd_aspect_ratio", "odd_size")
    lab = Imagelab(data_path=str(work))
    lab.find_issues({name: {} for name in asked}, n_jobs=1, verbose=False)
    bad = lab.issues[[f"is_{name}_issue" for name in asked]].any(axis=1)
    return {Path(path) for path in bad.index[bad]}


def count(kinds: dict[Path, str], flagged: Iterable[Path]) -> Counter[str]:
    return Counter(kinds[path] for path in flagged)


if __name__ == "__main__":
    main()

"""Measure an exported encoder on folders it was not trained on.

``evaluate.py labels MODEL.onnx FOLDER`` with FOLDER/train/<class> and FOLDER/test/<class>: accuracy of the vote of the
10 nearest training pictures, and how well disagreeing neighbours find 5 % of labels flipped at random (average
precision).
``evaluate.py copies MODEL.onnx FOLDER``: edits of 200 pictures searched among originals and up to 2,000 other pictures:
recall at 1, micro average precision, recall at 99 % precision, and recall at 1 of each edit.
``evaluate.py cost MODEL.onnx``: milliseconds an image on one core, and whether a vector depends on its batch.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from prepare import SUFFIXES

from fastdup_checks.decode import Unreadable, decode, squash
from fastdup_checks.limits import Limits
from fastdup_checks.whitening import whiten

Array = npt.NDArray[np.float32]
Edit = Callable[[Image.Image, np.random.Generator], Image.Image]


def session(model: Path) -> ort.InferenceSession:
    """A session of one thread, as at scan time."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def embed(encoder: ort.InferenceSession, pictures: Iterable[Image.Image]) -> Array:
    """Unit vectors of ``pictures``."""
    side = encoder.get_inputs()[0].shape[1]
    rows = [encoder.run(None, {"image": squash(p, side)[None]})[0] for p in pictures]
    vectors = np.concatenate(rows)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _open(files: Iterable[Path]) -> Iterable[Image.Image]:
    return (decode(path.read_bytes(), Limits()).rgb for path in files)


def _pictures(root: Path) -> list[Path]:
    return sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES)


def average_precision(
    score: npt.NDArray[np.float64], hit: npt.NDArray[np.bool_], positives: int
) -> tuple[float, float]:
    """Area under precision and recall, and the recall where precision is still 0.99."""
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(hit[order])
    precision = found / np.arange(1, len(found) + 1)
    good = np.flatnonzero(precision >= 0.99)
    return float((precision * hit[order]).sum() / positives), float(found[good[-1]] / positives) if len(good) else 0.0


def nearest(queries: Array, base: Array, k: int) -> tuple[npt.NDArray[np.intp], Array]:
    """Rows of ``base`` by falling cosine, and the cosines: n x k each."""
    similarity = queries @ base.T
    rows = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(similarity, rows, 1)


def score_labels(x: Array, label: npt.NDArray[np.str_], train: npt.NDArray[np.bool_]) -> str:
    """k-NN accuracy and label-noise average precision."""
    rows, _ = nearest(x[~train], x[train], 10)
    votes = [np.unique(r, return_counts=True) for r in label[train][rows]]
    accuracy = np.mean([names[counts.argmax()] for names, counts in votes] == label[~train])
    rng = np.random.default_rng(0)
    noisy, classes = label[train].copy(), np.unique(label)
    flipped = rng.choice(len(noisy), int(0.05 * len(noisy)), replace=False)
    for i in flipped:
        noisy[i] = rng.choice(classes[classes != noisy[i]])
    rows, _ = nearest(x[train], x[train], 21)
    others = [r[r != i][:20] for i, r in enumerate(rows)]
    suspicion = np.array([np.mean(noisy[r] != noisy[i]) for i, r in enumerate(others)])
    ap, _ = average_precision(suspicion, np.isin(np.arange(len(noisy)), flipped), len(flipped))
    return f"k-NN 10 accuracy {accuracy:.4f}  label noise AP {ap:.4f}"


def _jpeg(im: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    im.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _crop(im: Image.Image, area: float, rng: np.random.Generator) -> Image.Image:
    w, h = (int(v * area**0.5) for v in im.size)
    x, y = int(rng.integers(im.width - w + 1)), int(rng.integers(im.height - h + 1))
    return im.crop((x, y, x + w, y + h))


def _caption(im: Image.Image, rng: np.random.Generator) -> Image.Image:
    im = im.copy()
    draw = ImageDraw.Draw(im)
    top = int(rng.integers(int(im.height * 0.8)))
    draw.rectangle((0, top, im.width, top + im.height // 8), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    draw.text((im.width // 20, top), "the quick brown fox", fill="white", font_size=max(8, im.height // 10))
    return im


def _hue(im: Image.Image, _: np.random.Generator) -> Image.Image:
    h, s, v = im.convert("HSV").split()
    turned = h.point(lambda p: (p + 25) % 256)
    return Image.merge("HSV", (turned, s, v)).convert("RGB")


def _half(im: Image.Image, factor: int) -> Image.Image:
    return im.resize((max(1, im.width // factor), max(1, im.height // factor)))


EDITS: dict[str, Edit] = {
    "jpeg20": lambda im, _: _jpeg(im, 20),
    "half": lambda im, _: _half(im, 2),
    "quarter": lambda im, _: _half(im, 4),
    "crop80": lambda im, rng: _crop(im, 0.8, rng),
    "crop60": lambda im, rng: _crop(im, 0.6, rng),
    "crop40": lambda im, rng: _crop(im, 0.4, rng),
    "mirror": lambda im, _: ImageOps.mirror(im),
    "upside_down": lambda im, _: ImageOps.flip(im),
    "turn8": lambda im, _: im.rotate(8, resample=Image.Resampling.BICUBIC),
    "turn90": lambda im, _: im.rotate(90, expand=True),
    "grey": lambda im, _: im.convert("L").convert("RGB"),
    "hue": _hue,
    "bright": lambda im, _: ImageEnhance.Brightness(im).enhance(1.5),
    "dark": lambda im, _: ImageEnhance.Brightness(im).enhance(0.55),
    "contrast": lambda im, _: ImageEnhance.Contrast(im).enhance(1.6),
    "blur": lambda im, _: im.filter(ImageFilter.GaussianBlur(2.5)),
    "border": lambda im, rng: ImageOps.expand(im, int(min(im.size) * 0.1), str(rng.choice(["black", "white", "red"]))),
    "caption": _caption,
    "stretch": lambda im, _: im.resize((int(im.width * 1.3), im.height)),
}


def _distinct(files: list[Path], rng: np.random.Generator, wanted: int) -> list[Path]:
    """Readable files in random order, without those that show the pixels of an earlier one: a copy is no distractor."""
    kept: list[Path] = []
    seen: set[bytes] = set()
    for i in rng.permutation(len(files)):
        if len(kept) == wanted:
            break
        with contextlib.suppress(Unreadable):
            thumbnail = squash(decode(files[i].read_bytes(), Limits()).rgb, 8) // 16
            if thumbnail.tobytes() not in seen:
                seen.add(thumbnail.tobytes())
                kept.append(files[i])
    return kept


def score_copies(encoder: ort.InferenceSession, files: list[Path], originals: int, distractors: int) -> str:
    """Search every edit of ``originals`` pictures among them and ``distractors`` others."""
    rng = np.random.default_rng(0)
    chosen = _distinct(files, rng, originals + distractors)
    base = embed(encoder, _open(chosen))
    names = list(EDITS)
    queries = embed(encoder, (EDITS[e](p, rng) for p in _open(chosen[:originals]) for e in names))
    truth = np.repeat(np.arange(originals), len(names))
    rows, cosines = nearest(queries, base, 10)
    hit = rows == truth[:, None]
    ap, sure = average_precision(cosines.ravel().astype(np.float64), hit.ravel(), len(queries))
    first = hit[:, 0].reshape(originals, -1).mean(0)
    each = "  ".join(f"{e} {v:.2f}" for e, v in sorted(zip(names, first, strict=True)))
    return f"R@1 {hit[:, 0].mean():.4f}  uAP {ap:.4f}  R@P99 {sure:.4f}  (base {len(base)})\n{each}"


def score_cost(encoder: ort.InferenceSession) -> str:
    """Milliseconds of processor time an image, and the largest difference between batch sizes."""
    side = encoder.get_inputs()[0].shape[1]
    x = np.random.default_rng(0).integers(0, 256, (16, side, side, 3), np.uint8)
    alone = np.concatenate([encoder.run(None, {"image": p[None]})[0] for p in x])
    difference = max(
        float(
            np.abs(
                np.concatenate([encoder.run(None, {"image": x[at : at + n]})[0] for at in range(0, 16, n)]) - alone
            ).max()
        )
        for n in (2, 3, 5, 8, 16)
    )
    taken = {}
    for n in (1, 8):
        start = time.process_time()
        for _ in range(200 // n):
            encoder.run(None, {"image": x[:n]})
        taken[n] = (time.process_time() - start) / (200 // n * n) * 1e3
    return f"{taken[1]:.2f} ms alone, {taken[8]:.2f} ms in a batch of 8; difference between batch sizes {difference:g}"


def main() -> None:
    """Parse the command line and print one measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["labels", "copies", "cost"])
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--originals", type=int, default=200)
    parser.add_argument("--distractors", type=int, default=2000)
    a = parser.parse_args()
    encoder = session(a.model)
    if a.what == "cost":
        print(score_cost(encoder))
    elif a.what == "copies":
        print(score_copies(encoder, _pictures(a.folder), a.originals, a.distractors))
    else:
        files = _pictures(a.folder)
        x = embed(encoder, _open(files))
        split = np.array([p.relative_to(a.folder).parts[0] == "train" for p in files])
        label = np.array([p.parent.name.lower() for p in files])
        print(score_labels(x, label, split))
        print(f"whitened as a scan does: {score_labels(whiten(x), label, split)}")


if __name__ == "__main__":
    main()

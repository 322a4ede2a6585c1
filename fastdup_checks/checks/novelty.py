"""Whether new images hold something that known ones do not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.checks.check import at_most, check, parameter
from fastdup_checks.checks.scope import broken_in, expect_splits, not_counted, share
from fastdup_checks.derived import derive
from fastdup_checks.encoders.plan import ModelPlan, model_key
from fastdup_checks.errors import DatasetError
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.index import Scale, find_neighbours, similarities_among, similarities_to
from fastdup_checks.index.ranking import name_vectors
from fastdup_checks.novelty import NEAR, novelty_p_values
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.index import Neighbours
    from fastdup_checks.records import Dataset
    from fastdup_checks.scan import Scan, Settings

__all__ = ("NoveltyScope", "new_split", "novelty_rate")

_COMPARED = 4000
"""Images of a reference that are compared with the others there, at most: they tell what is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyScope:
    """Which images are new, and what is known."""

    split: str | None = parameter(
        "split", "The new images; by default those of the last split, or all where there are none."
    )
    against: str | None = parameter("split", "The known images; by default those of the first split.")
    reference: Path | None = parameter("path", "embeddings.npy of an earlier run, in place of `against`.")  # noqa: RUF009 - it makes a field
    p_value: float = parameter("share", "An image is new where its p-value is at most this.", 0.01, inside=True)


@check(unit="share", bound=at_most(0.05), params=NoveltyScope, needs=("splits",), instead="reference")
def novelty_rate(analysis: Analysis, scope: NoveltyScope) -> Measurement:
    """New images that are unlike anything in a reference.

    Population: readable images of the new split. Numerator: those whose conformal p-value is at most `p_value`, the
    share of reference images that are as far from the rest of the reference; of images from the same source that is
    1 % by itself. Unit: share of the population.

    These are the images worth labelling first: a new kind of object, place or light. Many of them mean that the data
    has moved on and the model has not seen its like; in a test set, that it tests something else.
    """
    splits = analysis.scan.dataset.splits
    new = new_split(analysis.scan.dataset, scope)
    if new is not None:
        expect_splits(analysis.scan.dataset, (new,))
    split = np.array([image.split for image in analysis.images], dtype=object)
    old: NDArray[np.int64] | None = None
    compared = {new}
    if scope.reference is not None:
        known, name = _distinct(_load(scope.reference, analysis.scan)), "the reference"
    else:
        against = scope.against or next((s for s in splits if s != new), splits[0])
        expect_splits(analysis.scan.dataset, (against,))
        old = np.flatnonzero(split == against)
        _, first = np.unique(analysis.cluster_of[old], return_index=True)
        old = old[np.sort(first)]
        known, name = analysis.scan.vectors[old], printable(against)
        compared.add(against)
        if against == new:
            raise DatasetError(f"novelty_rate: {printable(against)} cannot be new against itself")
    rows = np.flatnonzero(split == new)
    settings = analysis.scan.settings

    def compute() -> dict[str, NDArray[Any]]:
        if len(known) <= NEAR:
            return {"p": np.ones(len(rows))}
        vectors, threads = analysis.scan.vectors, settings.threads
        if old is None:
            usual = _usual(settings, known)
            near = similarities_to(vectors[rows], known, NEAR, threads=threads)
        else:
            usual = _nearness(analysis.neighbours_among(old, NEAR))
            neighbours = analysis.neighbours
            near = similarities_among(rows, old, NEAR, vectors=vectors, known=neighbours, threads=threads)
        return {"p": novelty_p_values(near[:, NEAR - 1], usual)}

    p_values = analysis.derive("novelty-4", compute, rows.tobytes(), known.tobytes())["p"]
    order = [place for place in np.lexsort((rows, p_values)).tolist() if p_values[place] <= scope.p_value]
    findings = tuple(
        Finding(
            (analysis.images[int(rows[place])].path,),
            round(1 - float(p_values[place]), 6),
            f"unlike anything in {name} (p = {p_values[place]:.2g})",
        )
        for place in order
    )
    told = min(len(known), _COMPARED) if old is None else len(known)
    least = 1 / (told + 1) if told > NEAR else 1.0
    able = least <= scope.p_value
    images = "different image" if told == 1 else "different images"
    few = "" if able else f"{told} {images} of {name} {'is' if told == 1 else 'are'} too few to call anything new"
    remark = "; ".join(filter(None, (few, not_counted(broken_in(analysis, compared)))))
    value = share(len(order), len(rows) if able else 0)
    images = "images" if new is None else f"images in {printable(new)}"
    return Measurement(value, "share", len(order), len(rows), images, findings, remark)


def new_split(dataset: Dataset, scope: NoveltyScope) -> str | None:
    """The split of the new images; None where all are new."""
    return scope.split or (dataset.splits[-1] if dataset.splits else None)


def _usual(settings: Settings, known: NDArray[np.float32]) -> NDArray[np.float32]:
    """How near images of a reference are to each other, which is kept: the reference stays what it is."""

    def compute() -> dict[str, NDArray[Any]]:
        some = np.arange(size := min(_COMPARED, len(known))) * len(known) // size
        found = find_neighbours(known, NEAR, rows=some, threads=settings.threads, scale=Scale(directory=settings.cache))
        return {"usual": _nearness(found)}

    return derive(settings.cache, "reference-3", (known.tobytes(), str(known.shape)), compute)["usual"]


def _nearness(neighbours: Neighbours) -> NDArray[np.float32]:
    return neighbours.similarities[:, neighbours.k - 1] if neighbours.k else np.zeros(0, np.float32)


def _distinct(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each vector once: of a picture that is known several times the third most similar one would be itself."""
    _, first = np.unique(name_vectors(vectors), return_index=True)
    return vectors if len(first) == len(vectors) else vectors[np.sort(first)]


def _load(path: Path, scan: Scan) -> NDArray[np.float32]:
    d = scan.vectors.shape[1]
    try:
        vectors = np.asarray(np.lib.format.open_memmap(path, mode="r"))
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"{path}: no embeddings.npy of an earlier run ({error})") from error
    if vectors.ndim != 2 or vectors.shape[1] != d:
        raise DatasetError(f"{path}: vectors of shape {vectors.shape}, and the encoder here makes {d} numbers an image")
    if vectors.dtype.kind != "f" or not np.isfinite(vectors).all():
        raise DatasetError(f"{path}: not all that it holds is a finite floating-point number")
    _expect_the_encoder(path, len(vectors), scan)
    return np.asarray(vectors, np.float32)


def _expect_the_encoder(path: Path, count: int, scan: Scan) -> None:
    """Refuse vectors of another encoder; those of which no report beside them speaks are taken as they are."""
    try:
        report = json.loads(path.with_name("report.json").read_bytes())
        key, runtime = report["environment"]["encoder"], report["meta"]["packages"]["onnxruntime"]
        if report["dataset"]["images"] - report["dataset"]["broken"] != count:
            return
    except (OSError, ValueError, TypeError, KeyError):
        return
    model = scan.settings.model
    if not isinstance(model, ModelPlan) or not str(key).startswith("onnx-"):
        return
    # The key names the runtime, too, and no release of that makes vectors that cannot be compared.
    if key not in {scan.encoder, model_key(model, runtime)}:
        raise DatasetError(
            f"{path}: its vectors were made by another encoder, as report.json beside it says; scan the known images "
            "again with the encoder of today, and keep the new embeddings.npy and report.json"
        )

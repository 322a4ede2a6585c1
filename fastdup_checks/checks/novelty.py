"""Whether new images hold something that known ones do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.checks.check import at_most, check, parameter
from fastdup_checks.checks.scope import share
from fastdup_checks.errors import DatasetError
from fastdup_checks.findings import Finding, Measurement
from fastdup_checks.novelty import novelty_p_values
from fastdup_checks.records import printable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.analysis import Analysis

__all__ = ("NoveltyScope", "novelty_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyScope:
    """Which images are new, and what is known."""

    split: str | None = parameter("split", "The new images; by default those of the last split.")
    against: str | None = parameter("split", "The known images; by default those of the first split.")
    reference: Path | None = parameter("path", "embeddings.npy of an earlier run, in place of `against`.")  # noqa: RUF009 - it makes a field
    p_value: float = parameter("share", "An image is new where its p-value is at most this.", 0.01)


@check(unit="share", bound=at_most(0.05), params=NoveltyScope, needs=("splits",))
def novelty_rate(analysis: Analysis, scope: NoveltyScope) -> Measurement:
    """New images that are unlike anything in a reference.

    Population: readable images of the new split. Numerator: those whose conformal p-value is at most `p_value`, the
    share of reference images that are as far from the rest of the reference; of images from the same source that is
    1 % by itself. Unit: share of the population.

    These are the images worth labelling first: a new kind of object, place or light. Many of them mean that the data
    has moved on and the model has not seen its like; in a test set, that it tests something else.
    """
    splits = analysis.scan.dataset.splits
    new = scope.split or splits[-1]
    split = np.array([image.split for image in analysis.images], dtype=object)
    if scope.reference is not None:
        known, name = _load(scope.reference, analysis.scan.vectors.shape[1]), "the reference"
    else:
        against = scope.against or next((s for s in splits if s != new), new)
        old = np.flatnonzero(_rows(splits, split, against))
        _, first = np.unique(analysis.cluster_of[old], return_index=True)
        known, name = analysis.scan.vectors[old[np.sort(first)]], printable(against)
        if against == new:
            raise DatasetError(f"novelty_rate: {printable(new)} cannot be new against itself")
    rows = np.flatnonzero(_rows(splits, split, new))
    vectors = analysis.scan.vectors[rows]
    p_values = analysis.derive(
        "novelty-1", lambda: {"p": novelty_p_values(vectors, known)}, rows.tobytes(), known.tobytes()
    )["p"]
    order = [place for place in np.lexsort((rows, p_values)).tolist() if p_values[place] <= scope.p_value]
    findings = tuple(
        Finding(
            (analysis.images[int(rows[place])].path,),
            round(1 - float(p_values[place]), 6),
            f"unlike anything in {name} (p = {p_values[place]:.2g})",
        )
        for place in order
    )
    few = len(known) < 1 / scope.p_value
    remark = f"only {len(known)} images in {name}: too few to call anything new" if few else ""
    return Measurement(
        share(len(order), len(rows)), "share", len(order), len(rows), f"images in {printable(new)}", findings, remark
    )


def _rows(splits: tuple[str, ...], split: NDArray[np.object_], name: str) -> NDArray[np.bool_]:
    if name not in splits:
        known = ", ".join(map(printable, splits)) or "none"
        raise DatasetError(f"there is no split {printable(name)!r}; the splits are: {known}")
    return np.asarray(split == name, bool)


def _load(path: Path, d: int) -> NDArray[np.float32]:
    try:
        vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: no embeddings.npy of an earlier run ({error})") from error
    if vectors.ndim != 2 or vectors.shape[1] != d:
        raise DatasetError(f"{path}: vectors of shape {vectors.shape}, and the encoder here makes {d} numbers an image")
    return np.asarray(vectors, np.float32)

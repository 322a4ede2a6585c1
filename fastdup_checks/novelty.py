"""New vectors and those of a reference -> which of the new images hold something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("novelty_p_values",)

_NEAR = 3
_DIGITS = 6
_CHUNK = 1024


def novelty_p_values(new: NDArray[np.float32], reference: NDArray[np.float32]) -> NDArray[np.float64]:
    """Say of each new image how ordinary its distance from the reference is.

    The strangeness of an image is how unlike the third most similar image of the reference it is. For the images of
    the reference that is known too (each against the others), and the conformal p-value is the share of them that is
    at least as strange (Vovk et al., 2005; Bates et al., "Testing for outliers with conformal p-values", 2023). It
    assumes nothing of the vectors: of images from the same source no more than 1 % have a p-value of 1 % or less.

    Args:
        new: (n, d), each of length 1.
        reference: (m, d), likewise, copies left out; fewer than 100 cannot tell anything new at the 1 % level.

    Returns:
        (n,) between 1 / (m + 1) and 1; small is new.
    """
    if len(reference) <= _NEAR:
        return np.ones(len(new))
    usual = np.sort(_similarity(reference, reference, rank=_NEAR + 1))  # each finds itself first
    here = _similarity(new, reference, rank=_NEAR)
    return np.asarray((1 + np.searchsorted(usual, here, "right")) / (len(usual) + 1), np.float64)


def _similarity(queries: NDArray[np.float32], reference: NDArray[np.float32], *, rank: int) -> NDArray[np.float64]:
    """(n,) the similarity of the rank-th most similar reference, rounded so that it is the same on every machine."""
    out = np.empty(len(queries))
    exact = reference.astype(np.float64)
    for start in range(0, len(queries), _CHUNK):
        part = slice(start, start + _CHUNK)
        found = queries[part].astype(np.float64) @ exact.T
        out[part] = np.partition(found, found.shape[1] - rank, axis=1)[:, found.shape[1] - rank]
    return np.asarray(np.round(out, _DIGITS), np.float64)

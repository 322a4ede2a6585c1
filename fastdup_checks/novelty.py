"""New vectors and those of a reference -> which of the new images hold something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.index import similarities_to

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("NEAR", "novelty_p_values")

NEAR = 3
"""The similar image of the reference that counts."""


def novelty_p_values(
    new: NDArray[np.float32], reference: NDArray[np.float32], usual: NDArray[np.floating], *, threads: int | None = None
) -> NDArray[np.float64]:
    """Say of each new image how ordinary its distance from the reference is.

    The strangeness of an image is how unlike the third most similar image of the reference it is. For the images of
    the reference that is known too (each against the others), and the conformal p-value is the share of them that is
    at least as strange (Vovk et al., 2005; Bates et al., "Testing for outliers with conformal p-values", 2023). It
    assumes nothing of the vectors: of images from the same source no more than 1 % have a p-value of 1 % or less.

    Args:
        new: (n, d), each of length 1.
        reference: (m, d), likewise, copies left out; fewer than 100 cannot tell anything new at the 1 % level.
        usual: (m,) the similarity of each image of the reference to its third most similar other there; see `NEAR`.
        threads: cores to use, by default all.

    Returns:
        (n,) between 1 / (m + 1) and 1; small is new.
    """
    if len(reference) <= NEAR:
        return np.ones(len(new))
    here = similarities_to(new, reference, NEAR, threads=threads)[:, NEAR - 1]
    ordered = np.sort(usual.astype(np.float32))
    return np.asarray((1 + np.searchsorted(ordered, here, "right")) / (len(ordered) + 1), np.float64)

"""New vectors and those of a reference -> which of the new images hold something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("NEAR", "novelty_p_values")

NEAR = 3
"""The similar image of the reference that counts."""


def novelty_p_values(nearness: NDArray[np.floating], usual: NDArray[np.floating]) -> NDArray[np.float64]:
    """Say of each new image how ordinary its distance from the reference is.

    The strangeness of an image is how unlike the third most similar image of the reference it is. For images of the
    reference that is known too (each against the others), and the conformal p-value is the share of them that is at
    least as strange (Vovk et al., 2005; Bates et al., "Testing for outliers with conformal p-values", 2023). It assumes
    nothing of the vectors: of images from the same source no more than 1 % have a p-value of 1 % or less.

    Args:
        nearness: (n,) the similarity of each new image to its third most similar one of the reference, copies left out;
            see `NEAR`.
        usual: (m,) the similarity of images of the reference to their third most similar other there; fewer than 99
            cannot tell anything new at the 1 % level, and some thousands tell it as well as all.

    Returns:
        (n,) between 1 / (m + 1) and 1; small is new.
    """
    ordered = np.sort(usual.astype(np.float32))
    return np.asarray((1 + np.searchsorted(ordered, nearness.astype(np.float32), "right")) / (len(ordered) + 1))

"""What a network gives -> one vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.document import nearest
from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_checks.encoders.plan import Layout, Pooling

__all__ = ("choose_output", "pool")

_USUAL = (
    "embedding",
    "embeddings",
    "image_embeds",
    "image_embeddings",
    "image_features",
    "sentence_embedding",
    "pooler_output",
    "last_hidden_state",
)
"""Names under which exports keep what is wanted here, best first."""


def choose_output(names: Sequence[str], wanted: str | None) -> str:
    """The output to use: the one that was asked for, the only one, or the first of the usual names.

    Raises:
        ScanError: if there is no such output, or no telling which one to use. Names no file.
    """
    if wanted is not None:
        if wanted not in names:
            raise ScanError(f"it has no output {wanted!r}{nearest(wanted, names)}")
        return wanted
    if len(names) == 1:
        return names[0]
    for name in _USUAL:
        if name in names:
            return name
    raise ScanError(f"it has the outputs {', '.join(names)}; write which one to use: 'output: NAME'")


def pool(output: NDArray[Any], layout: Layout, pooling: Pooling | None) -> NDArray[np.float32]:
    """Make one vector, float32 (d,), of length 1, of what a network gives for one picture.

    - (1, d): as it is.
    - (1, tokens, d): the first token or the mean of all, as `pooling` says. Where it says nothing: transformers have
      one token for each patch of a square grid; a number of tokens that is no square has further ones, of which the
      first (CLS) is taken; else the mean.
    - (1, d, height, width), or (1, height, width, d) of a network that takes nhwc: the mean over the places.

    A vector of zeros stays one.

    Raises:
        ScanError: if it has another form, is empty or not finite. Names no file.
    """
    if output.dtype.kind != "f" or output.ndim not in {2, 3, 4} or output.shape[0] != 1 or not output.size:
        raise ScanError(
            f"its output for one picture is {output.dtype} {list(output.shape)}; wanted is a vector (1, d), tokens "
            "(1, n, d) or a map (1, d, height, width)",
        )
    values = output[0].astype(np.float64)
    if values.ndim == 3:
        values = values.mean((1, 2) if layout == "nchw" else (0, 1))
    elif values.ndim == 2:
        grid = math.isqrt(len(values)) ** 2 == len(values)
        values = values.mean(0) if pooling == "mean" or (pooling is None and grid) else values[0]
    if not np.isfinite(values).all():
        raise ScanError("its output holds numbers that are not finite")
    length = math.sqrt(float(np.einsum("i,i->", values, values)))
    vector: NDArray[np.float32] = (values / length if length else values).astype(np.float32)
    return vector

"""What the scan needs of an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ("Encoder",)


class Encoder(Protocol):
    """Turns pictures into vectors. One object serves several threads at once."""

    @property
    def key(self) -> str:
        """Names the vectors in the cache: equal keys give equal vectors for equal pictures."""
        ...

    @property
    def side(self) -> int:
        """Pixels of the shorter side of a picture below which detail is lost on this encoder."""
        ...

    @property
    def square(self) -> int | None:
        """Pixels of the square, where `prepare` does no more than `fastdup_checks.decode.squash`; else None."""
        ...

    def prepare(self, rgb: Image.Image) -> NDArray[Any]:
        """What the encoder looks at of a picture: small, so that many can wait for their turn."""
        ...

    def embed(self, prepared: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """The vectors of prepared pictures, (n, d), each of length 1.

        None may depend, to the bit, on which other pictures are embedded, before or at the same time.
        """
        ...

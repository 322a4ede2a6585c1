"""What an affine map does to the picture that it lays onto another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("distance_moved", "scaling", "turns", "uncleanness")


def distance_moved(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far maps (p, 2, 3) are from leaving everything in place: (p,)."""
    moved: NDArray[np.float64] = np.abs(maps.astype(np.float64) - np.eye(2, 3)).sum(axis=2).max(axis=1)
    return moved


def turns(orientation: NDArray[np.int64]) -> NDArray[np.float64]:
    """(p, 2, 2) what takes the coordinates of oriented pictures to those of the pictures; see `pictures.orient`."""
    across, down = 1 - (orientation & 2), 1 - 2 * (orientation & 1)
    straight = (orientation & 4) == 0
    turn = np.zeros((len(orientation), 2, 2))
    turn[:, 0, 0], turn[:, 1, 1] = straight * across, straight * down
    turn[:, 0, 1], turn[:, 1, 0] = ~straight * down, ~straight * across
    return turn


def scaling(linear: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of the area, and unevenness of the scaling along the axes."""
    across = np.hypot(linear[:, 0, 0], linear[:, 1, 0]) + 1e-6
    down = np.hypot(linear[:, 0, 1], linear[:, 1, 1]) + 1e-6
    determinant = linear[:, 0, 0] * linear[:, 1, 1] - linear[:, 0, 1] * linear[:, 1, 0]
    area = np.log(np.clip(np.abs(determinant), 1e-3, 4.0))
    return area, np.minimum(np.abs(np.log(across / down)), 2.0)


def uncleanness(
    linear: NDArray[np.float64], content: NDArray[np.float64], container: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The smaller of two departures, relative to the scale: from even scaling with a turn, and from no turn or shear.

    Args:
        linear: (p, 2, 2) in coordinates that go from -1 to 1 along both sides.
        content: (p,) width over height of the oriented content.
        container: (p,) the same of the container.
    """
    a, b = linear[:, 0, 0] * container / content, linear[:, 0, 1] * container
    c, d = linear[:, 1, 0] / content, linear[:, 1, 1]
    scale = np.sqrt(np.abs(a * d - b * c)) + 1e-3
    uneven = np.hypot(a - d, b + c) / (2 * scale)
    crooked = np.maximum(np.abs(b), np.abs(c)) / scale
    return np.minimum(np.minimum(uneven, crooked), 2.0)

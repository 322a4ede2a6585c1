"""Tell things on white ground from the ground, so that training can put them onto other pictures.

Shops show their goods on white, people photograph them on a floor or a bed: an encoder that has seen the former only
looks at the ground of the latter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_WHITE = 238
"""Level that every channel of white ground reaches..."""
_LEAST, _MOST = 0.1, 0.9
"""...and the share of a picture that the ground may take, else the picture is left whole."""
_AT_ONCE = 500


def cover(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Where the things are.

    Args:
        images: n x S x S x 3.

    Returns:
        n x S x S, False on white that is connected with the edge of its picture, and one pixel beyond; all True where
        there is little of it, or little else.
    """
    return np.concatenate([_cover(images[start : start + _AT_ONCE]) for start in range(0, len(images), _AT_ONCE)])


def _cover(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    white = (images >= _WHITE).all(-1)
    ground = white.copy()
    ground[:, 1:-1, 1:-1] = False
    known = -1
    while known != (known := int(ground.sum())):
        ground[:, 1:] |= ground[:, :-1]
        ground &= white
        ground[:, :-1] |= ground[:, 1:]
        ground &= white
        ground[:, :, 1:] |= ground[:, :, :-1]
        ground &= white
        ground[:, :, :-1] |= ground[:, :, 1:]
        ground &= white
    share = ground.mean((1, 2))
    ground[(share < _LEAST) | (share > _MOST)] = False
    beyond = ground.copy()  # by one pixel, where white and thing mix
    beyond[:, 1:] |= ground[:, :-1]
    beyond[:, :-1] |= ground[:, 1:]
    beyond[:, :, 1:] |= ground[:, :, :-1]
    beyond[:, :, :-1] |= ground[:, :, 1:]
    return ~beyond

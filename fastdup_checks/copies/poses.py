"""What a picture may look like in another orientation or without its frame, for proposing candidates by its looks.

Every description (see `windows`) is brought into a standard pose: turned into its negative where its rim is brighter
than its middle, flipped and turned so that it is brighter on one side, and varies more across than down. A picture, its
mirror image and its negative then have one description. Where a picture is nearly undecided about any of these, a
slight edit could tip it over, so that both poses are looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.windows import ORIENTATIONS, PLACE, UNIT, describe_part

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("find_frame", "standard_pose", "unframed")

_UNDECIDED = 0.04 * UNIT
_ORDER = np.stack([order for order, _ in ORIENTATIONS])
_SIGN = np.stack([sign for _, sign in ORIENTATIONS])
_ACROSS, _DOWN = PLACE[1, 0], PLACE[0, 1]
"""Entries of a description that hold the slowest change from left to right, and from top to bottom."""
_BENT = PLACE[2, 0], PLACE[0, 2]
"""Entries that tell the rim from the middle, left and right, top and bottom; no flip or turn changes their sum."""
_EVEN_ROW = 5.0
"""Standard deviation, in grey levels, up to which a row belongs to a plain frame..."""
_SAME = 12.0
"""...if its mean is also this near to that of the outermost row."""


def standard_pose(descriptions: NDArray[np.int16], *, undecided: bool) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Bring descriptions (n, d) into the standard pose.

    Args:
        descriptions: Of whole pictures.
        undecided: Whether to give every pose that a slight change could make the standard one.

    Returns:
        Which description each pose is of, ascending, and the poses (m, d).
    """
    slack = _UNDECIDED if undecided else 0.0
    bent = descriptions[:, _BENT[0]].astype(np.float32) + descriptions[:, _BENT[1]]
    plain, negative = np.flatnonzero(bent >= -slack), np.flatnonzero(bent < slack if undecided else bent < 0)
    source = np.concatenate([plain, negative])
    posed = descriptions[source][:, _ORDER] * _SIGN
    posed[len(plain) :] *= -1
    across, down = posed[:, :, _ACROSS], posed[:, :, _DOWN]
    fits = (across >= -slack) & (down >= -slack) & (np.abs(across) >= np.abs(down) - slack)
    if not undecided:
        back = np.argsort(source, kind="stable")
        return source[back], posed[back, fits.argmax(axis=1)[back]].astype(np.float32)
    row, pose = np.nonzero(fits)
    order = np.argsort(source[row], kind="stable")
    return source[row][order], posed[row, pose][order].astype(np.float32)


def find_frame(pictures: NDArray[np.float32]) -> NDArray[np.int64]:
    """Find plain frames around luminance pictures (n, s, s): (n, 4) pixels to cut left, right, top and bottom."""
    cuts = []
    for axis in (1, 2):
        mean, spread = pictures.mean(axis=axis), pictures.std(axis=axis)
        for side in (1, -1):
            edge = mean[:, ::side]
            plain = (spread[:, ::side] <= _EVEN_ROW) & (np.abs(edge - edge[:, :1]) <= _SAME)
            cuts.append(np.where(plain.all(axis=1), 0, (~plain).argmax(axis=1)))
    return np.stack(cuts, axis=1)


def unframed(pictures: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Describe what is inside the frames of pictures (n, 32, 32): which have one, and the descriptions."""
    side = pictures.shape[1]
    cut = find_frame(pictures)
    width, height = side - cut[:, 0] - cut[:, 1], side - cut[:, 2] - cut[:, 3]
    framed = np.flatnonzero((cut.sum(axis=1) > 0) & (width >= side // 4) & (height >= side // 4))
    parts = [
        describe_part(pictures[row], cut[row, 0] / side, cut[row, 2] / side, width[row] / side, height[row] / side)
        for row in framed
    ]
    return framed, np.array(parts, np.int16).reshape(len(framed), len(_SIGN[0]))

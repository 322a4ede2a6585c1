"""What a picture may look like in another orientation or without its frame, for proposing candidates by its looks.

Every description (see `windows`) is brought into a standard pose: turned into its negative where its rim is brighter
than its middle, flipped and turned so that it is brighter on one side, and varies more across than down. A picture, its
mirror image and its negative then have one description. Where a picture is nearly undecided about any of these, a
slight edit could tip it over, so that both poses are looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.pictures import luminance
from fastdup_checks.copies.windows import ORIENTATIONS, PLACE, UNIT, describe_part

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("find_frame", "find_mat", "standard_pose", "unframed")

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
_BEYOND = 0.7
"""Share of what is just beyond a mat that has another shade."""
_MATS = 2
"""So many mats may lie in one another."""
_LEAST = 6
"""Pixels of 32 a side of what a mat may enclose."""


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
    sign = np.repeat(np.array([1, -1], np.float32), [len(plain), len(negative)])[:, None]
    # Only two entries of a description tell in which orientations it stands right.
    across, down = (descriptions[source[:, None], _ORDER[:, at]] * _SIGN[:, at] * sign for at in (_ACROSS, _DOWN))
    fits = (across >= -slack) & (down >= -slack) & (np.abs(across) >= np.abs(down) - slack)
    row, pose = np.nonzero(fits) if undecided else (np.arange(len(source)), fits.argmax(axis=1))
    order = np.argsort(source[row], kind="stable")
    row, pose = row[order], pose[order]
    posed = descriptions[source[row, None], _ORDER[pose]] * _SIGN[pose]
    posed *= sign[row]
    return source[row], posed


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


def find_mat(pictures: NDArray[np.float32], thumbnails: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Find what was put around pictures, rather than being their own ground.

    A mat is a plain frame that ends along a straight line: nearly all that is beyond it has another shade. Around an
    object on plain ground little has. The line may run through a pixel, which then belongs to the mat. There may be a
    mat inside a mat, too thin for 32 pixels to show it; that one lies on opposite sides, or it could be sky.

    Args:
        pictures: Luminance (n, 32, 32).
        thumbnails: The same (n, 64, 64, 3).

    Returns:
        (n, 4) pixels of 32 that belong to mats left, right, at the top and at the bottom.
    """
    mats = np.zeros((len(pictures), 4), np.uint8)
    frame = find_frame(pictures)
    framed = np.flatnonzero(frame.any(axis=1) & _room(frame, pictures.shape[2], pictures.shape[1], _LEAST))
    outermost = _ends(pictures[framed], frame[framed])
    mats[framed] = np.where(outermost, frame[framed] + 1, 0)
    framed = framed[outermost.any(axis=1)]
    for row, picture in zip(framed, luminance(thumbnails[framed]), strict=True):
        fine = _mats_within(picture)
        if fine.any():
            mats[row] = (fine + 1) // 2
    return mats


def _mats_within(picture: NDArray[np.float32]) -> NDArray[np.int64]:
    """(4,) pixels that belong to mats, and to mats inside these, of one picture (64, 64)."""
    mats = np.zeros(4, np.int64)
    side = len(picture)
    for depth in range(_MATS):
        # Resampling rings beside a line: its next pixel has neither shade.
        ring = (mats > 0).astype(np.int64)
        left, right, top, bottom = mats + ring
        view = picture[None, top : side - bottom, left : side - right]
        within = find_frame(view)
        if not _room(within, view.shape[2], view.shape[1], 2 * _LEAST)[0]:
            break
        ends = _ends(view, within)[0]
        if not (ends.any() if depth == 0 else (ends[0] and ends[1]) or (ends[2] and ends[3])):
            break
        mats += np.where(ends, within[0] + 1 + ring, 0)
    return mats


def _room(frame: NDArray[np.int64], width: int, height: int, least: int) -> NDArray[np.bool_]:
    """Whether frames (n, 4) leave enough of pictures so wide and high."""
    across, down = width - frame[:, 0] - frame[:, 1], height - frame[:, 2] - frame[:, 3]
    return (across >= least) & (down >= least)


def _ends(pictures: NDArray[np.float32], frame: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n, 4) whether nearly all that is beyond each side of the frames of pictures (n, h, w) has another shade."""
    at = np.arange(len(pictures))
    height, width = pictures.shape[1:]
    left, right, top, bottom = frame.T
    down, across = np.arange(height), np.arange(width)
    inner_rows = (down >= top[:, None]) & (down < height - bottom[:, None])
    inner_columns = (across >= left[:, None]) & (across < width - right[:, None])
    sides = (
        (pictures[at, :, left + 1], pictures[:, :, 0], inner_rows),
        (pictures[at, :, width - right - 2], pictures[:, :, -1], inner_rows),
        (pictures[at, top + 1], pictures[:, 0], inner_columns),
        (pictures[at, height - bottom - 2], pictures[:, -1], inner_columns),
    )
    beyond = [
        ((np.abs(line - shade.mean(axis=1, keepdims=True)) > _SAME) & inner).sum(axis=1) / inner.sum(axis=1)
        for line, shade, inner in sides
    ]
    return (frame > 0) & (np.stack(beyond, axis=1) >= _BEYOND)


def unframed(pictures: NDArray[np.float32], mat: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Describe what is inside the frames of pictures (n, 32, 32): descriptions (n, d) and frames, see `find_frame`.

    Both are zero where a picture has no frame, or little but a frame. A mat inside a mat belongs to the frame.
    """
    side = pictures.shape[1]
    cut = find_frame(pictures)
    cut = np.where(mat > cut + 1, mat, cut)
    width, height = side - cut[:, 0] - cut[:, 1], side - cut[:, 2] - cut[:, 3]
    cut[(width < side // 4) | (height < side // 4)] = 0
    inside = np.zeros((len(pictures), len(_SIGN[0])), np.int16)
    for row in np.flatnonzero(cut.any(axis=1)):
        left, top = cut[row, 0] / side, cut[row, 2] / side
        inside[row] = describe_part(pictures[row], left, top, width[row] / side, height[row] / side)
    return inside, cut.astype(np.uint8)

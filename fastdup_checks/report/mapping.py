"""The map of the dataset, packed for the script that draws it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from fastdup_checks.report.album import Album
    from fastdup_checks.report.page import Budget, Map

__all__ = ("pack_map",)

STEPS = 65_535
"""Positions are kept in whole steps of the longer side."""


def pack_map(given: Map, album: Album, offenders: Collection[str], budget: Budget) -> dict[str, Any] | None:
    """Choose the points of the map and their pictures.

    Args:
        given: All points. Those with a position that is not finite are left out.
        album: Takes the images in, and pictures while there is room.
        offenders: Paths that have a finding; they stay when there are more points than the budget allows.
        budget: How many points and pictures.

    Returns:
        "images": the number in the album of every point; "positions": base64 of unsigned 16-bit little-endian x, y per
        point, y upwards; "left_out": how many points are not there. None where there is no point.
    """
    positions = np.asarray(given.positions, dtype=np.float64).reshape(-1, 2)
    finite = np.isfinite(positions).all(axis=1)
    rows = np.flatnonzero(finite)
    if not rows.size:
        return None
    if rows.size > budget.map_points:
        first = np.fromiter((given.paths[row] in offenders for row in rows.tolist()), bool, rows.size)
        order = np.concatenate([rows[first], _spread(rows[~first], budget.map_points - int(first.sum()))])
        rows = np.sort(order[: budget.map_points])
    steps = _steps(positions[rows])
    paths = [given.paths[row] for row in rows.tolist()]
    for place in _spread(_along_curve(steps), budget.map_pictures).tolist():
        album.take(paths[place])
    return {
        "images": [album.entry(path).number for path in paths],
        "positions": base64.b64encode(steps.astype("<u2").tobytes()).decode("ascii"),
        "left_out": len(given.paths) - len(paths),
    }


def _steps(positions: npt.NDArray[np.float64]) -> npt.NDArray[np.uint16]:
    low = positions.min(axis=0)
    side = float((positions.max(axis=0) - low).max()) or 1.0
    steps: npt.NDArray[np.uint16] = np.rint((positions - low) / side * STEPS).astype(np.uint16)
    return steps


def _spread(rows: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """At most so many of the rows, at even distances."""
    if rows.size <= most:
        return rows
    return rows[np.arange(max(0, most)) * rows.size // max(1, most)]


def _along_curve(steps: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """The points in Z-order (Morton, 1966), which visits every region of the plane before it goes on to the next."""
    key = np.zeros(len(steps), np.int64)
    for bit in range(16):
        for axis in (0, 1):
            key |= ((steps[:, axis].astype(np.int64) >> bit) & 1) << (2 * bit + axis)
    return np.argsort(key, kind="stable")

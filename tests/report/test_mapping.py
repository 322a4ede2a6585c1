from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.report.album import Album
from fastdup_checks.report.mapping import pack_map
from fastdup_checks.report.page import Budget, Map


def pack(positions: np.ndarray, offenders: tuple[str, ...] = (), **budget: int) -> tuple[list[str], np.ndarray]:
    album = Album(lambda _: None, lambda _: None, 0)
    paths = tuple(str(i) for i in range(len(positions)))
    packed = pack_map(Map(paths, positions), album, offenders, Budget(**budget))
    assert packed is not None
    assert packed["left_out"] == len(paths) - len(packed["images"])
    names = [album.entries[number].path for number in packed["images"]]
    return names, np.frombuffer(base64.b64decode(packed["positions"]), "<u2").reshape(-1, 2)


@given(st.integers(1, 50), st.integers(0, 2**32 - 1), st.floats(1e-3, 1e6))
def test_the_packed_map_has_the_shape_of_the_given_one(points: int, seed: int, scale: float) -> None:
    positions = np.random.default_rng(seed).normal(size=(points, 2)) * scale
    names, steps = pack(positions)
    assert names == [str(i) for i in range(points)]
    side = np.ptp(positions, axis=0).max() or 1
    back = positions.min(axis=0) + steps / 65535 * side
    assert np.abs(back - positions).max() <= side / 65535


def test_points_with_findings_stay_when_there_are_too_many() -> None:
    positions = np.random.default_rng(0).normal(size=(100, 2))
    offenders = ("3", "50", "98")
    names, _ = pack(positions, offenders, map_points=10)
    assert len(names) == 10
    assert set(offenders) <= set(names)


def test_points_that_are_nowhere_are_left_out() -> None:
    names, _ = pack(np.array([[0, 0], [np.nan, 1], [2, np.inf], [1, 1]]))
    assert names == ["0", "3"]


def test_a_map_of_nothing_is_no_map() -> None:
    album = Album(lambda _: None, lambda _: None, 0)
    assert pack_map(Map((), np.zeros((0, 2))), album, (), Budget()) is None


@pytest.mark.parametrize("most", [0, 1, 7, 64])
def test_pictures_are_spread_over_the_whole_map(most: int) -> None:
    grid = np.stack(np.meshgrid(np.arange(16.0), np.arange(16.0)), -1).reshape(-1, 2)
    asked: list[int] = []

    def thumbnail(path: str) -> bytes:
        asked.append(int(path))
        return path.encode()

    pack_map(
        Map(tuple(map(str, range(256))), grid), Album(lambda _: None, thumbnail, 10**6), (), Budget(map_pictures=most)
    )
    assert len(asked) == most
    if most == 64:
        assert {(x // 2, y // 2) for x, y in grid[asked].astype(int).tolist()} == {
            (x, y) for x in range(8) for y in range(8)
        }

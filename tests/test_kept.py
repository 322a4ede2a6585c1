"""What is kept of pictures saves computing it, and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.kept import keep

VALUES = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
rows_of = st.lists(st.integers(0, 49), max_size=60)


def remember(file, rows, computed=None):
    """The values of some rows, which are named by their squares."""
    rows = np.array(rows, np.int64)

    def compute(some):
        if computed is not None:
            computed.append(len(some))
        return VALUES[rows[some]]

    return keep(file, (rows * rows).astype(np.uint64), compute)


@given(st.lists(rows_of, min_size=1, max_size=4))
def test_whatever_comes_and_goes_the_values_are_those_of_the_pictures(tmp_path_factory, runs):
    file = tmp_path_factory.mktemp("kept") / "kept.npz"
    for rows in runs:
        assert np.array_equal(remember(file, rows), VALUES[rows])


def test_only_what_is_new_is_computed(tmp_path):
    file, computed = tmp_path / "kept.npz", []
    for rows in (range(40), range(40), range(5, 43), range(5, 43)):
        remember(file, list(rows), computed)
    assert computed == [40, 0, 3, 0]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_what_cannot_be_read_is_made_again(content, tmp_path):
    file = tmp_path / "kept.npz"
    file.write_bytes(content)
    assert np.array_equal(remember(file, [4, 2]), VALUES[[4, 2]])
    assert np.array_equal(remember(file, [2, 4]), VALUES[[2, 4]])

"""Blocks add up to the picture, and tell where its structure lies."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.copies.blocks import block_products, block_sums, participation, weak_blocks


@given(st.integers(0, 2**32 - 1), st.sampled_from([16, 32, 64]))
def test_the_blocks_add_up_to_the_picture(seed, side):
    values = np.random.default_rng(seed).normal(size=(3, side * side)).astype(np.float32)
    np.testing.assert_allclose(block_sums(values, side).sum(axis=1), values.sum(axis=1), atol=1e-2)
    one, other, common = block_products(values, values, side)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one, common)


@given(st.integers(1, 64))
def test_energy_that_fills_some_blocks_evenly_spreads_over_their_share(count):
    energy = np.zeros((1, 64), np.float32)
    energy[0, :count] = 5
    np.testing.assert_allclose(participation(energy), count / 64, rtol=1e-3)


def test_the_weak_blocks_are_those_that_hold_the_worst_fifth_of_the_structure():
    local, amount = np.full((1, 64), 0.9, np.float32), np.ones((1, 64), np.float32)
    local[0, :12] = 0.1
    assert weak_blocks(local, amount)[0] == np.float32(0.9)
    local[0, :14] = 0.1
    assert weak_blocks(local, amount)[0] == np.float32(0.1)

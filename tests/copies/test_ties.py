"""What two pictures have in common with a third says how they lie in one another."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.copies.evidence import Evidence
from fastdup_checks.copies.hypotheses import FirstLook, Measured
from fastdup_checks.copies.ties import correspondences, find_ties, propose_maps


def seen(count):
    score = np.full((count, 3), 0.5, np.float32)
    nothing = np.zeros((count, 3), np.int64)
    maps = np.zeros((count, 3, 2, 3), np.float32)
    return FirstLook(score, nothing.astype(bool), nothing, maps, score[:, 0], score[:, 0], np.ones(count, bool))


@st.composite
def placements(draw):
    """How a smaller picture lies in another: turned, mirrored, scaled, sheared, moved; and which of the two it is."""
    few = st.floats(-0.2, 0.2)
    scale, shift = draw(st.floats(0.3, 0.95)), (draw(few), draw(few))
    linear = scale * np.array([[1, draw(few)], [draw(few), 1 + draw(few) / 2]])
    return draw(st.integers(0, 7)), np.column_stack([linear, shift]).astype(np.float32), draw(st.booleans())


@given(st.lists(placements(), min_size=1, max_size=4))
def test_a_hypothesis_is_the_same_after_it_was_told_as_a_correspondence(given_placements):
    orientation, maps, swapped = (np.array(part) for part in zip(*given_placements, strict=True))
    count = len(maps)
    covered = np.zeros(count, bool)
    measured = Measured(np.arange(count), swapped, orientation, maps, covered, Evidence.empty())
    told = propose_maps(seen(count), correspondences(measured))
    again = Measured(
        np.arange(count), told.swapped[:, 0], told.orientation[:, 0], told.maps[:, 0], covered, Evidence.empty()
    )
    np.testing.assert_allclose(correspondences(again), correspondences(measured), atol=1e-4)
    assert (told.swapped[:, 0] == swapped).all()
    assert (told.orientation[:, 0] == orientation).all()
    assert (told.score[:, 1:] < 0).all()
    assert not told.parted.any()


def test_the_tie_is_the_picture_whose_weaker_link_is_strongest():
    first, second = np.array([0, 1, 0, 1, 4]), np.array([2, 2, 3, 3, 5])
    score = np.array([0.99, 1.0, 0.995, 0.996, 1.0], np.float32)
    assert find_ties(np.array([[0, 1], [2, 3], [0, 4]]), first, second, score).tolist() == [3, 1, -1]

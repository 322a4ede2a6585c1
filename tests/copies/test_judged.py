"""What a search knows of pairs: the groups that they form, and what a group says of the pairs in it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.copies import DEFAULT_THRESHOLD
from fastdup_checks.copies.judged import Judged

COUNT = 8
PAIRS = st.dictionaries(
    st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)).filter(lambda pair: pair[0] < pair[1]),
    st.one_of(st.floats(0.0625, 1, width=32), st.sampled_from([0.98, 0.99, 1.0])),
    min_size=1,
)


def judged(pairs, drawn=()):
    known = Judged(COUNT, np.isin(np.arange(COUNT), drawn))
    for (first, second), score in pairs.items():
        known.add(np.array([first * COUNT + second]), np.array([score], np.float32), ["edit"], tied=False)
    return known


@given(PAIRS)
def test_only_pairs_within_a_group_are_raised_and_none_above_what_holds_it_together(pairs):
    known = judged(pairs)
    first, second = known.sides(known.keys)
    group, before, after = known.groups(), known.score, known.final_score()
    together = group[first] == group[second]
    assert (after[~together] == before[~together]).all()
    assert (after[known.sure] == before[known.sure]).all()
    assert (after >= before).all()
    for row in np.flatnonzero(together & ~known.sure):
        assert after[row] <= before[known.sure & (group[first] == group[first[row]])].min()


def test_little_evidence_makes_a_copy_of_a_tied_pair():
    known = judged({(0, 1): 0.99, (1, 2): 0.985, (0, 2): 0.3, (3, 4): 0.3})
    assert known.final_score().tolist() == [np.float32(0.99), np.float32(0.985), np.float32(0.985), np.float32(0.3)]
    assert known.groups().tolist() == [0, 0, 0, 3, 4, 5, 6, 7]
    assert DEFAULT_THRESHOLD <= 0.985


def test_drawings_are_not_raised_by_others():
    known = judged({(0, 1): 0.99, (1, 2): 0.985, (0, 2): 0.3, (3, 4): 0.3}, drawn=[0, 1, 2])
    assert known.final_score().tolist() == [np.float32(0.99), np.float32(0.985), np.float32(0.3), np.float32(0.3)]
    known = judged({(0, 1): 0.99, (1, 2): 0.985, (0, 2): 0.3}, drawn=[0, 1])
    assert known.final_score().tolist()[2] == np.float32(0.985)

"""Leaking pairs, against what comparing every image with every other says."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastdup_checks.checks.leaks import leaking_pairs
from fastdup_checks.copies.pairs import SPREAD, list_pairs


@st.composite
def copied(draw):
    """Pictures that are there so many times, some of them edits of each other; and the side of each image."""
    sizes = draw(st.lists(st.integers(1, SPREAD + 3), min_size=1, max_size=4))
    group = np.array(draw(st.permutations(np.repeat(np.arange(len(sizes)), sizes).tolist())))
    edits = draw(st.lists(st.sampled_from(list(combinations(range(len(sizes)), 2)) or [()]), unique=True))
    edits = [pair for pair in edits if pair]
    scores = draw(st.lists(st.sampled_from([0.98, 0.99, 1.0]), min_size=len(edits), max_size=len(edits)))
    side = draw(st.lists(st.integers(-1, 2), min_size=len(group), max_size=len(group)))
    return group, dict(zip(edits, scores, strict=True)), np.array(side, np.int32)


@given(copied(), st.booleans())
def test_every_image_with_a_copy_on_another_side_leaks(dataset, exact_only):
    group, edits, side = dataset
    copies = list_pairs(group, list(edits), list(edits.values()), ["edit"] * len(edits), at_least=0.9, truncated=0)
    first: dict[int, int] = {}
    exact_group = np.array([first.setdefault(number, row) for row, number in enumerate(group.tolist())], np.int32)
    wanted: dict[tuple[int, int], float] = {}
    for a, b in combinations(range(len(group)), 2):
        pair = (min(group[a], group[b]), max(group[a], group[b]))
        score = 1.0 if pair[0] == pair[1] else 0.0 if exact_only else edits.get(pair, 0.0)
        if score and min(side[a], side[b]) >= 0 and side[a] != side[b]:
            wanted[a, b] = score
    found = leaking_pairs(copies, exact_group, side, exact_only=exact_only)
    pairs = {(min(a, b), max(a, b)): float(copies.score[pair]) for pair, a, b in found}
    assert len(pairs) == len(found)
    assert all(side[a] < side[b] for _, a, b in found)
    assert all(score == np.float32(wanted[pair]) for pair, score in pairs.items())
    assert {row for pair in pairs for row in pair} == {row for pair in wanted for row in pair}
    assert {b for _, _, b in found} == {max(pair, key=lambda row: side[row]) for pair in wanted}
    assert list(pairs) == sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    if np.bincount(group).max() <= SPREAD:
        assert set(pairs) == set(wanted)

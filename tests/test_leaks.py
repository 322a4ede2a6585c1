"""Leaking pairs, against what comparing every image with every other says."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from datasets import picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance

import fastdup_checks
from fastdup_checks.checks.duplicates import NearScope, near_duplicate_rate
from fastdup_checks.checks.leaks import LeakScope, leak, leaking_pairs
from fastdup_checks.copies.pairs import SPREAD, WHOLE_GROUP, list_pairs


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


@given(st.permutations(range(WHOLE_GROUP + 8)), st.integers(1, 20))
def test_an_image_leaks_through_the_others_of_a_large_group(order, first_side):
    """A chain of copies, of which one pair alone crosses the sides."""
    group = np.arange(WHOLE_GROUP + 12)
    side = np.ones(len(group), np.int32)
    side[order[:first_side]] = 0
    side[-2:] = -1
    chain = [(min(pair), max(pair)) for pair in pairwise(order)]
    scores = [0.99] * len(chain)
    scores[3] = 0.985
    copies = list_pairs(group, chain, scores, ["edit"] * len(chain), at_least=0.9, truncated=len(order))
    found = leaking_pairs(copies, group.astype(np.int32), side)
    assert {row for _, *rows in found for row in rows} == set(order)
    assert all(side[a] == 0 and side[b] == 1 for _, a, b in found)
    direct = {(a, b) for _, a, b in found} & set(chain) | {(b, a) for a, b in chain}
    assert all(copies.score[pair] == np.float32(0.985) for pair, a, b in found if (a, b) not in direct)
    assert leaking_pairs(copies, group.astype(np.int32), side, exact_only=True) == []


def test_an_image_of_a_large_group_leaks_from_the_first_split_whatever_it_is_a_copy_of_elsewhere():
    """Of three splits: a verified pair with the last one does not stand for the copy in the first."""
    group = np.arange(WHOLE_GROUP + 8)
    side = np.repeat([0, 1, 2], [WHOLE_GROUP, 4, 4]).astype(np.int32)
    pairs = [*pairwise(range(WHOLE_GROUP + 1)), *((row, row + 4) for row in range(WHOLE_GROUP, WHOLE_GROUP + 4))]
    pairs += pairwise(range(WHOLE_GROUP + 4, WHOLE_GROUP + 8))
    copies = list_pairs(group, pairs, [0.99] * len(pairs), ["edit"] * len(pairs), at_least=0.9, truncated=len(group))
    found = {(a, b) for _, a, b in leaking_pairs(copies, group.astype(np.int32), side)}
    met = {(row, int(side[other])) for pair in found for row, other in (pair, pair[::-1])}
    assert met == {(row, rank) for row in group.tolist() for rank in range(3) if rank != side[row]}
    assert {b for _, b in found} == set(range(WHOLE_GROUP, WHOLE_GROUP + 8))


def test_crowded_pictures_are_not_each_looked_for_among_all_images():
    class Counted(np.ndarray):
        scans = 0
        __hash__ = None

        def __eq__(self, other):
            Counted.scans += 1
            return np.asarray(self) == other

    exact_group = np.repeat(np.arange(40) * (SPREAD + 1), SPREAD + 1).astype(np.int32)
    side = np.tile(np.array([0, 1], np.int32), len(exact_group))[: len(exact_group)]
    number = np.repeat(np.arange(40), SPREAD + 1)
    copies = list_pairs(number, [], [], [], at_least=0.9, truncated=0)
    found = leaking_pairs(copies, exact_group.view(Counted), side)
    assert {row for _, *rows in found for row in rows} == set(range(len(exact_group)))
    assert Counted.scans < 40


def test_a_large_group_of_edits_leaks_whole_and_is_told(tmp_path):
    original = picture(3, 96)
    for at in range(WHOLE_GROUP + 4):
        folder = tmp_path / "images" / ("train" if at % 3 else "test")
        folder.mkdir(parents=True, exist_ok=True)
        ImageEnhance.Brightness(original).enhance(0.6 + at / 60).save(folder / f"{at}.png")
    work = {"work_dir": tmp_path / "work", "cache_dir": tmp_path / "cache"}
    analysis = fastdup_checks.run(tmp_path / "images", **work).analysis
    assert leak.measure(analysis, LeakScope()).count == WHOLE_GROUP // 3 + 2
    told = near_duplicate_rate.measure(analysis, NearScope()).remark
    versions = f"{WHOLE_GROUP + 4} pictures are in groups of more than {WHOLE_GROUP} versions"
    assert told == f"{versions}: not every two were compared"

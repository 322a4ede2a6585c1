"""Pairs tie images together into groups."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance

from copies.pictures import inputs, photograph
from fastdup_checks.copies import CopyInputs, find_copies, find_groups, rank_to_keep
from fastdup_checks.copies.groups import connect

edges = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14), st.integers(1, 99)), max_size=30)


def arrays(pairs):
    pairs = [(min(a, b), max(a, b), s / 100) for a, b, s in pairs if a != b]
    left, right, score = zip(*pairs, strict=True) if pairs else ((), (), ())
    return np.array(left, np.int32), np.array(right, np.int32), np.array(score, np.float32)


@given(edges)
def test_groups_are_the_connected_components(pairs):
    left, right, score = arrays(pairs)
    label = connect(15, left, right)
    groups = find_groups(15, left, right, score)
    expected = [tuple(np.flatnonzero(label == at).tolist()) for at in range(15) if (label == at).sum() > 1]
    assert [group.members for group in groups] == expected


@given(edges)
def test_a_group_falls_apart_above_its_weakest_link_and_not_below(pairs):
    left, right, score = arrays(pairs)
    for group in find_groups(15, left, right, score):
        members = list(group.members)
        for kept, whole in ((score >= np.float32(group.weakest), True), (score > np.float32(group.weakest), False)):
            label = connect(15, left[kept], right[kept])
            assert (len(set(label[members].tolist())) == 1) is whole


def test_the_unframed_largest_sharpest_least_compressed_is_kept_then_one_outside_training_then_by_path():
    def ranked(**change):
        values = {
            "framed": np.zeros(2, bool),
            "pixels": np.full(2, 100),
            "sharpness": np.ones(2, np.float32),
            "bytes_per_pixel": np.ones(2, np.float32),
            "grey": np.zeros(2, bool),
            "training": np.zeros(2, bool),
            "path": ["a", "b"],
        } | change
        return rank_to_keep([0, 1], **values)

    assert ranked() == [0, 1]
    assert ranked(pixels=np.array([100, 101])) == [1, 0]
    assert ranked(pixels=np.array([101, 100]), framed=np.array([True, False])) == [1, 0]
    assert ranked(grey=np.array([True, False])) == [1, 0]
    assert ranked(sharpness=np.array([1, 2], np.float32)) == [1, 0]
    assert ranked(bytes_per_pixel=np.array([1, 2], np.float32)) == [1, 0]
    assert ranked(training=np.array([True, False])) == [1, 0]
    assert ranked(path=["b", "a"]) == [1, 0]


def test_a_large_group_of_edits_is_found_whole():
    original = photograph(3)
    copies = [ImageEnhance.Brightness(original).enhance(0.5 + at / 150) for at in range(120)]
    found = find_copies(inputs([*copies, *(photograph(seed) for seed in range(10, 30))])).at_least(0.8)
    groups = find_groups(140, found.left, found.right, found.score)
    assert [group.members for group in groups] == [tuple(range(120))]
    assert found.truncated == 120


def test_a_thousand_exact_copies_are_one_group_at_little_cost():
    different = inputs([photograph(seed) for seed in range(4)])
    which = np.array([0] * 1000 + [1, 2, 3])
    found = find_copies(
        CopyInputs(
            count=len(which),
            embeddings=different.embeddings[which],
            width=different.width[which],
            height=different.height[which],
            exact_group=which.astype(np.int32),
            thumbnails=lambda rows: different.thumbnails(which[rows]),
            drawn=different.drawn[which],
            details=lambda rows: different.details(which[rows]),
        )
    )
    groups = find_groups(1003, found.left, found.right, found.score)
    assert [group.members for group in groups] == [tuple(range(1000))]
    assert len(found) < 2000

"""A pair's verdict depends on the two pictures and on nothing else."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from copies.pictures import enlarged, inputs, photograph
from fastdup_checks.copies import CopyInputs, find_copies
from fastdup_checks.copies.calibration import Calibration, shipped
from fastdup_checks.copies.coarse import Descriptions, compare_in_place
from fastdup_checks.copies.hypotheses import PictureSet
from fastdup_checks.copies.pictures import grey, orient, shrink
from fastdup_checks.copies.verify import look_first, measure
from fastdup_checks.index import find_neighbours


def some_pictures():
    images = [photograph(seed) for seed in range(6)]
    images += [ImageOps.mirror(images[0]), ImageEnhance.Brightness(images[1]).enhance(0.6)]
    images += [images[2].crop((30, 20, 200, 150)), images[3].rotate(5), images[0].resize((60, 45))]
    return images


IMAGES = some_pictures()
INPUTS = inputs(IMAGES)
THUMBNAILS = INPUTS.thumbnails(np.arange(INPUTS.count))

AGREEMENT = ["all", "fine", "woven", "agreeing", "margin", "quiet", "finest"]


def shuffled(order, threads=1):
    """What is found among the images in another order, told in the old numbers."""
    order = np.array(order)
    found = find_copies(
        CopyInputs(
            count=len(order),
            embeddings=INPUTS.embeddings[order],
            width=INPUTS.width[order],
            height=INPUTS.height[order],
            exact_group=INPUTS.exact_group[order],
            thumbnails=lambda rows: THUMBNAILS[order[rows]],
            drawn=INPUTS.drawn[order],
            details=lambda rows: INPUTS.details(order[rows]),
        ),
        threads=threads,
    )
    left, right = order[found.left], order[found.right]
    return sorted(
        zip(
            np.minimum(left, right).tolist(),
            np.maximum(left, right).tolist(),
            found.score.tolist(),
            found.edit,
            strict=True,
        )
    )


REFERENCE = shuffled(range(len(IMAGES)))


def test_the_reference_holds_the_planted_copies():
    assert {(a, b) for a, b, score, _ in REFERENCE if score > 0.8} >= {(0, 6), (1, 7), (2, 8), (3, 9), (0, 10)}


@settings(max_examples=6, deadline=None)
@given(st.permutations(range(len(IMAGES))))
def test_the_order_of_the_images_changes_nothing_but_their_numbers(order):
    assert shuffled(order) == REFERENCE


def test_the_number_of_threads_changes_nothing():
    assert shuffled(range(len(IMAGES)), threads=4) == REFERENCE


@settings(max_examples=10, deadline=None)
@given(st.sets(st.integers(0, 54), min_size=1, max_size=54))
def test_a_pair_is_measured_the_same_whatever_pairs_share_its_batch(chosen):
    first, second = np.triu_indices(len(IMAGES), 1)
    some = np.array(sorted(chosen))

    def load(rows):
        return THUMBNAILS[rows]

    def pictures(rows):
        return grey(shrink(THUMBNAILS[rows]))

    described = Descriptions.of(grey(shrink(THUMBNAILS)), THUMBNAILS)

    def look(a, b):
        return look_first(pictures, described, a, b)

    shape = (INPUTS.width / INPUTS.height).astype(np.float32)
    size = np.minimum(INPUTS.width, INPUTS.height).astype(np.float32)
    seen, seen_part = look(first, second), look(first[some], second[some])
    np.testing.assert_array_equal(seen_part.score, seen.score[some])
    compared = PictureSet(pictures, load, shape, size, described.mat, INPUTS.details)
    everything = measure(compared, seen, first, second)
    part = measure(compared, seen_part, first[some], second[some])
    mine = np.isin(everything.pair, some)
    np.testing.assert_array_equal(some[part.pair], everything.pair[mine])
    np.testing.assert_array_equal(part.maps, everything.maps[mine])
    np.testing.assert_array_equal(part.evidence.features, everything.evidence.features[mine])


@pytest.mark.parametrize("code", range(8))
def test_pictures_are_compared_in_place_in_every_orientation(code):
    pictures = grey(shrink(THUMBNAILS[:6]))
    turned = orient(pictures, np.full(6, code))
    rows = np.arange(6)
    both = np.concatenate([turned, pictures])
    best, score = compare_in_place(Descriptions.of(both, enlarged(both)), rows, rows + 6)
    assert (best == code).all()
    assert score.min() > 0.9


def test_known_neighbours_find_the_same_copies():
    near = find_neighbours(INPUTS.embeddings, 10)
    found, again = find_copies(INPUTS, neighbours=5), find_copies(replace(INPUTS, neighbours=near), neighbours=5)
    assert len(found) > 4
    np.testing.assert_array_equal(again.left, found.left)
    np.testing.assert_array_equal(again.right, found.right)
    np.testing.assert_array_equal(again.score, found.score)


def test_a_lower_bar_only_adds_pairs():
    low, high = find_copies(INPUTS, at_least=0.1), find_copies(INPUTS, at_least=0.9)
    listed = {(a, b): s for a, b, s in zip(low.left.tolist(), low.right.tolist(), low.score.tolist(), strict=True)}
    assert len(high) <= len(low)
    for a, b, s in zip(high.left.tolist(), high.right.tolist(), high.score.tolist(), strict=True):
        assert listed[a, b] == s
    assert low.at_least(0.9).left.tolist() == high.left.tolist()


def test_scores_are_probabilities_to_four_digits_in_descending_order():
    found = find_copies(INPUTS)
    assert ((found.score >= 0) & (found.score <= 1)).all()
    assert (np.diff(found.score) <= 0).all()
    np.testing.assert_allclose(found.score * 1e4, np.round(found.score * 1e4), atol=1e-2)
    assert (found.left < found.right).all()


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(AGREEMENT),
    st.floats(0, 1),
)
def test_more_agreement_never_speaks_against_a_copy(seed, name, more):
    model = shipped().pairs
    row = np.random.default_rng(seed).uniform(-0.2, 1, (1, len(model.features))).astype(np.float32)
    better = row.copy()
    better[0, model.features.index(name)] += more
    assert model.probability(better)[0] >= model.probability(row)[0]


def test_a_tree_is_followed_from_question_to_question():
    model = Calibration(
        ("x", "y"), ((0, 1, 1, 0, 0, 0, 0),), ((0.5, 0.2, 0.8, 1e30, 1e30, 1e30, 1e30),), ((1, 1, 2, 2, 3, 3, 4, 4),), 0
    )
    odds = [1, 2, 3, 4]
    features = np.array([[0.5, 0.2], [0.4, 0.3], [0.6, 0.8], [0.6, 0.9]], np.float32)
    features[0, 1] = 0.1
    features[2, 1] = 0.7
    np.testing.assert_allclose(model.probability(features), [1 / (1 + np.exp(-x)) for x in odds], atol=1e-4)


def test_a_pale_picture_is_found_under_stickers_that_are_its_strongest_shapes():
    pale = [ImageEnhance.Contrast(photograph(seed)).enhance(0.35) for seed in range(20, 40)]
    covered = []
    for seed, picture in enumerate(pale, start=20):
        rng, copy = random.Random(seed), picture.copy()
        w, h, r = *picture.size, min(picture.size) * 12 // 100
        for _ in range(3):
            x, y = rng.randint(r, w - r), rng.randint(r, h - r)
            ImageDraw.Draw(copy).ellipse((x - r, y - r, x + r, y + r), fill=(255, 205, 40))
        covered.append(copy)
    found = find_copies(inputs(pale + covered), neighbours=39).at_least(0.5)
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    copies = {(i, i + 20) for i in range(20)}
    assert pairs <= copies
    assert len(pairs) >= 17


def test_a_small_original_is_recognised_shifted_mirrored_and_recoloured():
    base = [photograph(seed, (40, 40)) for seed in range(8)]
    small = [im.crop((4, 4, 36, 36)) for im in base]
    shifted = base[0].crop((6, 5, 38, 37))
    recoloured = Image.merge("RGB", small[2].split()[::-1])
    grey = ImageOps.grayscale(small[3]).convert("RGB")
    found = find_copies(inputs([*small, shifted, ImageOps.mirror(small[1]), recoloured, grey])).at_least(0.5)
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert {(0, 8), (1, 9), (2, 10), (3, 11)} == pairs

"""What a search leaves for the next one saves work, and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFilter, ImageOps

from copies.pictures import inputs, photograph
from fastdup_checks.copies import find as find_module
from fastdup_checks.copies import find_copies
from fastdup_checks.copies import subjects as subjects_module
from fastdup_checks.copies.memory import Memory, distinct, name_pairs, places_in
from fastdup_checks.index.ranking import name_vectors

EDITS = (
    ImageOps.mirror,
    lambda im: im.filter(ImageFilter.GaussianBlur(2)),
    lambda im: ImageOps.expand(im, 10, "black"),
)


@pytest.fixture(scope="module")
def images():
    originals = [photograph(seed) for seed in range(14)]
    return [*originals, *(edit(originals[at]) for at, edit in enumerate(EDITS * 2)), originals[2].copy()]


def named(images, kept=None):
    found = inputs(images)
    pixels = np.array([hash(im.tobytes()) & 0xFFFFFFFF for im in images], np.uint64)
    return replace(found, names=name_pairs(pixels, name_vectors(found.embeddings)), kept=kept)


def same(found, wanted):
    columns = [(getattr(found, name), getattr(wanted, name)) for name in ("left", "right", "score", "exact")]
    return all(a.tobytes() == b.tobytes() for a, b in columns) and found.edit == wanted.edit


@pytest.fixture
def looked_at(monkeypatch):
    """How many pairs are looked at, and how many pictures are described, by each search."""
    count = {"pairs": 0, "pictures": 0}
    look, describe = find_module.look_first, subjects_module.describe

    def counting(pictures, descriptions, first, second):
        count["pairs"] += len(first)
        return look(pictures, descriptions, first, second)

    def counting_pictures(thumbnails, pictures):
        count["pictures"] += len(thumbnails)
        return describe(thumbnails, pictures)

    monkeypatch.setattr(find_module, "look_first", counting)
    monkeypatch.setattr(subjects_module, "describe", counting_pictures)
    return count


@pytest.mark.parametrize("seed", range(3))
def test_images_that_come_and_go_give_the_same_bytes_as_a_search_from_nothing(images, tmp_path, seed):
    random, kept = np.random.default_rng(seed), tmp_path / "kept.npz"
    find_copies(named(images[:12], kept))
    for count in (18, 15, 21):
        some = [images[at] for at in random.permutation(len(images))[:count].tolist()]
        assert same(find_copies(named(some, kept)), find_copies(named(some)))


def test_only_new_pictures_are_described_and_only_new_pairs_are_judged(images, tmp_path, looked_at):
    kept = tmp_path / "kept.npz"
    find_copies(named(images[:-2], kept))
    first = dict(looked_at)
    find_copies(named(images[:-2], kept))
    assert looked_at == first
    find_copies(named(images, kept))
    assert looked_at["pictures"] == first["pictures"] + 1  # the last image is an exact copy
    assert first["pairs"] < looked_at["pairs"] < first["pairs"] + 20


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04nonsense"])
def test_a_file_that_cannot_be_read_is_made_again(images, tmp_path, content):
    kept = tmp_path / "kept.npz"
    kept.write_bytes(content)
    assert same(find_copies(named(images[:8], kept)), find_copies(named(images[:8])))
    assert len(Memory.load(kept).pictures) == 8


def test_the_order_of_a_pair_counts_in_its_name():
    one, other = np.arange(1000, dtype=np.uint64), np.arange(1000, 2000, dtype=np.uint64)
    assert len(np.unique(np.concatenate([name_pairs(one, other), name_pairs(other, one)]))) == 2000


def test_places_of_names_that_are_not_known_are_none():
    known = np.array([3, 5, 9], np.uint64)
    assert places_in(np.array([9, 4, 3, 100], np.uint64), known).tolist() == [2, -1, 0, -1]
    assert places_in(np.array([1], np.uint64), known[:0]).tolist() == [-1]


@pytest.mark.parametrize("parts", [[[]], [[3]], [[5, 5, 1], [], [1, 9]], [[2, 1, 0], [0, 1, 2, 3]]])
def test_distinct_numbers_are_those_of_the_set(parts):
    found = distinct(*(np.array(part, np.int64) for part in parts))
    assert found.tolist() == sorted(set().union(*parts))

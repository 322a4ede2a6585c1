"""Proposals by looks: what is kept for the next search saves work, and changes nothing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from copies.pictures import enlarged
from fastdup_checks.copies import alike as alike_module
from fastdup_checks.copies.alike import propose
from fastdup_checks.copies.coarse import Descriptions
from fastdup_checks.index import Scale


def draw(count: int) -> np.ndarray:
    """Smooth pictures (count, 32, 32): of few kinds, some in frames, some mirrored, and thirty look the same."""
    random = np.random.default_rng(1)
    kinds = random.normal(0, 40, (7, 5, 5))
    small = kinds[random.integers(0, 7, count)] + random.normal(0, 18, (count, 5, 5))
    pictures = np.stack([np.kron(one, np.ones((7, 7)))[:32, :32] for one in small]) + 128
    pictures[::4] = pictures[::4, :, ::-1]
    pictures[3::9, :5], pictures[3::9, -6:] = 20, 20
    pictures[-30:] = pictures[0]
    return pictures.astype(np.float32)


PICTURES = draw(160)
NAMES = np.random.default_rng(2).permutation(np.arange(160, dtype=np.uint64) << np.uint64(40))
WHOLE = Descriptions.of(PICTURES, enlarged(PICTURES))


def among(rows, file=None, scale=None):
    """The pairs of names that are proposed among some pictures, and the recall."""
    some = Descriptions(*(getattr(WHOLE, field.name)[rows] for field in fields(Descriptions)))
    names = NAMES[rows]
    first, second, recall = propose(some, names, file, threads=1, scale=scale or Scale())
    return set(zip(names[first].tolist(), names[second].tolist(), strict=True)), recall


@pytest.fixture
def asked(monkeypatch):
    """How many poses are asked about by each search."""
    count: list[int] = []
    nearest = alike_module.nearest

    def counting(queries, *args, **more):
        count.append(len(queries))
        return nearest(queries, *args, **more)

    monkeypatch.setattr(alike_module, "nearest", counting)
    return count


@pytest.mark.parametrize("seed", range(12))
def test_pictures_that_come_and_go_are_proposed_as_if_there_were_no_last_time(seed, tmp_path):
    random, file = np.random.default_rng(seed), tmp_path / "kept.npz"
    rows = np.sort(random.permutation(160)[: random.integers(3, 160)])
    for _ in range(4):
        assert among(rows, file) == among(rows)
        gone, come = random.integers(0, 12, 2)
        rest = np.setdiff1d(np.arange(160), rows)
        rows = np.append(random.permutation(rows)[gone:], random.permutation(rest)[:come])
        rows = rows if len(rows) > 2 else np.arange(3)


def test_only_new_pictures_and_those_that_lost_one_are_asked_about(asked, tmp_path):
    file = tmp_path / "kept.npz"
    among(np.arange(120), file)
    among(np.arange(120), file)
    among(np.arange(123), file)
    assert asked[1] == 0
    assert 3 <= asked[2] < asked[0] / 10


def test_of_pictures_that_look_the_same_those_are_asked_again_that_found_too_many(asked, tmp_path):
    file = tmp_path / "kept.npz"
    among(np.arange(158), file)
    assert among(np.arange(160), file) == among(np.arange(160))
    assert 30 <= asked[1] < asked[0]


def test_more_that_look_the_same_than_fit_are_left_out_as_if_there_were_no_last_time(tmp_path):
    file = tmp_path / "kept.npz"
    among(np.arange(138), file)
    assert among(np.arange(160), file) == among(np.arange(160))


def test_a_search_by_clusters_keeps_its_recall_and_is_made_again_where_all_can_be_compared(tmp_path):
    file = tmp_path / "kept.npz"
    coarse = Scale(exact_up_to=60, sample=50)
    _, recall = among(np.arange(120), file, coarse)
    assert among(np.arange(122), file, coarse)[1] == recall <= 1
    assert among(np.arange(122), file) == among(np.arange(122))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_what_cannot_be_read_is_made_again(content, tmp_path):
    file = tmp_path / "kept.npz"
    file.write_bytes(content)
    assert among(np.arange(40), file) == among(np.arange(40))
    assert among(np.arange(40), file) == among(np.arange(40))

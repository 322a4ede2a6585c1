"""Frames around pictures are told from the pictures' own ground."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from copies.pictures import photograph, thumbnail
from fastdup_checks.copies.coarse import Descriptions, look
from fastdup_checks.copies.pictures import grey, shrink, without_mat
from fastdup_checks.copies.poses import find_mat, standard_pose
from fastdup_checks.copies.windows import DIMENSIONS, ORIENTATIONS, PLACE


def picture(seed: int, side: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 200, (side, side)).astype(np.float32)


def mats_of(pictures: np.ndarray) -> list[list[int]]:
    """Those of pictures (n, 64, 64)."""
    thumbnails = np.repeat(pictures.astype(np.uint8)[..., None], 3, axis=3)
    return find_mat(grey(shrink(thumbnails)), thumbnails).tolist()


def doubled(pictures: np.ndarray) -> np.ndarray:
    return pictures.repeat(2, axis=-1).repeat(2, axis=-2)


@given(st.integers(2, 6), st.integers(2, 6), st.integers(2, 6), st.integers(2, 6), st.integers(0, 99))
def test_a_mat_is_found_on_every_side(left, right, top, bottom, seed):
    framed = np.full((1, 32, 32), 255, np.float32)
    inside = picture(seed, 32)[: 32 - top - bottom, : 32 - left - right]
    framed[0, top : 32 - bottom, left : 32 - right] = inside
    assert mats_of(doubled(framed)) == [[left + 1, right + 1, top + 1, bottom + 1]]


def test_a_mat_inside_a_mat_is_found():
    framed = np.zeros((1, 32, 32), np.float32)
    framed[0, 3:29, 3:29] = 255
    framed[0, 8:24, 8:24] = picture(0, 16)
    assert mats_of(doubled(framed)) == [[9, 9, 9, 9]]


def test_a_thin_mat_inside_a_mat_is_found():
    shot = ImageOps.expand(ImageOps.expand(photograph(3).resize((200, 200)), 12, "white"), 16)
    assert mats_of(thumbnail(shot).mean(axis=2)[None]) == [[4, 4, 4, 4]]


def test_sky_within_a_mat_is_no_mat():
    sky = Image.new("RGB", (200, 200), "#9ab")
    sky.paste(photograph(3).resize((200, 140)), (0, 60))
    assert mats_of(thumbnail(ImageOps.expand(sky, 20)).mean(axis=2)[None]) == [[3, 3, 3, 3]]


def test_the_ground_of_an_object_is_no_mat():
    y, x = np.mgrid[:32, :32]
    disc = np.where((y - 16) ** 2 + (x - 16) ** 2 < 80, 90, 255).astype(np.float32)
    assert not np.any(mats_of(doubled(np.stack([disc, np.full((32, 32), 7), picture(1, 32)]))))


def test_a_painted_mat_shows_only_what_it_encloses():
    framed = np.full((1, 64, 64), 255, np.float32)
    framed[0, 8:56, 8:56] = picture(2, 48)
    painted = without_mat(framed, np.array([[5, 5, 5, 5]], np.uint8))
    np.testing.assert_array_equal(painted[0, 10:54, 10:54], framed[0, 10:54, 10:54])
    assert painted.max() < 255
    assert framed.max() == 255


def test_the_smaller_picture_lies_in_the_larger_one_whichever_is_named_first():
    whole = photograph(5)
    thumbnails = np.stack([thumbnail(whole), thumbnail(whole.crop((30, 20, 200, 150)).rotate(90, expand=True))])
    small = shrink(thumbnails)
    for first, second in ((0, 1), (1, 0)):
        found = look(
            lambda rows: grey(small[rows]),
            Descriptions.of(grey(small), thumbnails),
            np.array([first]),
            np.array([second]),
        )
        assert (np.abs(np.linalg.det(found.maps[0, :, :, :2].astype(float))) <= 1 + 1e-5).all()
        assert found.swapped[0, 0] == (first == 1)


@given(st.integers(0, 99))
def test_a_picture_has_one_standard_pose_however_it_is_turned_mirrored_or_inverted(seed):
    described = 2 * np.random.default_rng(seed).integers(-250, 250, (5, DIMENSIONS)).astype(np.int16)
    described[:, [PLACE[1, 0], PLACE[2, 0]]] |= 1  # so that nothing by which a pose is told is zero, or as large
    described[described == 0] = 2
    order, sign = (np.stack(column) for column in zip(*ORIENTATIONS, strict=True))
    turned = (described[:, order] * sign).astype(np.int16)
    versions = np.concatenate([turned, -turned], axis=1).reshape(-1, DIMENSIONS)
    row, pose = standard_pose(versions, undecided=False)
    assert np.array_equal(row, np.arange(len(versions)))
    assert np.array_equal(pose, np.repeat(pose[::16], 16, axis=0))
    source, poses = standard_pose(versions, undecided=True)
    assert np.array_equal(np.unique(source), row)
    assert all((poses[source == at] == pose[at]).all(axis=1).any() for at in row.tolist())

"""Colours are described where they are, with their spread."""

from __future__ import annotations

import numpy as np
import pytest

from fastdup_checks.colours import describe_colours


def test_means_and_spreads_are_those_of_the_cells():
    pictures = np.random.default_rng(0).integers(0, 256, (300, 64, 64, 3), dtype=np.uint8)
    found = describe_colours(pictures)
    assert found.shape == (300, 96)
    blocks = pictures.reshape(300, 16, 4, 16, 4, 3).mean((2, 4)) / 255
    red, green, blue = np.moveaxis(blocks, 3, 0)
    opponent = np.stack([red + green + blue, red - green, red + green - 2 * blue])
    cells = opponent.reshape(3, 300, 4, 4, 4, 4)
    mean, spread = cells.mean((3, 5)), cells.std((3, 5))
    wanted = np.concatenate([np.moveaxis(part, 1, 0).reshape(300, -1) for part in (mean, spread)], 1)
    assert found == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_a_plain_picture_has_no_spread(colour):
    found = describe_colours(np.full((1, 64, 64, 3), colour, np.uint8))[0]
    assert (found[48:] < 1e-6).all()
    assert found[:16] == pytest.approx(3 * colour / 255)


def test_no_pictures_have_no_colours():
    assert describe_colours(np.zeros((0, 64, 64, 3), np.uint8)).shape == (0, 96)

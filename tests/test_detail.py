from __future__ import annotations

import numpy as np
import pytest
from copies.pictures import photograph
from PIL import Image, ImageDraw, ImageFilter

from fastdup_checks.detail import DETAIL_SIDE, is_drawn, keep_detail, restore_detail
from fastdup_checks.statistics import measure_statistics


def drawing(text: str = "Hello", size=(300, 200)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((150, 100), text, fill="black", font_size=40, anchor="mm")
    return picture


def drawn(picture: Image.Image) -> bool:
    return bool(is_drawn(measure_statistics(picture, *picture.size)))


@pytest.mark.parametrize("seed", range(4))
def test_photographs_are_not_drawn(seed):
    assert not drawn(photograph(seed))


def test_pages_are_drawn_even_after_they_were_photographed_a_little_out_of_focus():
    assert drawn(drawing())
    assert drawn(drawing().filter(ImageFilter.GaussianBlur(2)))


def test_a_detail_comes_back_within_half_a_step():
    picture = drawing()
    expected = np.asarray(picture.convert("L").resize((DETAIL_SIDE, DETAIL_SIDE), Image.Resampling.BICUBIC)).astype(int)
    assert np.abs(restore_detail(keep_detail(picture)).astype(int) - expected).max() <= 2


@pytest.mark.parametrize("packed", [b"", b"x", keep_detail(drawing())[:-9]])
def test_a_detail_that_is_not_whole_is_refused(packed):
    with pytest.raises(ValueError, match=r"."):
        restore_detail(packed)

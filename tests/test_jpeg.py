from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fastdup_checks.decode import Unreadable, decode
from fastdup_checks.limits import Limits

END = b"\xff\xd9"


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def picture(side, mode="RGB"):
    """Smooth, with some noise; nowhere grey."""
    rng = np.random.default_rng(side)
    ramp = np.linspace(30, 90, side)[:, None, None] + np.array([0, 20, 5]) + rng.normal(0, 6, (side, side, 3))
    return Image.fromarray(np.clip(ramp, 0, 255).astype(np.uint8)).convert(mode)


def grey_below(side):
    """A picture whose lower half is the grey that decoders paint for what is missing."""
    image = picture(side)
    image.paste((128, 128, 128), (0, side // 32 * 16, side, side))
    return image


@pytest.mark.parametrize(
    "options", [{}, {"subsampling": 2}, {"quality": 100}, {"restart_marker_rows": 1}, {"optimize": True}]
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("side", [100, 900])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_jpeg_that_was_cut_and_given_an_end_marker_is_truncated(options, mode, side, share):
    data = saved(picture(side, mode), **options)
    scan = data.index(b"\xff\xda") + 20
    with pytest.raises(Unreadable, match="^truncated JPEG: its data ends before the picture does$"):
        decode(data[: scan + int((len(data) - scan) * share)].removesuffix(b"\xff") + END, Limits())


def test_a_jpeg_that_was_cut_and_filled_up_is_truncated():
    data = saved(picture(300))
    cut = data[: len(data) // 2]
    for more in (b"\xff", b"\xff" * (len(data) - len(cut) - 2)):
        with pytest.raises(Unreadable, match="^truncated JPEG: its data ends before the picture does$"):
            decode(cut + more + END, Limits())


@given(st.integers(16, 200), st.sampled_from([{}, {"progressive": True}, {"optimize": True}, {"quality": 100}]))
def test_a_whole_jpeg_that_ends_in_grey_is_read(side, options):
    data = saved(grey_below(side), **options)
    assert decode(data, Limits()).rgb.getpixel((side - 1, side - 1)) == (128, 128, 128)
    assert decode(data[:-2] + b"\0" * 9 + END, Limits()).rgb.tobytes() == decode(data, Limits()).rgb.tobytes()

"""Any decoded picture as 8-bit RGB, and what that does not show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("flatten", "lost_by_flattening")

_WHITE = (255, 255, 255)
_GREY = (128, 128, 128)
_HIDDEN = 249
"""Luma from which nothing is told from white: a picture of no less is called blank."""
_WHITE_POINTS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)
"""Of floating-point pictures, and of 8, 10, 12, 14 and 16 bits."""


def lost_by_flattening(image: Image.Image) -> bytes:
    """What of the pixels flattening does not show; nothing of most pictures."""
    if image.mode.startswith(("I", "F")):
        return np.asarray(image).astype("<f8" if image.mode == "F" else "<i8").tobytes()
    if _see_through(image):
        rgba = image.convert("RGBA")
        return b"" if rgba.getchannel("A").getextrema() == (255, 255) else rgba.tobytes()
    return b""


def _see_through(image: Image.Image) -> bool:
    transparent = image.mode in {"P", "L", "RGB"} and "transparency" in image.info
    return transparent or image.mode in {"RGBA", "LA", "PA", "RGBa", "La"}


def flatten(image: Image.Image) -> Image.Image:
    """8-bit RGB, on white; on grey where that would hide all there is to see, as of a white icon."""
    mode = image.mode
    if mode == "RGB" and "transparency" not in image.info:
        return image
    if mode.startswith(("I", "F")):
        return Image.fromarray(_to_eight_bits(np.asarray(image, dtype=np.float64))).convert("RGB")
    if _see_through(image):
        rgba = image.convert("RGBA")
        flat, alpha = _lay_on(_WHITE, rgba), np.asarray(rgba.getchannel("A"))
        hidden = alpha.min() < alpha.max() and np.asarray(flat.convert("L")).min() >= _HIDDEN
        return _lay_on(_GREY, rgba) if hidden else flat
    return image.convert("RGB")


def _lay_on(colour: tuple[int, int, int], rgba: Image.Image) -> Image.Image:
    ground = Image.new("RGB", rgba.size, colour)
    ground.paste(rgba, mask=rgba.getchannel("A"))
    return ground


def _to_eight_bits(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Scale by what the range says the white point is, see `_WHITE_POINTS`; any other range is stretched to fit."""
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0:
        white = next((point for point in _WHITE_POINTS if high <= point), high)
        low = 0.0
    else:
        white = high - low or 1.0
    return np.clip((values - low) / white * 255 + 0.5, 0, 255).astype(np.uint8)

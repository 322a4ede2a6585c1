"""Smaller pictures for pages with thousands of them."""

from __future__ import annotations

import io

__all__ = ("SMALL_QUALITY", "SMALL_SIDE", "shrink")

SMALL_SIDE = 112
SMALL_QUALITY = 45


def shrink(jpeg: bytes) -> bytes:
    """A thumbnail at about a quarter of its bytes, to tell what it shows and no more.

    Args:
        jpeg: Any picture that Pillow reads.

    Returns:
        WebP, long side at most 112 px; or the picture as it was, where that is no larger.
    """
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as image:
        small = image.convert("RGB")
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=SMALL_QUALITY, method=1)
    return min(out.getvalue(), jpeg, key=len)

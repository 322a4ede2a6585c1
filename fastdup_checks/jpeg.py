"""JPEG files, byte by byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("first_picture", "picture_data")

_START, _END = 0xD8, 0xD9
"""Markers around a picture."""


def first_picture(data: bytes, count: int) -> bytes | None:
    """The first of so many pictures in a file, without what follows it: videos of phones, say, hold any bytes.

    Returns:
        Its bytes, or None where the end marker of one of them is missing.
    """
    at, first, inside = 0, 0, False
    for place, code in _markers(data):
        if place < at:
            continue
        if not inside:
            inside = code == _START
        elif code == _END:
            first, count, inside = first or place + 2, count - 1, False
            if not count:
                return data[:first]
        elif code not in {0x01, _START}:  # all others have a length
            at = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    # Programs that make a picture smaller drop the others, and keep the table of them.
    return data[:first] if first and not inside else None


def picture_data(data: bytes, orientation: int) -> bytes:
    """The JPEG without its metadata: what decides the pixels, exactly and without decoding them at full scale."""
    kept = [bytes([orientation])]
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big") + 2
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker == 0xEE:
            kept.append(data[at : at + length])
        at += length
    kept.append(data[at:])
    return b"".join(kept)


def _markers(data: bytes) -> Iterator[tuple[int, int]]:
    """Where a byte 255 begins a marker and not a restart or a stuffed byte, as the data of a scan hold, and which."""
    raw = np.frombuffer(data, np.uint8)
    place = np.flatnonzero(raw[:-1] == 255)
    code = raw[place + 1]
    marks = (code != 0) & (code != 255) & ((code < 0xD0) | (code > 0xD7))
    return zip(place[marks].tolist(), code[marks].tolist(), strict=True)

"""Small videos made from code, for tests."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 10
"""Frames a second; every tenth is a key frame."""


def write_video(file: Path, seconds: int, *, seed: int = 0, codec: str = "mpeg4", rate: int = RATE) -> Path:
    """A red square that moves over a still ground of 160 x 120 pixels; another seed gives another ground.

    At another rate the same frames last as much longer or shorter.
    """
    ground = np.random.default_rng(seed).integers(0, 200, (3, 4, 3), np.uint8).repeat(40, 0).repeat(40, 1)
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 120, "yuv420p", RATE
        for number in range(seconds * RATE):
            pixels = ground.copy()
            left = 2 * number % 120
            pixels[20:60, left : left + 40] = (255, 0, 0)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return file


def turn_a_quarter(file: Path) -> None:
    """Have an MP4 file say, as a telephone held upright does, that its pictures are to be turned clockwise."""
    data = bytearray(file.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = (1 << 16).to_bytes(4, "big")
    matrix = [b"\0" * 4, one, b"\0" * 4, (-(1 << 16)).to_bytes(4, "big", signed=True)]
    data[at : at + 20] = b"".join((*matrix, b"\0" * 4))
    file.write_bytes(data)

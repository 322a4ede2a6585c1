"""Bytes of an image file -> pixels, or the reason why there are none."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from fastdup_checks.eight_bits import flatten, lost_by_flattening
from fastdup_checks.jpeg import first_picture, picture_data
from fastdup_checks.unreadable import what_it_is, why_it_failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastdup_checks.limits import Limits

__all__ = (
    "DECODER_VERSION",
    "WORKING_SIDE",
    "Picture",
    "TooLargeHere",
    "Unreadable",
    "decode",
    "own_decoder",
    "squash",
    "unsquash",
)

DECODER_VERSION = 7
"""Raise it when the pixels, the digests or the reasons change: stored scans of the old version are then not used."""

WORKING_SIDE = 160
"""A JPEG is decoded at a reduced scale only as far as its shorter side keeps this many pixels."""

_USUAL_PIXELS = 90_000_000
"""From about this on Pillow warns: where `limits` allow less it is for us to refuse, with the size in the reason."""
_GREY = (128, (128, 128, 128))
"""What a JPEG decoder gives for the blocks of which there is no data."""
_FILLER = bytes(range(1, 255)) * 4


class Unreadable(Exception):  # noqa: N818 - a state of the data, not an error of the program
    """The bytes are not an image that can be read whole; the message is the reason."""


class TooLargeHere(Unreadable):
    """There is not enough memory now; another time, or on another machine, there may be."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image."""

    rgb: Image.Image
    """RGB, EXIF orientation applied; reduced in scale where the file is a large JPEG."""
    width: int
    """Pixels of the stored picture, after orientation."""
    height: int
    format: str
    """"JPEG", "PNG", ..."""
    mode: str
    """Pillow's name of the stored pixel format: "RGB", "L", "P", "CMYK", "I;16", ..."""
    digest: bytes
    """32 bytes, equal for files that show the same pixels whatever their metadata. What `rgb` lacks counts as well:
    finer steps than 256, transparency, further frames and pages."""


@contextmanager
def own_decoder(limits: Limits) -> Iterator[None]:
    """Decode alike in every program, whatever it has set in Pillow, and without warnings about odd files.

    Training scripts often let Pillow take truncated files for whole ones, and its own limit of pixels is below what
    `limits` may allow. Both are settings of the process, and come back at the end.
    """
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\..*")
        warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
        # Pillow refuses what is more than twice its limit.
        Image.MAX_IMAGE_PIXELS = max(_USUAL_PIXELS, limits.megapixels * 500_000)
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


def decode(data: bytes, limits: Limits, *, side: int = WORKING_SIDE) -> Picture:
    """Decode an image whole.

    Alpha is laid on white, or on grey where white would hide all there is to see. Grey, palette, CMYK and 16-bit
    pictures become 8-bit RGB, of an animation or several pages the first one is taken. Pictures of more than 8 bits are
    as bright as a depth of 8, 10, 12, 14 or 16 bits makes them, whichever holds their brightest value: scanners and
    cameras store 12 bits in 16. A large JPEG is decoded at 1/2, 1/4 or 1/8 scale, still from every byte of it.

    Args:
        data: the bytes of the file.
        limits: how large it may be.
        side: pixels that the shorter side keeps where the scale is reduced.

    Raises:
        Unreadable: with the reason, for anything that is not one whole image within the limits.
    """
    if not data:
        raise Unreadable("empty file")
    if len(data) > limits.megabytes * 1_000_000:
        raise Unreadable(f"file too large: more than {limits.megabytes} MB")
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _decode_opened(image, data, limits, side)
    except Unreadable:
        raise
    except UnidentifiedImageError:
        raise Unreadable(what_it_is(data)) from None
    except Image.DecompressionBombError:
        raise Unreadable(f"picture too large: more than {limits.megapixels} megapixels") from None
    except MemoryError:
        raise TooLargeHere("picture too large for the memory of this machine") from None
    except Exception as error:  # noqa: BLE001 - a decoder may fail in any way on hostile bytes; all mean the same
        raise Unreadable(why_it_failed(error, data)) from None


def squash(rgb: Image.Image, side: int) -> NDArray[np.uint8]:
    """The whole picture as a square, antialiased.

    The one preprocessing of thumbnails and encoders, in training as in the scan.

    Returns:
        uint8 (side, side, 3).
    """
    return np.asarray(rgb.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0))


def unsquash(square: NDArray[np.uint8], width: int, height: int) -> Image.Image:
    """A squashed picture in its shape again, for eyes.

    Args:
        square: uint8 (side, side, 3), RGB.
        width: of the picture that it was, pixels.
        height: likewise.

    Returns:
        The picture, its longer side as long as that of the square.
    """
    scale = len(square) / max(width, height)
    return Image.fromarray(square).resize((max(1, round(width * scale)), max(1, round(height * scale))))


def _decode_opened(image: Image.Image, data: bytes, limits: Limits, side: int) -> Picture:
    width, height = image.size
    if width * height > limits.megapixels * 1_000_000:
        raise Unreadable(f"picture too large: {width} x {height} pixels, more than {limits.megapixels} megapixels")
    if width == 0 or height == 0:
        raise Unreadable("picture has no pixels")
    kind, mode = image.format or "", image.mode
    if kind == "EPS":  # a program, which Pillow hands to Ghostscript
        raise Unreadable("not an image: the file holds PostScript, which is not run")
    frames = 1 if kind == "JPEG" else getattr(image, "n_frames", 1)
    data = _with_its_end(data, kind, frames if kind == "MPO" else 1)
    if kind in {"JPEG", "MPO"}:
        image.draft("RGB" if mode != "L" else "L", (side, side))
    image.load()
    if kind in {"JPEG", "MPO"} and _ends_early(image, data):
        raise Unreadable("truncated JPEG: its data ends before the picture does")
    reduced = image.size != (width, height)
    orientation = _orientation(image) if "exif" in image.info or kind in {"TIFF", "WEBP", "PNG"} else 1
    rgb = flatten(image)
    lost = data if frames > 1 and kind != "MPO" else lost_by_flattening(image)
    if orientation > 1:
        rgb = rgb.transpose(_TRANSPOSE[orientation])
        if orientation >= 5:
            width, height = height, width
    digest = hashlib.sha256(struct.pack("<IIB", width, height, reduced))
    digest.update(picture_data(data, orientation) if reduced else rgb.tobytes())
    if lost:
        digest.update(struct.pack("<B", orientation) + lost)
    return Picture(rgb, width, height, kind, mode, digest.digest())


def _with_its_end(data: bytes, kind: str, count: int) -> bytes:
    """The data, of a JPEG file that of the first of so many pictures, after a look at what ends it."""
    if kind in {"JPEG", "MPO"}:
        picture = first_picture(data, count)
        if picture is None:
            raise Unreadable("truncated JPEG: the end marker is missing")
        return picture
    if kind == "PNG" and b"IEND\xaeB`\x82" not in data:
        raise Unreadable("truncated PNG: the end chunk is missing")
    if kind == "GIF" and not _gif_ends(data):
        raise Unreadable("truncated GIF: the end mark is missing")
    return data


def _ends_early(image: Image.Image, data: bytes) -> bool:
    """Whether the data of a JPEG ends before the picture does, though the end marker is there.

    Decoders say so to nobody, and paint grey what is missing. Where the last pixel is that grey, more data is put
    before the end marker: only of a picture that lacks some do other pixels come out. A progressive JPEG is not seen
    through: it lacks detail, and no pixels.

    Args:
        image: the decoded picture.
        data: of it alone, with the end marker.
    """
    if image.mode not in {"L", "RGB"} or image.getpixel((image.width - 1, image.height - 1)) not in _GREY:
        return False
    shown = []
    start = data[:-2].rstrip(b"\xff")  # which would make a marker of what is put behind it
    for more in (b"", _FILLER):
        with Image.open(io.BytesIO(start + more + data[-2:]), formats=["JPEG"]) as again:
            again.draft(image.mode, image.size)
            shown.append(again.tobytes())
    return shown[0] != shown[1]


_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _orientation(image: Image.Image) -> int:
    """1..8 as in EXIF; 1, upright, where that says nothing or cannot be read: it is not the picture that is damaged."""
    try:
        said = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 - as in `decode`
        return 1
    return int(said) if said in range(1, 9) else 1


def _gif_ends(data: bytes) -> bool:
    """Whether the blocks of a GIF go on to its end mark, or to something unknown: Pillow looks at the first frame."""

    def colours(flags: int) -> int:
        return 3 << (flags & 7) + 1 if flags & 128 else 0

    try:
        at = 13 + colours(data[10])
        while (kind := data[at]) in b"!,":
            at += 2 if kind == ord("!") else 11 + colours(data[at + 9])
            while size := data[at]:
                at += 1 + size
            at += 1
    except IndexError:
        return False
    return True

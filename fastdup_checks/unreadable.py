"""Why bytes that are called an image are none, in words."""

from __future__ import annotations

import codecs

__all__ = ("what_it_is", "why_it_failed")

_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
_AVIF = frozenset((b"avif", b"avis"))
_PAGES = (b"<!doctype html", b"<html", b"<?xml", b"<svg")
_STARTS = {
    b"\xff\x0a": "JPEG XL cannot be decoded here",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL cannot be decoded here",
    b"%PDF": "not an image: the file holds a PDF",
    b"PK\x03\x04": "not an image: the file holds a ZIP archive",
    b"\x1aE\xdf\xa3": "not an image: the file holds a video",
    b"version https://git-lfs": "not an image: a Git LFS pointer whose content was not fetched (git lfs pull)",
}
"""How files begin that no decoder knows, and what they are."""
_TRUNCATED = "truncated: the file ends before the picture does"


def what_it_is(data: bytes) -> str:
    """What bytes that no decoder knows seem to be."""
    start, brand = data[:512], data[8:12]
    for known, what in _STARTS.items():
        if start.startswith(known):
            return what
    if _is_cut(data):
        return _TRUNCATED
    if data[4:8] == b"ftyp" and brand not in _AVIF:
        return "HEIC cannot be decoded here" if brand in _HEIC else "not an image: the file holds a video"
    if not data.strip(b"\0"):
        return "not an image: all bytes are zero"
    if start.lstrip().lower().startswith(_PAGES):
        return "not an image: the file holds a web page or XML"
    return "not an image: the file holds text" if _is_text(start) else "not an image, or a damaged header"


def _is_cut(data: bytes) -> bool:
    """Whether the header speaks of bytes that are not there."""
    if data[:4] in {b"II*\0", b"MM\0*"}:
        return int.from_bytes(data[4:8], "little" if data.startswith(b"II") else "big") >= len(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return False


def _is_text(start: bytes) -> bool:
    try:
        words = codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c.isspace() for c in words)


def why_it_failed(error: Exception, data: bytes) -> str:
    """What an error of a decoder says of the bytes."""
    text = " ".join(str(error).split())
    if "truncated" in text.lower() or isinstance(error, EOFError) or _is_cut(data):
        return _TRUNCATED
    return f"damaged: {text}" if text else f"damaged: {type(error).__name__}"

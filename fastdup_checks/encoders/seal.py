"""A digest that an ONNX file carries of itself, so that a damaged one is told before it is run.

`python -m fastdup_checks.encoders.seal FILE...` seals files. The seal is the last metadata entry of the file: protocol
buffers may be extended by appending, so the file stays valid ONNX, and what comes before the seal is what it covers.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

__all__ = ("is_sealed", "is_whole", "seal")

_KEY = b"fastdup_checks.sha256"
_ENTRY = b"\x0a" + bytes([len(_KEY)]) + _KEY + b"\x12\x40"
"""StringStringEntryProto: field 1 is the key, field 2 a value of 64 characters."""
_HEAD = b"\x72" + bytes([len(_ENTRY) + 64]) + _ENTRY
"""ModelProto: field 14 holds a metadata entry."""


def seal(model: bytes) -> bytes:
    """The file with its digest appended; one that is sealed already is sealed again, as it is now."""
    bare = model[: -len(_HEAD) - 64] if is_sealed(model) else model
    return bare + _HEAD + hashlib.sha256(bare).hexdigest().encode()


def is_sealed(model: bytes) -> bool:
    """Whether the file ends with a digest."""
    return model[-len(_HEAD) - 64 : -64] == _HEAD


def is_whole(model: bytes) -> bool:
    """Whether the digest, where there is one, is that of the file."""
    return not is_sealed(model) or seal(model) == model


if __name__ == "__main__":
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_bytes(seal(file.read_bytes()))

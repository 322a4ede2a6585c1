"""Names that Great Expectations can store, told without loading it."""

from __future__ import annotations

__all__ = ("fault_of_name",)

_LONGEST = 200
"""Bytes of a name, to which GX adds the ends of the names of files."""


def fault_of_name(name: str) -> str | None:
    """Why GX can make no names of files and folders of the name of a suite; None where it can."""
    if not name.strip() or name in {".", ".."} or any(sign in name for sign in "/\\"):
        return "it is empty, or means a folder"
    if not name.isprintable():
        return "it holds what cannot be printed"
    if len(name.encode()) > _LONGEST:
        return f"it has more than {_LONGEST} bytes"
    return None

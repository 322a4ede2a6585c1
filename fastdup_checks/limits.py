"""How large a file may be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("Limits",)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before it eats the memory of the machine."""

    megabytes: int = 256
    """Largest file."""
    megapixels: int = 150
    """Largest picture."""

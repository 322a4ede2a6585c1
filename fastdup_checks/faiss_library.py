"""FAISS, loaded so that it uses what the processor can do.

Its wheels for Linux bring an OpenBLAS of 2021 that does not know later processors by name, and falls back to what one
of 2004 could do: a search then takes three times as long. The kind of kernels can be named, which OpenBLAS reads once,
when it is loaded. They change last digits at most, and no caller stands on those.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ("kernels_for", "load_faiss")

_VARIABLE = "OPENBLAS_CORETYPE"
_PROCESSOR = Path("/proc/cpuinfo")
_KERNELS = (
    ("SkylakeX", frozenset(("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx2", "fma"))),
    ("Haswell", frozenset(("avx2", "fma"))),
)
"""Names of OpenBLAS and the instructions that they need, the best first; AMD's processors run them as well."""


@cache
def load_faiss() -> Any:
    """The module; a choice that the environment makes already stays."""
    kernels = kernels_for(_instructions())
    if kernels is None or _VARIABLE in os.environ or "faiss" in sys.modules:
        import faiss

        return faiss
    os.environ[_VARIABLE] = kernels
    try:
        import faiss
    finally:
        del os.environ[_VARIABLE]  # other libraries and processes know better by themselves
    return faiss


def kernels_for(instructions: frozenset[str]) -> str | None:
    """The kernels for a processor, None where OpenBLAS shall choose.

    Args:
        instructions: what the processor can do, as Linux names it.
    """
    return next((name for name, needed in _KERNELS if needed <= instructions), None)


def _instructions() -> frozenset[str]:
    """What the processor can do; nothing where that is not known, as on other systems than Linux."""
    try:
        lines = _PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), ()))

"""Results that are kept in the store under a name that covers everything they were derived from."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.one_core import one_core
from fastdup_checks.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ("derive", "texts_column", "texts_of")

_NEWEST = 16
"""Results of one kind that stay: those of a dataset that grows are some 45 MB each time with 100,000 images."""


def derive(
    cache: Path,
    kind: str,
    inputs: tuple[str | bytes, ...],
    compute: Callable[[], Mapping[str, NDArray[Any]]],
) -> Mapping[str, NDArray[Any]]:
    """Arrays by name: from the store where they are known, else computed and stored.

    Args:
        cache: directory of the store.
        kind: names the computation and its version: "neighbours-1". Change it when the algorithm changes.
        inputs: everything that the result depends on.
        compute: gives arrays of numbers or booleans, or `texts_column`s.
    """
    digest = hashlib.sha256()
    for part in inputs:
        raw = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "little") + raw)
    name = f"{kind}/{digest.hexdigest()}"
    with Store(cache) as store:
        known = store.derived(name)
    if known is not None:
        with np.load(io.BytesIO(known), allow_pickle=False) as arrays:
            return dict(arrays)
    with one_core():
        columns = compute()
    out = io.BytesIO()
    stored: dict[str, Any] = dict(columns)
    np.savez(out, **stored)
    with Store(cache) as store:
        store.derive(name, out.getvalue(), newest=_NEWEST)
    return columns


def texts_column(texts: tuple[str | None, ...]) -> NDArray[np.uint8]:
    """Texts as an array that can be stored; few of them differ."""
    known = sorted({t for t in texts if t is not None})
    number = {text: place for place, text in enumerate(known)}
    raw = json.dumps([known, [number[t] if t is not None else -1 for t in texts]]).encode()
    return np.frombuffer(raw, dtype=np.uint8)


def texts_of(column: NDArray[np.uint8]) -> tuple[str | None, ...]:
    """The inverse of `texts_column`."""
    known, places = json.loads(column.tobytes())
    return tuple(known[place] if place >= 0 else None for place in places)

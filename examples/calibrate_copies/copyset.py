"""Build a labelled copy set in memory: originals, their edits, and pictures that only look like them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from drawings import render_chart, render_flat, render_glyph, render_logo, render_outline, render_page
from edits import EDITS, PLAIN_EDITS, SIMPLE_EDITS
from PIL import Image, ImageOps
from templates import TEMPLATES
from versions import make_version

from fastdup_checks.detail import is_drawn, keep_detail
from fastdup_checks.statistics import measure_statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.encoders.encoder import Encoder

__all__ = ["CopySet", "build", "build_templates", "build_versions", "list_photographs"]

_SIDE = 64
_BATCH = 64
_SMALL_SIDES = (32, 32, 32, 40, 48)
_SQUARE = 0.7
"""Share of the small pictures that are squashed to a square."""
_FILTERS = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
_VERSIONED_SIDE = 256
"""Longer side in pixels of a photograph before versions of it are made."""
_VERSIONS = 3
"""Of each original, beside the one that is hardly edited."""
_OF_A_KIND = 8
"""Rendered objects that share an outline, or letters that are the same."""
_EDITED = 4
"""One of so many rendered objects and letters is edited..."""
_EDITS_OF_RENDERED = 8
"""...in so many ways."""
_OF_A_TEMPLATE = 14
"""Drawings made from one template..."""
_EDITED_OF_A_TEMPLATE = 6
"""...of which so many are edited..."""
_EDITS_OF_DRAWINGS = 3
"""...in so many ways."""


@dataclass(frozen=True, slots=True)
class CopySet:
    """Pictures as a scan stores them, with the truth about who copies whom."""

    thumbnails: NDArray[np.uint8]
    """(n, 64, 64, 3)."""
    width: NDArray[np.int32]
    height: NDArray[np.int32]
    origin: NDArray[np.int32]
    """(n,) pictures of the same origin are copies."""
    edit: tuple[str, ...]
    """(n,) "original", "distractor" or the name of an edit."""
    rendered: NDArray[np.bool_]
    """(n,) whether the picture is a rendered page, chart, logo or flat one rather than a photograph."""
    embeddings: NDArray[np.float32]
    """(n, d) of length 1."""
    details: tuple[bytes, ...]
    """(n,) what a scan keeps of drawn pictures, packed; nothing of others."""


def list_photographs(folders: Iterable[Path], seed: int, limit: int | None = None) -> list[Path]:
    """The pictures below each folder in an order fixed by the seed, at most ``limit`` of each folder."""
    chosen: list[Path] = []
    for number, folder in enumerate(folders):
        files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"} and p.is_file())
        random.Random(f"{seed}-{number}").shuffle(files)
        chosen += files[:limit]
    random.Random(seed).shuffle(chosen)
    return chosen


def _open(path: Path, limit: int) -> Image.Image:
    im = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    if max(im.size) > limit:
        im.thumbnail((limit, limit), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return im


def _shrink(im: Image.Image, kind: random.Random, rng: random.Random) -> Image.Image:
    side, square = kind.choice(_SMALL_SIDES), kind.random() < _SQUARE
    scale = min(1.0, side / max(im.size))
    size = (side, side) if square else (max(8, round(im.width * scale)), max(8, round(im.height * scale)))
    return im.convert("RGB").resize(size, rng.choice(_FILTERS))


class _Collected:
    """The pictures of a set that is being built."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.thumbs: list[NDArray[np.uint8]] = []
        self.sizes: list[tuple[int, int]] = []
        self.origin: list[int] = []
        self.edit: list[str] = []
        self.details: list[bytes] = []
        self.waiting: list[NDArray[np.generic]] = []
        self.vectors: list[NDArray[np.float32]] = []

    def add(self, im: Image.Image, of: int, name: str) -> None:
        im = im.convert("RGB")
        self.thumbs.append(np.asarray(im.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)))
        self.sizes.append(im.size)
        self.details.append(keep_detail(im) if is_drawn(measure_statistics(im, *im.size)) else b"")
        self.origin.append(of)
        self.edit.append(name)
        self.waiting.append(self.encoder.prepare(im))
        if len(self.waiting) == _BATCH:
            self.embed()

    def embed(self) -> None:
        if self.waiting:
            self.vectors.append(self.encoder.embed(self.waiting))
            self.waiting.clear()

    def finish(self, photographs: int) -> CopySet:
        """The set; origins from ``photographs`` on are rendered."""
        self.embed()
        return CopySet(
            np.stack(self.thumbs),
            np.array([s[0] for s in self.sizes], np.int32),
            np.array([s[1] for s in self.sizes], np.int32),
            np.array(self.origin, np.int32),
            tuple(self.edit),
            np.array(self.origin) >= photographs,
            np.concatenate(self.vectors),
            tuple(self.details),
        )


def build(
    files: Sequence[Path],
    encoder: Encoder,
    *,
    originals: int,
    distractors: int,
    edits_each: int | None,
    seed: int,
    side: int = 500,
    drawn: int = 0,
    shrunk: bool = False,
) -> CopySet:
    """Edit the first ``originals`` files, add ``distractors`` of the rest untouched, and rendered pictures.

    Args:
        files: Photographs; those beyond ``originals + distractors`` are not used.
        encoder: Embeds every picture.
        originals: How many are edited.
        distractors: How many are added as they are.
        edits_each: How many edits each original gets, drawn at random; all of them where None.
        seed: Decides every edit.
        side: Photographs are first shrunk to this longest side in pixels.
        drawn: How many pages, charts, logos and flat pictures to add, twice as many objects on plain ground, and
            as many letters; a quarter of the objects and letters are edited, too.
        shrunk: Whether every picture is shrunk once it is edited, as data sets of small pictures are made: all of one
            origin to the same size, mostly square, but each by another filter.
    """
    rng = random.Random(seed)
    collected = _Collected(encoder)

    def add(im: Image.Image, of: int, name: str) -> None:
        collected.add(_shrink(im, random.Random(f"{seed}-{of}"), rng) if shrunk else im, of, name)

    def put_edits(im: Image.Image, of: int, names: Iterable[str], other: Image.Image) -> None:
        for name in names:
            changed = EDITS[name](im.copy(), rng, other)
            add(changed, of, name)

    names = list(EDITS)
    for number, path in enumerate(files[:originals]):
        im = _open(path, side)
        other = _open(rng.choice(files[originals : originals + distractors] or files), side)
        add(im, number, "original")
        put_edits(im, number, names if edits_each is None else sorted(rng.sample(names, edits_each)), other)
    for number, path in enumerate(files[originals : originals + distractors], start=originals):
        add(_open(path, side), number, "distractor")
    base = originals + distractors
    renders = [render_page, render_page, render_chart, render_logo, render_flat]
    for number in range(drawn):
        im = renders[number % len(renders)](rng)
        add(im, base + number, "distractor")
    for number in range(3 * drawn):
        kind = random.Random(f"{seed}-{number // _OF_A_KIND}")
        other = _open(rng.choice(files), side)
        im = render_outline(kind, rng, other) if number < 2 * drawn else render_glyph(kind, rng)
        edited = number % _EDITED == 0
        add(im, base + drawn + number, "original" if edited else "distractor")
        if edited:
            put_edits(im, base + drawn + number, sorted(rng.sample(SIMPLE_EDITS, _EDITS_OF_RENDERED)), other)
    return collected.finish(base)


def build_versions(files: Sequence[Path], encoder: Encoder, *, originals: int, seed: int) -> CopySet:
    """Make several small versions of each of the first ``originals`` files, and one of each of the rest.

    Args:
        files: Photographs.
        encoder: Embeds every picture.
        originals: Of how many files there are several versions.
        seed: Decides every version.
    """
    rng = random.Random(seed)
    collected = _Collected(encoder)
    for number, path in enumerate(files):
        im = _open(path, _VERSIONED_SIDE)
        version, _ = make_version(im.copy(), rng, first=True)
        collected.add(version, number, "original" if number < originals else "distractor")
        for _ in range(_VERSIONS if number < originals else 0):
            version, done = make_version(im.copy(), rng, first=False)
            collected.add(version, number, done)
    return collected.finish(len(files))


def build_templates(encoder: Encoder, *, kinds: int, seed: int) -> CopySet:
    """Draw pictures from so many templates of every sort, and edit some of them.

    Args:
        encoder: Embeds every picture.
        kinds: Templates of every sort.
        seed: Decides all.
    """
    rng, collected, number = random.Random(seed), _Collected(encoder), 0
    for sort, draw in enumerate(TEMPLATES):
        for kind in range(kinds):
            for nth in range(_OF_A_TEMPLATE):
                im = draw(random.Random(f"{seed}-{sort}-{kind}"), random.Random(f"{seed}-{sort}-{kind}-{nth}"))
                edited = nth < _EDITED_OF_A_TEMPLATE
                collected.add(im, number, "original" if edited else "distractor")
                for name in sorted(rng.sample(PLAIN_EDITS, _EDITS_OF_DRAWINGS)) if edited else ():
                    collected.add(EDITS[name](im.copy(), rng, im), number, name)
                number += 1
    return collected.finish(number)

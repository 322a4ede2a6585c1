"""A run -> what its gallery shows."""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from fastdup_checks._version import __version__
from fastdup_checks.checks.labels import labels_told
from fastdup_checks.copies import REPORTING_FLOOR
from fastdup_checks.derived import derive
from fastdup_checks.index import draw, find_neighbours
from fastdup_checks.quality import RULES
from fastdup_checks.report.confusion import find_confusion
from fastdup_checks.report.page import Distribution, Facts, Map, Page, Tally
from fastdup_checks.report.plane import lay_on_plane
from fastdup_checks.report.shelves import make_shelves
from fastdup_checks.report.shrink import SMALL_QUALITY, SMALL_SIDE, shrink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.records import Record
    from fastdup_checks.result import Result
    from fastdup_checks.store import Store

__all__ = ("Thumbnails", "gallery_page")

THUMBNAIL_SIDE = 160
"""Longest side of a picture in the gallery, pixels."""

_MOST_POINTS = 3000
"""Images on the map; of a larger dataset those with findings and then every so-manieth are drawn."""

_NEAR = 15
"""Neighbours that hold an image in its place on the map."""

_TABLE_OF = {
    "broken_images": "broken.csv",
    "duplicate_rate": "pairs.csv",
    "near_duplicate_rate": "pairs.csv",
    "leak": "leaks.csv",
    "outlier_rate": "outliers.csv",
    "label_consistency": "labels.csv",
    "conflicting_labels": "clusters.csv",
    "flawed_images": "quality.csv",
    **dict.fromkeys(RULES, "quality.csv"),
}


def gallery_page(result: Result, store: Store) -> Page:
    """Put together what the gallery of a run shows; pictures come from the store, or are made and put there."""
    analysis = result.analysis
    scan = analysis.scan
    root = scan.dataset.root
    shelves = make_shelves(analysis)
    return Page(
        dataset=os.path.basename(os.path.abspath(root)) or str(root),  # noqa: PTH100, PTH119 - links stay as named
        root=os.path.normpath(root),
        images=scan.size,
        verdicts=tuple(result.verdicts),
        facts=_facts(analysis),
        thumbnail=(thumbnails := Thumbnails(analysis, store)),
        smaller=thumbnails.smaller,
        unreadable=len(scan.broken),
        tallies=_tallies(analysis),
        distributions=_distributions(result),
        map=_map(result),
        confusion=find_confusion(analysis.classes, analysis.labels) if labels_told(analysis) else None,
        families=shelves,
        more_families=int(analysis.families.family.max(initial=-1)) + 1 - len(shelves),
        standing=result.standing,
        tables=_TABLE_OF,
        originals=_way(result.work_dir, root),
        about=(
            ("fastdup-checks", __version__),
            ("encoder", scan.encoder),
            ("neighbours", result.analysis.neighbours.search),
        ),
    )


def _way(start: Path | None, root: Path) -> str:
    """The URL of the dataset as seen from a page in the work directory; empty where there is no way."""
    if start is None:
        return ""
    try:
        way = os.path.relpath(root, start)
    except ValueError:  # on another drive
        return ""
    return quote(os.fsencode(way.replace(os.sep, "/"))) + "/"


class Thumbnails:
    """JPEG thumbnails by path, made on demand and kept in the store."""

    def __init__(self, analysis: Analysis, store: Store) -> None:
        self._scan = analysis.scan
        self._store = store
        self._row = {record.path: row for row, record in enumerate(analysis.images)}

    def __call__(self, path: str) -> bytes | None:
        """The picture of an image, or None where there is none."""
        row = self._row.get(path)
        if row is None:
            return None
        scan = self._scan
        name = f"jpeg-{THUMBNAIL_SIDE}/{scan.decoder}/{scan.contents[row].hex()}"
        known = self._store.derived(name)
        if known is not None:
            return known
        picture = self._open(scan.images[row], scan.contents[row])
        if picture is None:
            return _jpeg(self._small(row))
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        made = _jpeg(picture)
        self._store.derive(name, made)
        return made

    def smaller(self, jpeg: bytes) -> bytes:
        """What `shrink` makes of a picture."""
        name = f"webp-{SMALL_SIDE}-{SMALL_QUALITY}/{self._scan.decoder}/{hashlib.sha256(jpeg).hexdigest()}"
        known = self._store.derived(name)
        if known is None:
            self._store.derive(name, known := shrink(jpeg))
        return known

    def _open(self, record: Record, content: bytes) -> Image.Image | None:
        """The picture itself; None where it is gone, another by now, or where only other machines can read it."""
        from fastdup_checks.decode import Unreadable, decode, own_decoder

        limits = self._scan.settings.limits
        try:
            with own_decoder(limits):
                data = self._scan.dataset.reader.read(record, at_most=limits.megabytes * 1_000_000)
                return decode(data, limits).rgb if hashlib.sha256(data).digest() == content else None
        except (OSError, Unreadable):
            return None

    def _small(self, row: int) -> Image.Image:
        """What the scan has kept of the picture, in its shape."""
        from fastdup_checks.decode import unsquash

        scan = self._scan
        (square,) = scan.thumbnails(np.array([row]), self._store)
        return unsquash(square, int(scan.width[row]), int(scan.height[row]))


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def _facts(analysis: Analysis) -> Callable[[str], Facts | None]:
    """Tells what is known of an image; most images are never asked about."""
    scan = analysis.scan
    rows = {record.path: row for row, record in enumerate(scan.images)}
    unreadable = {broken.record.path: broken for broken in scan.broken}

    def find(path: str) -> Facts | None:
        row, broken = rows.get(path), unreadable.get(path)
        if broken is not None:
            content = broken.content.hex() if broken.content else ""
            return Facts(broken.record.split, broken.record.label, sha256=content)
        if row is None:
            return None
        record, size = scan.images[row], (int(scan.width[row]), int(scan.height[row]))
        return Facts(record.split, record.label, *size, scan.contents[row].hex())

    return find


def _tallies(analysis: Analysis) -> tuple[Tally, ...]:
    records = [*analysis.images, *(b.record for b in analysis.scan.broken)]
    counts = Counter((r.split, r.label) for r in records)
    splits = [*analysis.scan.dataset.splits, None]
    labels = [*analysis.scan.dataset.classes, None]
    return tuple(Tally(s, n, counts[s, n]) for s in splits for n in labels if counts[s, n])


def _distributions(result: Result) -> tuple[Distribution, ...]:
    """What the checks that were asked for decide by, with the threshold of the first of each; then light and focus."""
    analysis = result.analysis
    params = {v.expectation.check: v.expectation.params for v in reversed(result.verdicts) if v.outcome != "skipped"}
    found = []
    if analysis.neighbours.k:
        found.append(Distribution("Similarity of the nearest neighbour", analysis.neighbours.similarities[:, 0]))
    near = params.get("near_duplicate_rate") or params.get("leak")
    if near is not None:
        pairs = analysis.copies_at(REPORTING_FLOOR)
        found.append(Distribution("Chance that a pair are copies", pairs.score[~pairs.exact], near.threshold))
    if "outlier_rate" in params:
        found.append(Distribution("Outlier score", analysis.outliers.score, params["outlier_rate"].threshold))
    if "label_consistency" in params:
        chance = analysis.labels.score
        found.append(Distribution("Chance of a wrong label", chance, params["label_consistency"].threshold))
    statistics = analysis.scan.statistics
    found += [Distribution("Brightness", statistics["brightness"]), Distribution("Sharpness", statistics["sharpness"])]
    return tuple(found)


def _map(result: Result) -> Map | None:
    analysis = result.analysis
    if len(analysis.images) < 3:
        return None
    rows = _mapped(result)
    settings = analysis.scan.settings

    def compute() -> dict[str, NDArray[Any]]:
        vectors = analysis.scan.vectors[rows]
        return {"positions": lay_on_plane(vectors, find_neighbours(vectors, _NEAR, threads=settings.threads)).round(4)}

    known = derive(settings.cache, "map-4", (analysis.scan.vectors[rows].tobytes(),), compute)
    return Map(tuple(analysis.images[row].path for row in rows.tolist()), known["positions"])


def _mapped(result: Result) -> NDArray[np.int64]:
    """The rows of the images on the map: at most half of them for their findings, the others drawn from all.

    Which ones hangs on what they show: where a few images are added, nearly all the others stay.
    """
    images = result.analysis.images
    everything = np.arange(len(images))
    if len(images) <= _MOST_POINTS:
        return everything
    named = {path for verdict in result.verdicts for finding in verdict.measurement.findings for path in finding.images}
    odd = np.fromiter((record.path in named for record in images), bool, len(images))
    vectors = result.analysis.scan.vectors
    some = (draw(vectors, _MOST_POINTS // 2, rows) for rows in (everything[odd], everything))
    return np.union1d(*some)

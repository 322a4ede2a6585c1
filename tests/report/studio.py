"""Procedural pictures, hostile names, and pages made of them."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from fastdup_checks.expectation import Bound, Expectation
from fastdup_checks.findings import Finding, Measurement, Unit
from fastdup_checks.report.page import Facts, Page, Tally
from fastdup_checks.verdict import Verdict, judge

HOSTILE = (
    "train/cat/<script>alert(1)</script>\"quoted'.jpg",
    "train/cat/two\nlines.jpg",
    "train/cat/\udcff\udcfe.jpg",
    "train/cat/</style><b>&amp;.jpg",
)


def jpeg(seed: int, width: int = 96, height: int = 72) -> bytes:
    """Coloured blobs; another seed gives another picture."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (4, 5, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


@dataclass
class Studio:
    """Images by path: their facts and their pictures."""

    facts: dict[str, Facts] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def image(self, path: str, seed: int | None = None) -> str:
        """Add an image; images of one seed have the same bytes, `seed=None` makes an unreadable one."""
        parts = path.split("/")
        split, label = (parts[0], parts[1]) if len(parts) > 2 else (None, None)
        content = jpeg(seed) if seed is not None else path.encode("utf-8", "surrogateescape")
        if seed is not None:
            self.pictures[path] = content
        size = (96, 72) if seed is not None else (0, 0)
        self.facts[path] = Facts(split, label, *size, hashlib.sha256(content).hexdigest())
        return path

    def page(self, *verdicts: Verdict, **changes: object) -> Page:
        tallies: dict[tuple[str | None, str | None], int] = {}
        for facts in self.facts.values():
            tallies[facts.split, facts.label] = tallies.get((facts.split, facts.label), 0) + 1
        values = {
            "dataset": "shapes",
            "root": "data/shapes",
            "images": len(self.facts),
            "verdicts": verdicts,
            "facts": self.facts.get,
            "thumbnail": self.pictures.get,
            "tallies": tuple(Tally(*key, images=number) for key, number in tallies.items()),
            **changes,
        }
        return Page(**values)  # type: ignore[arg-type]


def verdict(
    check: str,
    findings: list[Finding],
    *,
    bound: Bound = Bound("at_most", 0),  # noqa: B008 - a frozen value
    unit: Unit = "images",
    value: float | None = None,
    **expectation: object,
) -> Verdict:
    number = float(len(findings)) if value is None else value
    measurement = Measurement(number, unit, len(findings), 100, "images", tuple(findings))
    return judge(Expectation(check, check, bound, unit, None, **expectation), measurement)  # type: ignore[arg-type]

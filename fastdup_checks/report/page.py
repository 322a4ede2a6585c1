"""Everything the gallery shows, as values: who renders it need not know how a scan works."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastdup_checks.report.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from fastdup_checks.standing import Standing
    from fastdup_checks.verdict import Verdict

__all__ = ("Budget", "Confused", "Confusion", "Distribution", "Facts", "Map", "Page", "Shelf", "Tally")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one image without opening it."""

    split: str | None = None
    label: str | None = None
    width: int = 0
    """Pixels; 0 where the image could not be read."""
    height: int = 0
    sha256: str = ""
    """Of the file's bytes, in hexadecimal; empty where the file could not be read. Decisions are keyed by it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many images a class has in a split."""

    split: str | None
    label: str | None
    images: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """One number per image (or per pair), to be drawn as a histogram."""

    name: str
    """What is measured, for people: "Similarity of the nearest neighbour"."""
    values: npt.NDArray[np.floating]
    """Shape (n,), any order. Values that are not finite are left out."""
    threshold: float | None = None
    """Drawn as a line: where a check begins to call it a finding."""


@dataclass(frozen=True, slots=True)
class Map:
    """The dataset laid out on a plane, alike images near each other."""

    paths: tuple[str, ...]
    positions: npt.NDArray[np.floating]
    """Shape (n, 2), any scale; one row per path."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A family of alike images, as its most typical ones."""

    name: str
    """What is in it: "dog 84 %, cat 12 %"."""
    images: int
    """How many it has."""
    paths: tuple[str, ...]
    """Those to show, the most typical first."""


@dataclass(frozen=True, slots=True)
class Confused:
    """One class that is taken for another."""

    label: str
    """The class that the images carry; names as people can read them."""
    looks: str
    """The class that they look most like."""
    images: int
    share: float
    """Of the images of the class, 0 to 1."""
    wrong: float
    """How many of the labels are estimated to be wrong."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Which classes are taken for each other."""

    pairs: tuple[Confused, ...]
    """Most images first."""
    classes: tuple[str, ...]
    """Those of the matrix: all, or those of the first pairs where there are many. Names as people can read them."""
    counts: tuple[tuple[int, ...], ...]
    """Images by class (row) and the class they look most like (column); one more column for all other classes."""

    def shade(self, row: int, column: int) -> str:
        """How a cell is coloured: "own", or "h0" to "h3" by its share of the class, in steps of 10 %."""
        if column in {row, len(self.classes)}:
            return "own"
        counts = self.counts[row]
        return f"h{min(-(-10 * counts[column] // max(sum(counts), 1)), 3)}"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of a run one page holds."""

    picture_bytes: int = 6_500_000
    """Bytes of all pictures together; a third more lands in the page, as text. Where they would not fit, those of the
    less bad findings are made smaller, and at last left out."""
    findings: int = 1_000
    """At most so many findings of one expectation, worst first; the tables hold the rest."""
    group: int = 12
    """At most so many pictures of one finding."""
    map_points: int = 25_000
    """At most so many points of the map, those with findings first."""
    map_pictures: int = 600
    """At most so many pictures for the map alone, spread over it; from what the findings leave of `picture_bytes`."""


@dataclass(frozen=True, slots=True)
class Page:
    """One run over one dataset."""

    dataset: str
    """Its name, the title of the page."""
    root: str
    """Where it lies, for people."""
    images: int
    """How many images were looked at, the unreadable ones included."""
    verdicts: tuple[Verdict, ...]
    """In the order of the configuration."""
    facts: Callable[[str], Facts | None]
    """By path; asked for every image that the page names. None for one that the scan does not know."""
    thumbnail: Callable[[str], bytes | None]
    """JPEG bytes by path, long side at most 160 px; asked only for what is shown. None where there is no picture."""
    smaller: Callable[[bytes], bytes] = shrink
    """Makes such a picture smaller, always in the same way; asked where not all pictures fit as they are."""
    unreadable: int = 0
    tallies: tuple[Tally, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    map: Map | None = None
    confusion: Confusion | None = None
    families: tuple[Shelf, ...] = ()
    """Largest first."""
    more_families: int = 0
    """How many are left out."""
    standing: Standing | None = None
    """What became of the entries of the baseline."""
    tables: Mapping[str, str] = field(default_factory=dict)
    """Check -> the table beside the page that lists all its findings ("leak" -> "leaks.csv")."""
    originals: str = ""
    """Leads from the page to the dataset root ("../data/scenes/"), for links to the files themselves; empty for none.
    A URL, already percent-encoded, with a slash at its end. Followed only when somebody clicks."""
    about: tuple[tuple[str, str], ...] = ()
    """Named facts for the foot of the page: versions, the encoder, a date if there shall be one."""
    budget: Budget = Budget()

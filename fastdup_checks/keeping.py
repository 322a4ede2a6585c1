"""Which of several copies of a picture to keep."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies import rank_to_keep
from fastdup_checks.copies.pictures import grey, shrink
from fastdup_checks.copies.poses import find_mat
from fastdup_checks.quality import RULES, find_flaws, find_grey
from fastdup_checks.store import Store
from fastdup_checks.tree import other_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fastdup_checks.scan import Scan

__all__ = ("Keeping",)

_AT_ONCE = 1024
"""Thumbnails in memory."""


class Keeping:
    """Orders copies by how good they are.

    The rule: a file rather than a link to it; one without a flaw of quality; where copies carry different labels, one
    with the label that is least likely wrong; then one without a border, the picture with the most pixels, one in
    colour, the sharpest, the least compressed, one outside the training split (a test set should not shrink), and the
    first by path.
    """

    def __init__(self, scan: Scan, copied: NDArray[np.int64], doubt: Callable[[], NDArray[np.floating]]) -> None:
        """Get ready to order copies.

        Args:
            scan: of all images.
            copied: (m,) rows of those that may have copies.
            doubt: gives the chance (n,), 0..1, that each label is wrong; asked where copies have different labels.
        """
        self.scan, self._copied, self._doubt = scan, copied, doubt
        pixels = scan.width.astype(np.int64) * scan.height
        self._pixels, self._bytes = pixels, (scan.file_size / np.maximum(pixels, 1)).astype(np.float32)
        self._grey = find_grey(scan.statistics)
        self._training = np.array([(r.split or "").lower().startswith("train") for r in scan.images], dtype=bool)
        self._paths = tuple(r.path for r in scan.images)

    def order(self, rows: Sequence[int]) -> list[int]:
        """Rows of one group of copies, the one to keep first."""
        ranked = rank_to_keep(
            rows,
            framed=self._framed,
            pixels=self._pixels,
            grey=self._grey,
            sharpness=self.scan.statistics["sharpness"],
            bytes_per_pixel=self._bytes,
            training=self._training,
            path=self._paths,
        )
        label = self._likely_label(rows)
        images = self.scan.images

        def rank(row: int) -> tuple[bool, bool, bool]:
            return row in self.links, bool(self._flawed[row]), label is not None and images[row].label != label

        return sorted(ranked, key=rank)

    @cached_property
    def links(self) -> set[int]:
        """Copies that are another name of a file that the dataset has."""
        rows = self._copied.tolist()
        again = other_names(self.scan.dataset.root, [self._paths[row] for row in rows])
        return {row for row, linked in zip(rows, again, strict=True) if linked}

    @cached_property
    def _framed(self) -> NDArray[np.bool_]:
        found = np.zeros(len(self._paths), bool)
        with Store(self.scan.settings.cache) as store:
            for start in range(0, len(self._copied), _AT_ONCE):
                some = self._copied[start : start + _AT_ONCE]
                thumbnails = self.scan.thumbnails(some, store)
                found[some] = find_mat(grey(shrink(thumbnails)), thumbnails).any(axis=1)
        return found

    @cached_property
    def _flawed(self) -> NDArray[np.bool_]:
        flaws = find_flaws(self.scan.statistics)
        masks = [flags.mask for name, flags in flaws.items() if RULES[name].flaw]
        return np.asarray(np.any(masks, axis=0), bool)

    def _likely_label(self, rows: Sequence[int]) -> str | None:
        """The label of a group of copies that is least likely wrong, None where they agree."""
        chances: dict[str, list[float]] = {}
        images = self.scan.images
        labels = {label for row in rows if (label := images[row].label) is not None}
        if len(labels) > 1:
            doubt = self._doubt()
            for row in rows:
                label = images[row].label
                if label is not None:
                    chances.setdefault(label, []).append(float(doubt[row]))
        mean = {label: round(sum(found) / len(found), 6) for label, found in chances.items()}
        return min(mean, key=lambda label: (mean[label], label), default=None)

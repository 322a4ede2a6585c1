"""Find the copies in a set of images: neighbours propose, pixels dispose."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.copies.alike import propose
from fastdup_checks.copies.calibration import DEFAULT_THRESHOLD, REPORTING_FLOOR, Models, shipped
from fastdup_checks.copies.coarse import Descriptions
from fastdup_checks.copies.edits import name_edits
from fastdup_checks.copies.groups import connect
from fastdup_checks.copies.memory import Memory, name_pairs, places_in
from fastdup_checks.copies.nearest import nearest, whole_numbers
from fastdup_checks.copies.pairs import Copies, CopyInputs
from fastdup_checks.copies.pictures import grey, shrink
from fastdup_checks.copies.verify import Measured, look_first, measure
from fastdup_checks.copies.windows import UNIT

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ("NEAREST", "find_copies")

NEAREST = 10
"""Neighbours of the embedding first looked at; where most turn out to be copies, more."""
_IN_PLACE = 0.65
"""Correlation without any shift from which a pair is aligned whatever the gate says: a sticker may mislead the rest."""
_GROW = 4
"""Factor by which a full neighbourhood grows."""
_WHOLE_GROUP = 32
"""In groups up to this size every pair is verified; larger ones are only tied together."""
_SPREAD = 16
"""Groups of exact copies up to this size are listed pair by pair; larger ones as pairs with their first."""
_ROWS = 512
"""Pictures described at a time."""
_KEPT = 1 << 17
"""Up to this many small pictures are kept, some 270 MB; of more than that each is made again when it is looked at."""
_PAIRS = 1 << 17
"""Pairs judged at a time: some 40 MB."""


@dataclass(slots=True)
class _Known:
    """The pairs judged so far, among images that are all different; a pair is one number, first * count + second."""

    count: int
    judged: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    keys: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    score: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    edit: list[str] = field(default_factory=list)


def find_copies(
    inputs: CopyInputs,
    *,
    at_least: float = REPORTING_FLOOR,
    threads: int = 1,
    neighbours: int = NEAREST,
) -> Copies:
    """Find all pairs of images that are copies of one another.

    Args:
        inputs: The images.
        at_least: Pairs that score less are left out.
        threads: Cores to use for the search of neighbours.
        neighbours: How many neighbours of each image by embedding are looked at, at first.

    Returns:
        The pairs; the same to the bit for any number of threads, and up to the numbering for any order of the images.
    """
    representatives, group = np.unique(inputs.exact_group, return_inverse=True)
    first_row = np.full(len(representatives), inputs.count, np.int64)
    np.minimum.at(first_row, group, np.arange(inputs.count))
    if len(representatives) < 2:
        return _spread(np.arange(len(representatives)), _Known(len(representatives)), group, at_least, 0)
    search = _Search(inputs, first_row, group, threads, neighbours)
    search.run()
    if inputs.kept is not None:
        search.remember(inputs.kept)
    found = _spread(search.group_of, search.known, group, at_least, search.truncated)
    return replace(found, recall=search.recall)


class _Search:
    """The rounds of proposing and verifying among images that are all different."""

    def __init__(
        self, inputs: CopyInputs, rows: NDArray[np.int64], group: NDArray[np.int64], threads: int, neighbours: int
    ) -> None:
        self.inputs, self.threads, self.neighbours = inputs, threads, neighbours
        self.count = len(rows)
        self.known = _Known(self.count)
        self.truncated, self.recall = 0, 1.0
        self.models: Models = shipped()
        self.small: list[NDArray[np.int16]] = []
        self.memory = None if inputs.kept is None else Memory.load(inputs.kept)
        names = np.zeros(self.count, np.uint64) if inputs.names is None else inputs.names[rows]
        described = self.describe(rows, names)
        order = _standard_order(inputs.width[rows], inputs.height[rows], described["check"])
        self.rows, self.group_of, self.names = rows[order], order, names[order]
        self.described = {name: column[order] for name, column in described.items()}
        self.descriptions = Descriptions(*(self.described[field.name] for field in fields(Descriptions)))
        self.small = [np.concatenate(self.small)[order]] if self.small else []
        self.place_of = np.argsort(order)[group]
        self.vectors = whole_numbers(inputs.embeddings[self.rows])
        self.shape = (inputs.width[self.rows] / inputs.height[self.rows]).astype(np.float32)

    def describe(self, rows: NDArray[np.int64], names: NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
        """Describe the pictures of some images, as far as they are not known."""
        memory = self.memory
        known = np.full(len(rows), -1) if memory is None else places_in(names, memory.pictures)
        new = np.flatnonzero(known < 0)
        parts = []
        for start in range(0, len(new), _ROWS):
            thumbnails = self.inputs.thumbnails(rows[new[start : start + _ROWS]])
            small = shrink(thumbnails)
            parts.append(_describe(thumbnails, grey(small)))
            if len(new) == self.count <= _KEPT:
                self.small.append(small)
        fresh = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
        if memory is None or len(new) == len(rows):
            return fresh
        columns = {}
        for name, column in memory.described.items():
            columns[name] = column[known]
            if fresh:
                columns[name][new] = fresh[name]
        return columns

    def remembered(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take what is known of pairs from the last search, and leave those that are to be judged."""
        memory = self.memory
        if memory is None:
            return keys
        names = name_pairs(self.names[keys // self.count], self.names[keys % self.count])
        hit = places_in(names, memory.hits)
        found = np.flatnonzero(hit >= 0)
        self.known.keys = np.concatenate([self.known.keys, keys[found]])
        self.known.score = np.concatenate([self.known.score, memory.score[hit[found]]])
        self.known.edit += [memory.edit[at] for at in hit[found].tolist()]
        return keys[places_in(names, memory.pairs) < 0]

    def remember(self, file: Path) -> None:
        """Keep for the next search what this one knows."""
        known, by = self.known, np.argsort(self.names)
        judged, hits = (
            name_pairs(self.names[keys // self.count], self.names[keys % self.count])
            for keys in (known.judged, known.keys)
        )
        order = np.argsort(hits)
        Memory(
            self.names[by],
            {name: column[by] for name, column in self.described.items()},
            np.sort(judged),
            hits[order],
            known.score[order],
            tuple(known.edit[at] for at in order.tolist()),
        ).save(file)

    def thumbnails(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self.inputs.thumbnails(self.rows[rows])

    def pictures(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Luminance (rows, 32, 32)."""
        return grey(self.small[0][rows] if self.small else shrink(self.thumbnails(rows)))

    def run(self) -> None:
        everyone, k, more = np.arange(self.count), self.neighbours, self.alike()
        query, hit = self.near(k)
        while len(everyone):
            self.verify(np.union1d(more, self.keys(everyone[query], hit)))
            if k >= self.count:
                break
            everyone, k, more = everyone[self.full(everyone, query, hit, k)], k * _GROW, more[:0]
            query, hit = self.search(self.vectors[everyone], self.vectors, k + 1)
        self.close()

    def search(
        self, queries: NDArray[np.float32], base: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Query and vector of what is nearest to queries."""
        hits = nearest(queries, base, min(k, len(base)), threads=self.threads, scale=self.inputs.scale)
        self.recall = min(self.recall, hits.recall)
        return hits.query, hits.place

    def near(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every image, and each of its k nearest by embedding: taken from what is known where that suffices."""
        known = self.inputs.neighbours
        if known is None or (known.k <= k and known.k < self.inputs.count - 1):
            return self.search(self.vectors, self.vectors, k + 1)
        # Exact copies take places among the neighbours: those who have any are asked again.
        hits = self.place_of[known.ids[self.rows]]
        alone = np.bincount(self.place_of, minlength=self.count) == 1
        clear = alone & alone[hits].all(axis=1)
        cosine = known.similarities[self.rows]
        last = min(k, known.k)  # of fewer images than k, all others are near
        keep = (cosine >= cosine[:, last - 1 : last]) & (cosine > 0) & clear[:, None]
        if known.k < self.inputs.count - 1:  # where more are equally near than are known, none of them
            keep &= cosine > cosine[:, -1:]
        query, at = np.nonzero(keep)
        again = np.flatnonzero(~clear)
        more, found = self.search(self.vectors[again], self.vectors, k + 1)
        return np.concatenate([query, again[more]]), np.concatenate([hits[query, at], found])

    def keys(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        apart = a != b
        return np.unique(np.minimum(a, b)[apart] * self.count + np.maximum(a, b)[apart])

    def alike(self) -> NDArray[np.int64]:
        """Pairs that look alike in some orientation, with or without their frames."""
        kept = self.inputs.kept
        file = None if kept is None else kept.with_suffix(".looks.npz")
        first, second, recall = propose(
            self.descriptions, self.names, file, threads=self.threads, scale=self.inputs.scale
        )
        self.recall = min(self.recall, recall)
        return self.keys(first, second)

    def verify(self, keys: NDArray[np.int64]) -> None:
        """Judge the pairs that were not judged before, unless both lie in one large group already."""
        known = self.known
        keys = np.setdiff1d(keys, known.judged, assume_unique=True)
        first, second = keys // self.count, keys % self.count
        if len(known.keys):
            label = self.groups()
            size = np.bincount(label, minlength=self.count)
            needed = (label[first] != label[second]) | (size[label[first]] <= _WHOLE_GROUP)
            keys, first, second = keys[needed], first[needed], second[needed]
        new = self.remembered(keys)
        for start in range(0, len(new), _PAIRS):
            self.judge(new[start : start + _PAIRS])
        known.judged = np.union1d(known.judged, keys)

    def judge(self, keys: NDArray[np.int64]) -> None:
        """Look at pairs, align the promising ones, and remember what may be a copy."""
        known, models = self.known, self.models
        first, second = keys // self.count, keys % self.count
        seen = look_first(self.pictures, self.descriptions, first, second)
        wanted = models.gate.probability(seen.features(self.similarity(first, second))) >= models.worth
        wanted |= seen.score[:, 2] >= _IN_PLACE
        measured = measure(
            self.pictures, self.thumbnails, seen, first, second, self.shape, self.descriptions.mat, wanted=wanted
        )
        score = models.pairs.probability(measured.evidence.features)
        best = _best_of_each(measured.pair, score)
        best = best[score[best] >= REPORTING_FLOOR]
        chosen: Measured = measured.take(best)
        rows_first, rows_second = self.rows[first[chosen.pair]], self.rows[second[chosen.pair]]
        width, height = self.inputs.width, self.inputs.height
        known.keys = np.concatenate([known.keys, keys[chosen.pair]])
        known.score = np.concatenate([known.score, score[best]])
        known.edit += name_edits(
            chosen, (width[rows_first], height[rows_first]), (width[rows_second], height[rows_second])
        )

    def similarity(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of the embeddings of pairs, exact as those of `nearest`."""
        cosine: NDArray[np.float32] = np.einsum("pd,pd->p", self.vectors[first], self.vectors[second])
        return cosine / np.float32(UNIT * UNIT)

    def full(
        self, asked: NDArray[np.int64], query: NDArray[np.int64], hit: NDArray[np.int64], k: int
    ) -> NDArray[np.bool_]:
        """Which of the images asked about have copies for most of their neighbours, so that more may follow."""
        label = self.groups()
        together = (label[asked[query]] == label[hit]) & (asked[query] != hit)
        return np.bincount(query[together], minlength=len(asked)) > k // 2

    def groups(self) -> NDArray[np.int64]:
        """Label the images by the group they belong to so far."""
        copies = self.known.keys[self.known.score >= DEFAULT_THRESHOLD]
        return connect(self.count, copies // self.count, copies % self.count)

    def close(self) -> None:
        """Verify the pairs within small groups that no neighbourhood proposed."""
        label = self.groups()
        order = np.argsort(label, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(label[order]) != 0])
        keys = []
        for rows in np.split(order, starts[1:]):
            if 2 < len(rows) <= _WHOLE_GROUP:
                a, b = np.triu_indices(len(rows), 1)
                keys.append(rows[a] * self.count + rows[b])
            elif len(rows) > _WHOLE_GROUP:
                self.truncated += len(rows)
        if keys:
            self.verify(np.unique(np.concatenate(keys)))


def _describe(thumbnails: NDArray[np.uint8], pictures: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """What the search remembers of pictures: thumbnails (n, 64, 64, 3), luminance (n, 32, 32)."""
    described = Descriptions.of(pictures)
    columns: dict[str, NDArray[Any]] = {field.name: getattr(described, field.name) for field in fields(Descriptions)}
    columns["check"] = np.array([zlib.crc32(thumbnail.tobytes()) for thumbnail in thumbnails], np.int64)
    return columns


def _standard_order(width: NDArray[np.int32], height: NDArray[np.int32], check: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order different images by what they are, not by where they stand: the largest first, then by content."""
    return np.lexsort((check, -width.astype(np.int64), -width.astype(np.int64) * height))


def _best_of_each(pair: NDArray[np.int64], score: NDArray[np.float32]) -> NDArray[np.int64]:
    order = np.lexsort((np.arange(len(pair)), -score, pair))
    return order[np.r_[True, np.diff(pair[order]) != 0]] if len(order) else order


def _spread(
    group_of: NDArray[np.int64],
    known: _Known,
    group: NDArray[np.int64],
    at_least: float,
    truncated: int,
) -> Copies:
    """Say of all images what was found of different ones, and add the exact copies."""
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1]) if len(order) else []
    left, right, score, exact = [], [], [], []
    edit: list[str] = []
    for rows in members:
        if len(rows) > 1:
            a, b = (
                np.triu_indices(len(rows), 1)
                if len(rows) <= _SPREAD
                else (np.zeros(len(rows) - 1, int), np.arange(1, len(rows)))
            )
            left.append(rows[a])
            right.append(rows[b])
            score.append(np.ones(len(a), np.float32))
            exact.append(np.ones(len(a), bool))
            edit += ["identical"] * len(a)
    for key, probability, words in zip(known.keys.tolist(), known.score.tolist(), known.edit, strict=True):
        if probability < at_least:
            continue
        ours, theirs = (members[group_of[place]][:_SPREAD] for place in divmod(key, known.count))
        a, b = np.repeat(ours, len(theirs)), np.tile(theirs, len(ours))
        left.append(np.minimum(a, b))
        right.append(np.maximum(a, b))
        score.append(np.full(len(a), probability, np.float32))
        exact.append(np.zeros(len(a), bool))
        edit += [words] * len(a)
    columns = [
        np.concatenate(part) if part else np.zeros(0, kind)
        for part, kind in ((left, int), (right, int), (score, np.float32), (exact, bool))
    ]
    by = np.lexsort((columns[1], columns[0], -columns[2]))
    return Copies(
        columns[0][by].astype(np.int32),
        columns[1][by].astype(np.int32),
        columns[2][by].astype(np.float32),
        columns[3][by].astype(bool),
        tuple(edit[at] for at in by.tolist()),
        truncated,
    )

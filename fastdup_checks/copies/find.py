"""Find the copies in a set of images: neighbours propose, pixels dispose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_checks.copies.calibration import DEFAULT_THRESHOLD, REPORTING_FLOOR, Models, shipped
from fastdup_checks.copies.details import look_at_details, say_little
from fastdup_checks.copies.edits import name_edits
from fastdup_checks.copies.hypotheses import FirstLook, Gates, Measured, PictureSet
from fastdup_checks.copies.judged import Judged
from fastdup_checks.copies.memory import Memory, distinct, name_pairs, places_in
from fastdup_checks.copies.pairs import WHOLE_GROUP, list_pairs
from fastdup_checks.copies.proposals import Proposals
from fastdup_checks.copies.subjects import Subjects
from fastdup_checks.copies.ties import correspondences, find_ties, propose_maps
from fastdup_checks.copies.verify import look_first, measure, measure_closely

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_checks.copies.pairs import Copies, CopyInputs

__all__ = ("NEAREST", "find_copies")

NEAREST = 10
"""Neighbours of the embedding first looked at; where most turn out to be copies, more."""
_ALIKE = 0.96
"""Coarse score from which a pair is aligned whatever the gate says: crops of soft things look alike in every turn."""
_IN_PLACE = 0.7
"""Correlation without any shift from which a pair is aligned whatever the gate says: a sticker may mislead the rest."""
_GIVEN = Gates(coarse=0.0, coarse_behind=2.0, in_place=2.0)
"""For pairs of which it is known how they lie."""
_CLOSE = 0.2
"""Score from which a pair is so near to being sure that it is aligned and measured more closely."""
_TIED = Gates(coarse=0.6, coarse_behind=0.06)
"""For pairs that others tie together: most of them are copies, so that a closer look is worth more."""
_GROW = 4
"""Factor by which a full neighbourhood grows."""
_PAIRS = 1 << 17
"""Pairs judged at a time: some 40 MB."""


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
        return list_pairs(group, (), (), (), at_least=at_least, truncated=0)
    memory = None if inputs.kept is None else Memory.load(inputs.kept)
    subjects = Subjects(inputs, first_row, memory)
    search = _Search(subjects, Proposals(subjects, np.argsort(subjects.order)[group], threads), memory)
    search.run(neighbours)
    if inputs.kept is not None:
        search.remember(inputs.kept)
    known = search.known
    pairs = subjects.order[np.stack(known.sides(known.keys), axis=1)]
    return list_pairs(
        group,
        pairs.tolist(),
        known.final_score().tolist(),
        known.edit,
        at_least=at_least,
        truncated=search.truncated,
        recall=search.proposals.recall,
    )


class _Search:
    """The rounds of proposing and verifying among images that are all different."""

    def __init__(self, subjects: Subjects, proposals: Proposals, memory: Memory | None) -> None:
        self.subjects, self.proposals, self.memory = subjects, proposals, memory
        self.pictures = PictureSet(
            subjects.pictures,
            subjects.thumbnails,
            subjects.shape,
            subjects.size,
            subjects.descriptions.mat,
            subjects.details,
        )
        self.known = Judged(subjects.count, subjects.drawn)
        self.truncated = 0
        self.models: Models = shipped()

    def run(self, k: int) -> None:
        proposals, count = self.proposals, self.known.count
        everyone, more = np.arange(count), proposals.alike()
        query, hit = proposals.near(k)
        while len(everyone):
            self.verify(distinct(more, proposals.keys(everyone[query], hit)))
            if k >= count:
                break
            everyone, k, more = everyone[self.full(everyone, query, hit, k)], k * _GROW, more[:0]
            query, hit = proposals.around(everyone, k)
        self.close()

    def verify(self, keys: NDArray[np.int64]) -> None:
        """Judge the pairs that were not judged before, unless both lie in one large group already."""
        known = self.known
        keys = keys[places_in(keys, known.all) < 0]
        first, second = known.sides(keys)
        if len(known.keys):
            label = known.groups()
            size = np.bincount(label, minlength=known.count)
            needed = (label[first] != label[second]) | (size[label[first]] <= WHOLE_GROUP)
            keys, first, second = keys[needed], first[needed], second[needed]
        new = self.remembered(keys)
        for start in range(0, len(new), _PAIRS):
            self.judge(new[start : start + _PAIRS])
        known.all = distinct(known.all, keys)

    def judge(self, keys: NDArray[np.int64]) -> None:
        """Look at pairs, align the promising ones, and remember what may be a copy."""
        models, sides = self.models, self.known.sides(keys)
        seen = self.look(keys)
        wanted = models.gate.probability(seen.features(self.subjects.similarity(*sides))) >= models.worth
        wanted |= (seen.score[:, 0] >= _ALIKE) | (seen.score[:, 2] >= _IN_PLACE) | seen.parted
        measured, score = self.measure(keys, seen, Gates(), wanted)
        unsure = (score >= _CLOSE) & (score < DEFAULT_THRESHOLD)
        closely = measure_closely(self.pictures, measured.take(np.flatnonzero(unsure)), *sides)
        self.add(keys, *self.best([measured, closely]))

    def look(self, keys: NDArray[np.int64]) -> FirstLook:
        """How the pictures of pairs may lie in one another."""
        return look_first(self.subjects.pictures, self.subjects.descriptions, *self.known.sides(keys))

    def measure(
        self, keys: NDArray[np.int64], seen: FirstLook, gates: Gates, wanted: NDArray[np.bool_] | None = None
    ) -> tuple[Measured, NDArray[np.float32]]:
        """The best hypothesis of each pair that passes the gates, and its score."""
        return self.best([measure(self.pictures, seen, *self.known.sides(keys), wanted=wanted, gates=gates)])

    def best(self, parts: list[Measured]) -> tuple[Measured, NDArray[np.float32]]:
        """The best hypothesis of each pair, and its score."""
        measured = Measured.join(parts)
        score = self.models.pairs.probability(measured.evidence.features)
        best = _best_of_each(measured.pair, score)
        return measured.take(best), score[best]

    def add(
        self, keys: NDArray[np.int64], measured: Measured, score: NDArray[np.float32], *, tied: bool = False
    ) -> None:
        """Remember those of the pairs that may be copies."""
        known, subjects = self.known, self.subjects
        score = self.by_details(measured, score, *known.sides(keys))
        some = np.flatnonzero(score >= REPORTING_FLOOR)
        chosen = measured.take(some)
        keys = keys[chosen.pair]
        one, other = known.sides(keys)
        width, height, mat = subjects.width, subjects.height, subjects.descriptions.mat
        size_one, size_other = (width[one], height[one]), (width[other], height[other])
        edits = name_edits(chosen, size_one, size_other, mat[one], mat[other])
        known.add(keys, score[some], edits, tied=tied)

    def by_details(
        self, measured: Measured, score: NDArray[np.float32], one: NDArray[np.int64], other: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """The scores, those of drawn pictures not above what their details say."""
        drawn, pair = self.subjects.drawn, measured.pair
        some = np.flatnonzero(drawn[one[pair]] & drawn[other[pair]] & (score >= _CLOSE))
        if not len(some):
            return score
        details = look_at_details(self.pictures, measured.take(some), one, other)
        said = np.where(say_little(details), np.float32(0), self.models.drawn.probability(details))
        limited = score.copy()
        limited[some] = np.minimum(score[some], said * np.float32(DEFAULT_THRESHOLD / self.models.sure))
        return np.round(limited, 4)

    def full(
        self, asked: NDArray[np.int64], query: NDArray[np.int64], hit: NDArray[np.int64], k: int
    ) -> NDArray[np.bool_]:
        """Which of the images asked about have copies for most of their neighbours, so that more may follow."""
        label = self.known.groups()
        together = (label[asked[query]] == label[hit]) & (asked[query] != hit)
        return np.bincount(query[together], minlength=len(asked)) > k // 2

    def close(self) -> None:
        """Verify the pairs within small groups that no neighbourhood proposed, or that seemed not worth it."""
        label = self.known.groups()
        order = np.argsort(label, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(label[order]) != 0])
        keys = []
        for rows in np.split(order, starts[1:]):
            if 2 < len(rows) <= WHOLE_GROUP:
                a, b = np.triu_indices(len(rows), 1)
                keys.append(rows[a] * self.known.count + rows[b])
            elif len(rows) > WHOLE_GROUP:
                self.truncated += len(rows)
        if keys:
            within = distinct(*keys)
            self.verify(within)
            for look_again in (self.look_closer, self.look_through_others):
                unsure = within[places_in(within, np.sort(self.known.keys)) < 0]
                for start in range(0, len(unsure), _PAIRS):
                    look_again(unsure[start : start + _PAIRS])

    def look_closer(self, keys: NDArray[np.int64]) -> None:
        """Align pairs of one group, whether or not they seemed worth it."""
        self.add(keys, *self.measure(keys, self.look(keys), _TIED), tied=True)

    def look_through_others(self, keys: NDArray[np.int64]) -> None:
        """Align pairs of one group as a third picture, of which both are copies, says that they lie."""
        known = self.known
        pairs = np.stack(known.sides(keys), axis=1)
        sure = known.sure
        third = find_ties(pairs, *known.sides(known.keys[sure]), known.score[sure])
        keys, pairs, third = keys[third >= 0], pairs[third >= 0], third[third >= 0]
        links = np.concatenate([self.proposals.keys(pairs[:, side], third) for side in (0, 1)])
        links = distinct(links)
        if not len(links):
            return
        measured, score = self.measure(links, self.look(links), _TIED)
        measured = measured.take(np.flatnonzero(score >= DEFAULT_THRESHOLD))
        onto = np.full((len(links), 3, 3), np.nan)
        onto[measured.pair] = correspondences(measured)

        def between(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
            """From the coordinates of the others to those of the ones."""
            at = places_in(np.minimum(one, other) * known.count + np.maximum(one, other), links)
            found = onto[at]
            backwards = one > other
            found[backwards] = np.linalg.inv(found[backwards])
            return found

        whole = between(pairs[:, 0], third) @ between(third, pairs[:, 1])
        fine = np.flatnonzero(np.isfinite(whole).all(axis=(1, 2)))
        keys = keys[fine]
        self.add(keys, *self.measure(keys, propose_maps(self.look(keys), whole[fine]), _GIVEN), tied=True)

    def names(self, keys: NDArray[np.int64]) -> NDArray[np.uint64]:
        """By which pairs are remembered."""
        first, second = self.known.sides(keys)
        return name_pairs(self.subjects.names[first], self.subjects.names[second])

    def remembered(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take what is known of pairs from the last search, and leave those that are to be judged."""
        memory = self.memory
        if memory is None:
            return keys
        names = self.names(keys)
        hit = places_in(names, memory.hits)
        found = np.flatnonzero(hit >= 0)
        edits = [memory.edit[at] for at in hit[found].tolist()]
        self.known.add(keys[found], memory.score[hit[found]], edits, tied=False)
        return keys[places_in(names, memory.pairs) < 0]

    def remember(self, file: Path) -> None:
        """Keep for the next search what this one knows."""
        known, by = self.known, np.argsort(self.subjects.names)
        # What others tie together is looked at again: another set of images may not have these.
        alone = np.flatnonzero(~known.tied)
        hits = self.names(known.keys[alone])
        order = np.argsort(hits)
        kept = alone[order]
        Memory(
            self.subjects.names[by],
            {name: column[by] for name, column in self.subjects.described.items()},
            np.sort(self.names(known.all)),
            hits[order],
            known.score[kept],
            tuple(known.edit[at] for at in kept.tolist()),
        ).save(file)


def _best_of_each(pair: NDArray[np.int64], score: NDArray[np.float32]) -> NDArray[np.int64]:
    order = np.lexsort((np.arange(len(pair)), -score, pair))
    return order[np.r_[True, np.diff(pair[order]) != 0]] if len(order) else order

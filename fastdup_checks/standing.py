"""What became of a baseline's entries in a run: which finding each of them accepts, and which count no longer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_checks.baseline import pictures_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastdup_checks.analysis import Analysis
    from fastdup_checks.baseline import Accepted, Baseline
    from fastdup_checks.findings import Finding
    from fastdup_checks.verdict import Verdict

__all__ = ("Standing", "stand")


@dataclass(frozen=True, slots=True)
class Standing:
    """A baseline after a run."""

    file: str
    """Its name, without the folder."""
    entries: int
    behind: Mapping[tuple[str, tuple[str, ...]], Accepted]
    """Check and images of every accepted finding -> the entry that accepts it."""
    stale: tuple[Accepted, ...]
    """Entries whose finding no longer occurs."""
    lapsed: tuple[Accepted, ...]
    """Entries whose last day has passed."""

    def entry(self, check: str, finding: Finding) -> Accepted | None:
        """The entry that accepts a finding, or None."""
        return self.behind.get((check, finding.images))

    def remarks(self) -> list[str]:
        """What people should know of entries that count no longer, a line each."""
        said = []
        lapsed, stale = len(self.lapsed), len(self.stale)
        if lapsed:
            said.append(f"{self.file}: {lapsed} {'entry has' if lapsed == 1 else 'entries have'} lapsed")
        if stale:
            said.append(
                f"{self.file}: {stale} {'entry no longer occurs' if stale == 1 else 'entries no longer occur'}; take "
                f"{'it' if stale == 1 else 'them'} out with: fastdup-checks baseline data.yml --prune (unless another "
                "configuration shares the file)"
            )
        return said


def stand(
    baseline: Baseline | None, verdicts: Sequence[Verdict], analysis: Analysis, *, whole: bool = True
) -> Standing | None:
    """Hold a baseline against the verdicts of a run; None where there are no entries.

    Args:
        baseline: that the verdicts were reached with.
        verdicts: on the expectations of the configuration.
        analysis: of its dataset.
        whole: whether these are the verdicts on all of its expectations; otherwise no entry is called stale, as its
            finding may be one of an expectation that was not judged.
    """
    if baseline is None or baseline.path is None or not baseline.accepted:
        return None
    pictures = pictures_of(analysis)
    behind: dict[tuple[str, tuple[str, ...]], Accepted] = {}
    for verdict in verdicts:
        check = verdict.expectation.check
        known = [[pictures[path] for path in finding.images] for finding in verdict.accepted]
        for finding, entry in zip(verdict.accepted, baseline.share_out(check, known), strict=True):
            if entry is not None:
                behind[check, finding.images] = entry
    # Of a check that was skipped or had nothing to measure somewhere, nobody knows what would have been found there.
    unknown = [v for v in verdicts if v.outcome == "skipped" or math.isnan(v.measurement.value)]
    judged = {v.expectation.check for v in verdicts} - {v.expectation.check for v in unknown}
    used = {entry.name for entry in behind.values()}
    stale = tuple(
        entry
        for entry in baseline.accepted
        if entry.check in judged and entry.name not in used and entry not in baseline.lapsed
    )
    return Standing(baseline.path.name, len(baseline.accepted), behind, stale if whole else (), baseline.lapsed)

"""Fit the calibration of the copy search to edits of photographs.

Usage: python calibrate.py PHOTOS... [--textures PHOTOS...] [--products PHOTOS...] [--versions PHOTOS...]
    [--small PHOTOS...] [--seed 3] [--out calibration.json] [--same same.txt]

PHOTOS are folders of photographs; they are used as they are, and once more shrunk to 32 to 48 pixels a side after they
were edited. Those after --textures are used as they are only. Those after --products show things of a few kinds on
plain ground, many of which are hard to tell apart. Of those after --versions several versions are made, each shrunk to
32 pixels on its own. The pictures after --small are small from the start. Each source should be free of copies of its
own: pairs of files that are copies all the same are listed in ``same.txt``, two paths a line. A fifth of the originals
of every set is held out; the figures at the end are theirs. `--suspects` writes the pairs that look like further copies
in the source, to be judged by eye.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from copyset import CopySet, build, build_templates, build_versions, list_photographs
from edits import PLAIN_EDITS
from samples import Samples, draw
from trees import fit

from fastdup_checks.copies.calibration import FIRST_LOOK, Calibration, Models, shipped
from fastdup_checks.copies.details import DETAILS
from fastdup_checks.copies.evidence import FEATURES
from fastdup_checks.encoders.network import OnnxEncoder


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one of the sets is made of, and how much it counts."""

    originals: int
    """Photographs that are edited..."""
    distractors: int
    """...and that are not."""
    others: float
    """How much more the pairs that are no copies count than the copies. Most pairs that are proposed in a dataset are
    none. Of small pictures few of these look like copies, but of things of one kind many, and none may fail a build."""
    side: int = 0
    """Longer side of the photographs in pixels; 0 where each is shrunk to 32 in several versions."""
    drawn: int = 0
    """How many pages and the like are drawn."""
    shrunk: bool = False
    """Whether all pictures are shrunk once they are edited."""


_LARGE = _Kind(200, 2400, 0.4, side=500, drawn=200)
_SHRUNK = _Kind(260, 3500, 0.2, side=300, drawn=60, shrunk=True)
_SMALL = _Kind(160, 2400, 0.2, side=32)
_PRODUCTS = _Kind(220, 3000, 1.5, side=224)
_VERSIONS = _Kind(900, 5000, 0.2)
_TEMPLATES = 14
"""Templates of every sort that drawings are made from."""
_COPIES = 3000.0
"""Weight of the copies of a set, in pairs."""
_LOST = 0.015
"""Share of the copies that could be told, but that the gate may keep from being looked at."""
_TAKEN = 0.01
"""Share of the drawings from one template that may be taken for copies, of those that their evidence takes for such."""


def main() -> None:
    """Build the sets, fit, report and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="+")
    for name in ("textures", "products", "versions", "small"):
        parser.add_argument(f"--{name}", type=Path, nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--edits", type=int, default=16, help="edits of each original")
    parser.add_argument("--pairs", type=int, default=3500, help="pairs of copies to measure in each set")
    parser.add_argument("--out", type=Path, default=Path("calibration.json"))
    parser.add_argument("--same", type=Path)
    parser.add_argument("--suspects", type=Path)
    parser.add_argument("--keep", action="store_true", help="keep the shipped model of pairs, fit the rest")
    a = parser.parse_args()
    encoder = OnnxEncoder()
    sets: list[tuple[CopySet, Samples, list[Path], _Kind]] = []
    kinds = (
        ([*a.photos, *a.textures], _LARGE),
        (a.photos, _SHRUNK),
        (a.small, _SMALL),
        (a.products, _PRODUCTS),
        (a.versions, _VERSIONS),
    )
    for folders, kind in kinds:
        if not folders:
            continue
        most = kind.originals + kind.distractors
        files = list_photographs(folders, a.seed, limit=2 * most // len(folders) if len(folders) > 1 else None)[:most]
        if kind.side:
            pictures = build(
                files,
                encoder,
                originals=kind.originals,
                distractors=kind.distractors,
                edits_each=a.edits,
                seed=a.seed,
                side=kind.side,
                drawn=kind.drawn,
                shrunk=kind.shrunk,
            )
        else:
            pictures = build_versions(files, encoder, originals=kind.originals, seed=a.seed)
        samples = draw(pictures, each=a.pairs, seed=a.seed, same=_read_same(a.same, files))
        sets.append((pictures, samples, files, kind))
        print(f"{len(pictures.edit)} pictures, {len(samples.copies)} pairs, {len(samples.pair)} hypotheses", flush=True)
    known = [(samples, ~_held_out(pictures, samples), kind.others) for pictures, samples, _, kind in sets]
    model = shipped().pairs if a.keep else _fit(known)
    gate, worth = _fit_gate(model, known)
    for pictures, samples, files, _ in sets:
        held = _held_out(pictures, samples)
        _report(model, samples, held, pictures)
        passed, found = gate.probability(samples.seen) >= worth, _scores(model, samples) >= 0.5
        kept, others = passed[held & samples.copies & found].mean(), passed[held & ~samples.copies].mean()
        print(f"  the gate lets {kept:.4f} of the copies pass that can be told, and {others:.4f} of the others")
        if a.suspects:
            _write_suspects(a.suspects, model, samples, pictures, files)
    known = [(samples, np.ones(len(samples.copies), bool), kind.others) for _, samples, _, kind in sets]
    model = model if a.keep else _fit(known)
    gate, worth = _fit_gate(model, known)
    drawings = build_templates(encoder, kinds=_TEMPLATES, seed=a.seed)
    compared = [(drawings, draw(drawings, each=a.pairs, seed=a.seed, same=set()))]
    compared += [(pictures, samples) for pictures, samples, _, kind in sets if kind is _PRODUCTS]
    drawn, sure = _fit_details(model, compared)
    Models(model, gate, worth, drawn, sure).write(a.out)
    print(f"wrote {a.out}, fitted to all pairs")


@dataclass(frozen=True, slots=True)
class _Details:
    """What the details of drawn pairs of one set show."""

    seen: np.ndarray
    copies: np.ndarray
    weights: np.ndarray
    held: np.ndarray

    @classmethod
    def of(cls, model: Calibration, pictures: CopySet, samples: Samples) -> _Details:
        """Those pairs that a model takes for copies, or nearly; of copies those that still say what they said."""
        pair, seen = samples.details(model)
        plain = np.isin(pictures.edit, ("original", "distractor", *PLAIN_EDITS))
        use = ~samples.copies[pair] | (plain[samples.first[pair]] & plain[samples.second[pair]])
        copies = samples.copies[pair[use]]
        return cls(seen[use], copies, _weights(copies, 1.0), _held_out(pictures, samples)[pair[use]])


def _fit_details(model: Calibration, sets: list[tuple[CopySet, Samples]]) -> tuple[Calibration, float]:
    """Fit the model of drawings, and from which probability on its copies are sure, by the first of the sets."""
    parts = [_Details.of(model, pictures, samples) for pictures, samples in sets]
    parts = [part for part in parts if part.copies.any() and not part.copies.all()]
    trial = _fit_drawn(parts, [~part.held for part in parts])
    said = [trial.probability(part.seen[part.held]) for part in parts]
    truth = [part.copies[part.held] for part in parts]
    sure = float(np.round(np.quantile(said[0][~truth[0]], 1 - _TAKEN), 4))
    for one, true in zip(said, truth, strict=True):
        kept, others = (one[true] >= sure).mean(), (one[~true] >= sure).mean()
        print(f"  details: of {true.sum()} copies {kept:.4f} stay, of {(~true).sum()} others {others:.4f}")
    return _fit_drawn(parts, [np.ones(len(part.held), bool) for part in parts]), sure


def _fit_drawn(parts: list[_Details], use: list[np.ndarray]) -> Calibration:
    columns = ([part.seen for part in parts], [part.copies for part in parts], [part.weights for part in parts])
    chosen = [np.concatenate([x[rows] for x, rows in zip(column, use, strict=True)]) for column in columns]
    return fit(DETAILS, *chosen, trees=150, rate=0.08, depth=4, against=("moved",))


def _read_same(path: Path | None, files: list[Path]) -> set[tuple[int, int]]:
    if path is None:
        return set()
    place = {"/".join(file.parts[-3:]): at for at, file in enumerate(files)}
    pairs = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    rows = [(place[x], place[y]) for x, y in pairs if x in place and y in place]
    return {(min(pair), max(pair)) for pair in rows}


def _held_out(pictures: CopySet, samples: Samples) -> np.ndarray:
    return (pictures.origin[samples.first] % 5 == 0) | (pictures.origin[samples.second] % 5 == 0)


def _fit_gate(model: Calibration, sets: list[tuple[Samples, np.ndarray, float]]) -> tuple[Calibration, float]:
    """Fit the gate: it must let pass nearly all copies that the model of the pairs can tell."""
    seen = np.concatenate([samples.seen[use] for samples, use, _ in sets])
    copies = np.concatenate([samples.copies[use] for samples, use, _ in sets])
    found = np.concatenate([_scores(model, samples)[use] >= 0.5 for samples, use, _ in sets])
    weight = np.concatenate([_weights(samples.copies[use], others) for samples, use, others in sets])
    known = found | ~copies
    gate = fit(FIRST_LOOK, seen[known], copies[known], weight[known], trees=40, rate=0.2, depth=3)
    return gate, float(np.round(np.quantile(gate.probability(seen[copies & found]), _LOST), 4))


def _fit(sets: list[tuple[Samples, np.ndarray, float]], rounds: int = 3) -> Calibration:
    """Fit to the best hypothesis of each pair; which one that is, each round of fitting says better."""
    model: Calibration | None = None
    for _ in range(rounds):
        features, copies, weights = [], [], []
        for samples, use, others in sets:
            rank = (
                samples.features[:, 0] + samples.features[:, 3]
                if model is None
                else model.probability(samples.features)
            )
            order = np.lexsort((-rank, samples.pair))
            best = order[np.r_[True, np.diff(samples.pair[order]) != 0]]
            best = best[use[samples.pair[best]]]
            features.append(samples.features[best])
            copies.append(samples.copies[samples.pair[best]])
            weights.append(_weights(copies[-1], others))
        model = fit(
            FEATURES,
            np.concatenate(features),
            np.concatenate(copies),
            np.concatenate(weights),
            trees=500,
            rate=0.05,
            depth=4,
        )
    assert model is not None
    return model


def _weights(copies: np.ndarray, others: float) -> np.ndarray:
    """So that the copies of every set count alike, and in it the pairs that are none so many times as much."""
    return np.where(copies, _COPIES / copies.sum(), others * _COPIES / (~copies).sum())


def _scores(model: Calibration, samples: Samples) -> np.ndarray:
    score = np.zeros(len(samples.copies))
    np.maximum.at(score, samples.pair, model.probability(samples.features))
    return score


def _report(model: Calibration, samples: Samples, held: np.ndarray, pictures: CopySet) -> None:
    score, truth = _scores(model, samples)[held], samples.copies[held]
    order = np.argsort(-score, kind="stable")
    precision = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    recall = np.cumsum(truth[order]) / truth.sum()
    for least in (0.999, 0.995, 0.99):
        at = np.flatnonzero(precision >= least)
        print(f"held out: recall {recall[at[-1]]:.4f} at precision {least}, score {score[order][at[-1]]:.3f}")
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1.01)):
        some = (score >= low) & (score < high)
        if some.any():
            print(f"  scores {low:.2f}..{min(high, 1):.2f}: {truth[some].mean():.3f} are copies, of {some.sum()}")
    edits = np.array(pictures.edit)[samples.second][held]
    least = score[order][np.flatnonzero(precision >= 0.99)[-1]]
    per = {name: (score[truth & (edits == name)] >= least).mean() for name in sorted(set(edits[truth]))}
    print("  found at precision 0.99: " + "  ".join(f"{name} {share:.2f}" for name, share in per.items()))


def _write_suspects(path: Path, model: Calibration, samples: Samples, pictures: CopySet, files: list[Path]) -> None:
    score = _scores(model, samples)
    with path.open("a", encoding="utf-8") as out:
        for at in np.argsort(-score, kind="stable")[: len(score)]:
            a, b = pictures.origin[samples.first[at]], pictures.origin[samples.second[at]]
            if not samples.copies[at] and score[at] >= 0.5 and max(a, b) < len(files):
                names = ("/".join(files[row].parts[-3:]) for row in (a, b))
                out.write(f"{score[at]:.3f}\t" + "\t".join(names) + "\n")


if __name__ == "__main__":
    main()

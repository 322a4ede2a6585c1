"""Rules that tell a bad picture by its statistics.

Every threshold is absolute, but for `odd_size` and `greyscale`, which look for the odd one out and need the dataset.
They were set on 4,230 public photographs (cats and dogs, Caltech-101, household waste, 84 px web pictures, grey
landscapes) and edits of them, in the gap between the two: none of the photographs is flagged by dark, bright, blurry,
low_information or low_contrast, while a Gaussian blur of 2 % of the short side, a brightness factor of 0.2 and a
white veil of 80 % always are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("RULES", "Flags", "Rule", "find_flaws", "find_grey")

Statistics = NDArray[np.void]
"""(n,) records of dtype `fastdup_checks.statistics.STATISTICS`."""
Values = NDArray[np.float64]

_GREY = 0.995
"""A picture is without colour where more than this share of its pixels is."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What one rule says about n images."""

    mask: NDArray[np.bool_]
    """(n,) the images that break the rule."""
    score: Values
    """(n,) 0 where the rule is kept, in (0, 1] where it is broken: higher is worse."""
    value: Values
    """(n,) the statistic that was judged, in the rule's unit."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to be a bad picture."""

    name: str
    threshold: float
    """The default; what it is held against is said in `meaning`."""
    unit: str
    """What `Flags.value` and the threshold are, for people."""
    meaning: str
    """What is flagged, as one sentence."""
    advice: str
    """What to do about it."""
    judge: Callable[[Statistics, float], Flags]
    flaw: bool = True
    """Whether it is a defect by itself; a grey photograph is not, only a stranger among coloured ones."""

    def flags(self, statistics: Statistics, threshold: float | None = None) -> Flags:
        """Judge images by the default threshold or another one."""
        return self.judge(statistics, self.threshold if threshold is None else threshold)


def find_flaws(statistics: Statistics) -> dict[str, Flags]:
    """Judge images by every rule, at its default threshold.

    Args:
        statistics: (n,) records of dtype `STATISTICS`.

    Returns:
        The flags by the name of the rule, in the order of `RULES`.
    """
    return {name: rule.flags(statistics) for name, rule in RULES.items()}


def find_grey(statistics: Statistics) -> NDArray[np.bool_]:
    """Which pictures are without colour."""
    return np.asarray(_column(statistics, "greyness") > _GREY, bool)


def _low(value: Values, limit: float, *, unless: NDArray[np.bool_] | None = None) -> Flags:
    mask = value < limit
    if unless is not None:
        mask &= ~unless
    return Flags(mask, np.where(mask, np.clip(1 - value / max(limit, 1e-9), 1e-6, 1.0), 0.0), value)


def _high(value: Values, limit: float, ceiling: float, *, unless: NDArray[np.bool_] | None = None) -> Flags:
    mask = value > limit
    if unless is not None:
        mask &= ~unless
    score = np.clip((value - limit) / max(ceiling - limit, 1e-9), 1e-6, 1.0)
    return Flags(mask, np.where(mask, score, 0.0), value)


def _column(statistics: Statistics, name: str) -> Values:
    # float32 to six digits: a threshold of 0.25 must hold for a value that was stored as the nearest float32 to it
    return np.asarray(np.round(statistics[name].astype(np.float64), 6), dtype=np.float64)


def _blank(statistics: Statistics) -> NDArray[np.bool_]:
    return RULES["low_information"].flags(statistics).mask


def _unlit(statistics: Statistics) -> NDArray[np.bool_]:
    return _blank(statistics) | RULES["dark"].flags(statistics).mask | RULES["bright"].flags(statistics).mask


def _judge_low_information(statistics: Statistics, limit: float) -> Flags:
    return _low(_column(statistics, "spread"), limit)


def _judge_dark(statistics: Statistics, limit: float) -> Flags:
    return _low(_column(statistics, "brightest"), limit)


def _judge_bright(statistics: Statistics, limit: float) -> Flags:
    return _high(_column(statistics, "darkest"), limit, 1.0)


def _judge_blurry(statistics: Statistics, limit: float) -> Flags:
    # Edges of less than about ten levels drown in rounding: such a picture is flagged as blank or dark instead.
    return _low(_column(statistics, "sharpness"), limit, unless=_column(statistics, "spread") < 0.04)


def _judge_low_contrast(statistics: Statistics, limit: float) -> Flags:
    return _low(_column(statistics, "contrast"), limit, unless=_unlit(statistics))


def _judge_tiny(statistics: Statistics, limit: float) -> Flags:
    return _low(np.minimum(_column(statistics, "width"), _column(statistics, "height")), limit)


def _judge_odd_aspect_ratio(statistics: Statistics, limit: float) -> Flags:
    width, height = _column(statistics, "width"), _column(statistics, "height")
    return _high(np.maximum(width, height) / np.maximum(np.minimum(width, height), 1), limit, 4 * limit)


def _judge_odd_size(statistics: Statistics, limit: float) -> Flags:
    """How many times larger or smaller than the median; a dataset of mixed sizes widens the limit by its own spread."""
    if not len(statistics):
        return _high(np.zeros(0), limit, 1.0)
    octaves = np.log2(np.maximum(_column(statistics, "width") * _column(statistics, "height"), 1)) / 2
    low, middle, high = np.quantile(octaves, (0.25, 0.5, 0.75))
    widened = max(limit, float(2 ** (4 * (high - low))))
    return _high(np.round(2.0 ** np.abs(octaves - middle), 6), widened, 4 * widened)


def _judge_greyscale(statistics: Statistics, limit: float) -> Flags:
    """Grey pictures, where they are fewer than `limit` of the dataset."""
    greyness = _column(statistics, "greyness")
    flags = _high(greyness, _GREY, 1.0, unless=_unlit(statistics))
    if len(statistics) and flags.mask.mean() > limit:
        return Flags(np.zeros_like(flags.mask), np.zeros_like(flags.score), greyness)
    return flags


_ALL: tuple[Rule, ...] = (
    Rule(
        "low_information",
        0.025,
        "range of luma between the 0.5th and the 99.5th percentile, 0 to 1",
        "A blank picture: practically all pixels have one brightness (white, black, grey or any plain colour).",
        "Nothing can be learned from it and its label is arbitrary: remove it, and look for what made it, such as a "
        "failed download, a lens cap or an empty placeholder.",
        _judge_low_information,
    ),
    Rule(
        "dark",
        0.25,
        "99th percentile of the largest channel, 0 to 1",
        "A nearly black picture: even its brightest parts are dark. Night shots with lights in them are not flagged.",
        "Check the exposure or the decoding (16-bit pictures stored without scaling look like this). Keep such images "
        "only if the model will meet them in use, and then enough of them.",
        _judge_dark,
    ),
    Rule(
        "bright",
        0.75,
        "1st percentile of the smallest channel, 0 to 1",
        "A nearly white picture: even its darkest parts are bright. Objects before a white background are not flagged.",
        "Usually overexposure, glare or a failed scan. Remove it, or repeat the shot.",
        _judge_bright,
    ),
    Rule(
        "blurry",
        0.13,
        "sharpness (second by first differences at 128 px)",
        "A picture out of focus as a whole, by about 2 % of its short side or more; so is a small picture that was "
        "enlarged. Not flagged: a sharp subject before a soft background, a picture shaken in one direction, which "
        "stays sharp along it, and one with noise, a caption or a border, which are sharp themselves.",
        "Remove it from training unless the model must cope with blur; in a test set decide it on purpose. When most "
        "of a dataset is flagged it was enlarged from smaller pictures: look for the originals.",
        _judge_blurry,
    ),
    Rule(
        "low_contrast",
        0.03,
        "standard deviation of luma, 0 to 0.5",
        "A veiled picture: neither blank, dark nor bright, but all of it within a narrow range of brightness.",
        "Check for fog, a wrong tone curve or a wrong scaling of 16-bit data.",
        _judge_low_contrast,
    ),
    Rule(
        "tiny",
        32,
        "short side in pixels",
        "A picture whose short side is below the limit.",
        "Often an icon or a thumbnail that was saved in place of the picture: fetch the original or remove it.",
        _judge_tiny,
    ),
    Rule(
        "odd_aspect_ratio",
        3.5,
        "long side by short side",
        "A picture very much wider than high, or higher than wide: banners, panoramas, strips cut by mistake.",
        "It will be squeezed or cropped to little when it is resized for a model: crop it on purpose, or remove it.",
        _judge_odd_aspect_ratio,
    ),
    Rule(
        "odd_size",
        6,
        "times larger or smaller than the median side",
        "A picture whose size is far from the rest of the dataset. In a dataset of mixed sizes the limit grows to four "
        "interquartile ranges (in octaves).",
        "It comes from another source: check that it belongs here and was not downloaded as a thumbnail.",
        _judge_odd_size,
    ),
    Rule(
        "greyscale",
        0.05,
        "share of the dataset up to which grey pictures count as odd",
        "A picture without any colour in a dataset that otherwise has colour.",
        "Harmless by itself. If the grey ones belong to one class or one split, a model will learn that instead.",
        _judge_greyscale,
        flaw=False,
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _ALL}
"""All rules by name, in the order in which an image that breaks several is described."""

"""What a cosine of one encoder means: kept beside data.yml, and read by every run of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fastdup_checks.encoders.plan import ModelPlan, model_identity
from fastdup_checks.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_checks.encoders.plan import EncoderPlan

__all__ = ("FILE", "Calibration", "load_calibration")

FILE = "fastdup-calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well one encoder tells copies from other pictures, measured on edits of a dataset's own images."""

    model: str
    """Names the model that was measured."""
    edits: int
    """How many edited pictures were looked for."""
    recall: dict[str, float]
    """How many neighbours -> the share of edits whose original was among them."""
    neighbours: int
    """How many neighbours a run looks at."""
    cosine: tuple[float, ...]
    """Ascending."""
    probability: tuple[float, ...]
    """For each cosine: that a neighbour so near to a picture is a copy of it; never falls."""

    def write(self, folder: Path) -> Path:
        """Save it where runs of the data.yml in the folder find it."""
        file = folder / FILE
        file.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        return file


def load_calibration(folder: Path, model: EncoderPlan) -> Calibration | None:
    """The calibration in a folder; None where there is none, or where the vectors are the user's own.

    Raises:
        ConfigError: if it is damaged or was made for another model.
    """
    file = folder / FILE
    if not isinstance(model, ModelPlan) or not file.is_file():
        return None
    try:
        found = _of(json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError([Problem(str(file), 0, f"not a calibration ({error!r}); make it anew")]) from error
    if found.model != model_identity(model):
        text = "made for another model; run `fastdup-checks calibrate` again, or remove the file"
        raise ConfigError([Problem(str(file), 0, text)])
    return found


def _of(values: Any) -> Calibration:
    """The inverse of `asdict`, through JSON."""
    return Calibration(
        model=str(values["model"]),
        edits=int(values["edits"]),
        recall={str(count): float(share) for count, share in dict(values["recall"]).items()},
        neighbours=max(1, int(values["neighbours"])),
        cosine=tuple(map(float, values["cosine"])),
        probability=tuple(map(float, values["probability"])),
    )

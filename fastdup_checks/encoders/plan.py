"""What a configuration says of the encoder, and the key under which its vectors are kept. Imports no heavy library."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = (
    "DEFAULT",
    "DEFAULT_MODEL",
    "PROCESSOR",
    "Channels",
    "EncoderPlan",
    "Filter",
    "HubFile",
    "Layout",
    "ModelPlan",
    "Pooling",
    "Stated",
    "VectorPlan",
    "external_files",
    "model_identity",
    "model_key",
    "processor_places",
    "read_model",
)

DEFAULT_MODEL = Path(__file__).parents[1] / "models" / "default.onnx"
PROCESSOR = "preprocessor_config.json"

_PREPROCESSING = 2
"""Raise it when the pixels handed to an encoder, or what is made of its outputs, change."""

Layout = Literal["nchw", "nhwc"]
Channels = Literal["rgb", "bgr"]
Pooling = Literal["cls", "mean"]
Filter = Literal["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]


@dataclass(frozen=True, slots=True)
class Stated:
    """What the user says of a model; None: what its processor file or its graph says."""

    size: tuple[int, int] | None = None
    """Height and width of the input, pixels."""
    resize: Literal["squash"] | int | tuple[int, int] | None = None
    """How a picture gets there: squashed to it whole; or its shorter side brought to so many pixels, or the whole
    squashed to (height, width), and the middle of that cut out.
    """
    filter: Filter | None = None
    layout: Layout | None = None
    channels: Channels | None = None
    scale: float | None = None
    """What 0..255 is multiplied by before mean and std are applied."""
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    output: str | None = None
    """Name of the output to use."""
    pooling: Pooling | None = None
    """What is made of an output with one vector a token: the first one, or the mean of all."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file in a repository of the Hugging Face Hub, at one commit."""

    repository: str
    file: str
    revision: str


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """An ONNX file as the encoder."""

    source: Path | HubFile
    stated: Stated = Stated()


@dataclass(frozen=True, slots=True)
class VectorPlan:
    """Vectors that the user has made, instead of an encoder."""

    npy: Path
    """(n, d) floating-point numbers."""
    files: Path
    """One path a line, relative to the dataset root: row i of the vectors belongs to line i."""


EncoderPlan: TypeAlias = "ModelPlan | VectorPlan"

DEFAULT = ModelPlan(DEFAULT_MODEL)


def model_key(plan: ModelPlan, runtime: str | None = None) -> str:
    """The cache key of a model: covers all that decides its vectors; needs neither onnxruntime nor the network.

    Args:
        plan: the model.
        runtime: the version of onnxruntime that runs it, by default the installed one.

    Raises:
        ScanError: if a local file cannot be read.
    """
    runtime = runtime or metadata.version("onnxruntime")
    return f"onnx-{_name([model_identity(plan), str(_PREPROCESSING), runtime])}"


def model_identity(plan: ModelPlan) -> str:
    """Names a model and what is stated of it, whatever runs it.

    Raises:
        ScanError: if a local file cannot be read.
    """
    parts: list[str] = []
    source = plan.source
    if isinstance(source, HubFile):  # a commit never changes, so it stands for the contents of all its files
        parts += ["hub", source.repository, source.file, source.revision]
    else:
        parts.append(_digest(source))  # not its name: a renamed file is the same model
        beside = [source.parent / name for name in external_files(read_model(source))]
        beside += [place for place in processor_places(source) if place.is_file()][:1]
        parts += [f"{file.name} {_digest(file)}" for file in beside]
    parts.append(json.dumps(asdict(plan.stated), sort_keys=True))
    return _name(parts)


def external_files(model: bytes) -> tuple[str, ...]:
    """Names of the files beside an ONNX file that hold its weights, where they are not in it.

    They are found in the bytes, as the entry `location` of each tensor (onnx.proto, StringStringEntryProto).
    """
    found = (m for m in re.finditer(rb"\x0a\x08location\x12([\x01-\x7f])", model))
    names = {model[m.end() : m.end() + m[1][0]].decode("utf-8", "replace") for m in found}
    return tuple(sorted(name for name in names if name.isprintable()))


def processor_places(model: Path) -> Iterator[Path]:
    """Where the processor file of a model may lie: beside it, or above the folder `onnx` that repositories keep."""
    yield model.parent / PROCESSOR
    if model.parent.name == "onnx":
        yield model.parent.parent / PROCESSOR


def read_model(file: Path) -> bytes:
    """The bytes of a model.

    Raises:
        ScanError: if it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise ScanError(f"{file}: the encoder cannot be read ({error.strerror or error})") from error


def _name(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ScanError(f"{file}: the encoder cannot be read ({error.strerror or error})") from error
    return digest.hexdigest()

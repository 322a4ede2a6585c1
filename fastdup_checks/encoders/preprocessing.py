"""A decoded picture -> the pixels that a network takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastdup_checks.decode import squash
from fastdup_checks.encoders.plan import Stated
from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from fastdup_checks.encoders.plan import Channels, Filter, Layout

__all__ = ("GraphInput", "Preprocessing", "resolve", "stated_in_metadata")

_DTYPES: dict[str, type[np.generic]] = {
    "tensor(uint8)": np.uint8,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
}
_RANGES = {
    "NominalRange_0_255": (1.0, (0.0,) * 3, (1.0,) * 3),
    "Normalized_0_1": (1 / 255, (0.0,) * 3, (1.0,) * 3),
    "Normalized_1_1": (1 / 255, (0.5,) * 3, (0.5,) * 3),
}
"""Scale, mean and standard deviation of ONNX's standard metadata for images (onnx/docs/MetadataProps.md)."""

_FORMATS: dict[str, Channels] = {"Rgb8": "rgb", "Bgr8": "bgr"}
_ASSUMED_SIDE = 224
_ASSUMED_MEAN, _ASSUMED_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""What most networks were trained with: the statistics of ImageNet."""


class GraphInput(NamedTuple):
    """An input as a graph declares it."""

    name: str
    type: str
    shape: Sequence[int | str | None]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How pictures become the input of one network."""

    dtype: type[np.generic]
    layout: Layout
    size: tuple[int, int]
    """Height and width, pixels."""
    resize: tuple[int, int] | int
    """The whole picture becomes (height, width), or its shorter side so many pixels; then the middle is cut out."""
    filter: Filter
    channels: Channels
    scale: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @property
    def side(self) -> int:
        """The shorter side, in pixels, that a picture is brought to."""
        return self.resize if isinstance(self.resize, int) else min(self.resize)

    @property
    def square(self) -> int | None:
        """Side of the square, where all that is done is `squash`."""
        as_it_is = self.channels == "rgb" and self.dtype is np.uint8 and self.layout == "nhwc"
        return self.size[0] if as_it_is and self._is_squashed else None

    @property
    def _is_squashed(self) -> bool:
        return self.resize == self.size and self.size[0] == self.size[1] and self.filter == "bicubic"

    def apply(self, rgb: Image.Image) -> NDArray[Any]:
        """The input for one picture, (3, height, width) or (height, width, 3)."""
        pixels = self._resized(rgb)
        if self.channels == "bgr":
            pixels = pixels[..., ::-1]
        if self.dtype is not np.uint8:
            scaled = pixels.astype(np.float32) * np.float32(self.scale)
            pixels = (scaled - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        if self.layout == "nchw":
            pixels = pixels.transpose(2, 0, 1)
        return np.ascontiguousarray(pixels, dtype=self.dtype)

    def _resized(self, rgb: Image.Image) -> NDArray[Any]:
        height, width = self.size
        if self._is_squashed:
            return squash(rgb, height)  # the function that training uses
        if isinstance(self.resize, int):
            shorter, wide, high = min(rgb.size), *rgb.size
            target = max(width, self.resize * wide // shorter), max(height, self.resize * high // shorter)
        else:
            target = self.resize[1], self.resize[0]
        pixels = np.asarray(rgb.resize(target, _FILTERS[self.filter]))
        top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
        return pixels[top : top + height, left : left + width]


_FILTERS: dict[Filter, Any] = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}
"""Pillow's numbers."""


def resolve(entry: GraphInput, stated: Stated, *others: Stated) -> tuple[Preprocessing, tuple[str, ...]]:
    """Settle the preprocessing of one graph.

    Args:
        entry: the image input of the graph.
        stated: what the user says, which comes first.
        others: what else is known, in the order of their weight. Where none says anything, the habit of most networks
            is assumed.

    Returns:
        The preprocessing, and what had to be assumed, in words.

    Raises:
        ScanError: if the graph cannot take pictures, or is at odds with what is said of it. Names no file.
    """
    dtype = _DTYPES.get(entry.type)
    if dtype is None or len(entry.shape) != 4:
        raise ScanError(
            f"its input {entry.name} is {entry.type} {list(entry.shape)}; wanted are pictures: uint8 or float of "
            "(n, 3, height, width) or (n, height, width, 3)",
        )
    if isinstance(entry.shape[0], int) and entry.shape[0] > 1:
        raise ScanError(f"it takes batches of {entry.shape[0]} only; export it with a batch of 1, or of any size")
    if dtype is np.uint8:
        if stated.mean or stated.std or stated.scale is not None:
            raise ScanError("it takes pixels as they are (uint8); mean, std and scale do not apply")
        others = (*others, Stated(scale=1.0, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)))
    said = (stated, *others)
    assumed: list[str] = []
    layout = stated.layout or _layout(entry, assumed)
    colours = entry.shape[1 if layout == "nchw" else 3]
    if isinstance(colours, int) and colours != 3:
        raise ScanError(f"its input {entry.name} is {list(entry.shape)}, which is not {layout} with 3 channels")
    size, resize = _size(entry, layout, said, assumed)
    height, width = (resize, resize) if isinstance(resize, int) else resize
    if height < size[0] or width < size[1]:
        raise ScanError(f"pictures brought to {resize} pixels are too small to cut {size[0]} x {size[1]} out of")
    mean, std = (_first(said, name) for name in ("mean", "std"))
    if mean is None or std is None:
        assumed.append("mean and std of ImageNet")
    preprocessing = Preprocessing(
        dtype=dtype,
        layout=layout,
        size=size,
        resize=resize,
        filter=_first(said, "filter") or "bicubic",
        channels=_first(said, "channels") or "rgb",
        scale=1 / 255 if (scale := _first(said, "scale")) is None else scale,
        mean=mean or _ASSUMED_MEAN,
        std=std or _ASSUMED_STD,
    )
    return preprocessing, tuple(assumed)


def stated_in_metadata(entries: Mapping[str, str]) -> Stated:
    """What the metadata of an ONNX file says: the standard entries for images, or `mean`, `std` and `scale` as JSON."""
    scale, mean, std = _RANGES.get(entries.get("Image.NominalPixelRange", ""), (None, None, None))
    found: dict[str, Any] = {
        "channels": _FORMATS.get(entries.get("Image.BitmapPixelFormat", "")),
        "scale": scale,
        "mean": mean,
        "std": std,
    }
    for name in ("scale", "mean", "std"):
        found[name] = _numbers(name, entries.get(name, "")) or found[name]
    return Stated(**found)


def _numbers(name: str, text: str) -> Any:
    """The JSON of a metadata entry, one number for the scale, else three; None where it is something else."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    numbers = value if isinstance(value, list) and name != "scale" else [value] * 3
    if len(numbers) != 3 or not all(isinstance(v, int | float) and np.isfinite(v) for v in numbers):
        return None
    return float(numbers[0]) if name == "scale" else tuple(map(float, numbers))


def _first(said: Sequence[Stated], name: str) -> Any:
    return next((value for s in said if (value := getattr(s, name)) is not None), None)


def _layout(entry: GraphInput, assumed: list[str]) -> Layout:
    """By the place of the 3, or of the word "channel" among the names of the dimensions."""
    first, last = entry.shape[1], entry.shape[3]
    if (first == 3) != (last == 3):
        return "nchw" if first == 3 else "nhwc"
    named = ["channel" in str(dimension).lower() for dimension in (first, last)]
    if named[0] == named[1]:
        assumed.append("channels first (nchw)")
    return "nhwc" if named[1] and not named[0] else "nchw"


def _size(
    entry: GraphInput,
    layout: Layout,
    said: Sequence[Stated],
    assumed: list[str],
) -> tuple[tuple[int, int], tuple[int, int] | int]:
    """Height and width of the input, and how a picture gets there."""
    fixed = entry.shape[2:] if layout == "nchw" else entry.shape[1:3]
    wanted, resize = _first(said, "size"), _first(said, "resize")
    if wanted is None:
        side = next((d for d in fixed if isinstance(d, int) and d > 0), None)
        if side is None:
            assumed.append(f"{_ASSUMED_SIDE} x {_ASSUMED_SIDE} pixels")
        side = side or _ASSUMED_SIDE
        height, width = (d if isinstance(d, int) and d > 0 else side for d in fixed)
        wanted = height, width
    elif any(isinstance(d, int) and d > 0 and d != w for d, w in zip(fixed, wanted, strict=True)):
        raise ScanError(
            f"it takes {fixed[0]} x {fixed[1]} pixels, and {wanted[0]} x {wanted[1]} are said of it "
            "(size, in data.yml or in preprocessor_config.json)",
        )
    return wanted, wanted if resize in {None, "squash"} else resize

"""`preprocessor_config.json`, in which the model repositories of Hugging Face say how pictures become pixels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastdup_checks.encoders.plan import Stated
from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_checks.encoders.plan import Filter

__all__ = ("read_processor",)

_FILTERS: dict[int, Filter] = dict(enumerate(("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")))
"""Pillow's numbers, which `resample` holds."""

_WHOLE = 384
"""From this size on, a processor with `crop_pct` squashes the whole picture (Liu et al., A ConvNet for the 2020s)."""


def read_processor(file: Path, *, sizes: bool = True) -> Stated:
    """What the file says of size, cropping, colour order, scale, mean and standard deviation.

    As in the processors of `transformers`: `size` with `height` and `width`, or a bare number without a centre crop,
    squashes the picture; `shortest_edge`, or a bare number with a centre crop, keeps its proportions and the middle is
    cut out (`crop_size`). One thing differs: a picture of any shape, which `shortest_edge` without a crop would give,
    is squashed to a square. `do_resize`, `do_center_crop`, `do_rescale`, `do_normalize` and `do_flip_channel_order`
    switch the steps.

    Args:
        file: the file.
        sizes: whether to read the size; False where the user has stated another one.

    Raises:
        ScanError: if it cannot be read or understood.
    """
    try:
        values = json.loads(file.read_bytes())
        found = _colours(values)
        return replace(found, **_sizes(values)) if sizes else found
    except OSError as error:
        raise ScanError(f"{file}: cannot be read ({error.strerror or error})") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ScanError(
            f"{file}: not understood ({error}); write size, resize, mean and std beside 'file:' under 'model:', and "
            "move this file away",
        ) from error


def _colours(values: dict[str, Any]) -> Stated:
    scale = _number(values.get("rescale_factor", 1 / 255), "rescale_factor")
    normalised = values.get("do_normalize", True)
    return Stated(
        filter=_FILTERS[values["resample"]] if values.get("resample") is not None else None,
        channels="bgr" if values.get("do_flip_channel_order") else None,
        scale=scale if values.get("do_rescale", True) else 1.0,
        mean=_three(values.get("image_mean"), "image_mean") if normalised else (0.0, 0.0, 0.0),
        std=_three(values.get("image_std"), "image_std") if normalised else (1.0, 1.0, 1.0),
    )


def _sizes(values: dict[str, Any]) -> dict[str, Any]:
    """`size` and `resize`, as far as they are there."""
    crops = bool(values.get("do_center_crop", "crop_size" in values))
    crop = _height_width(values.get("crop_size"), "crop_size") if crops else None
    size = values.get("size") if values.get("do_resize", True) else None
    if values.get("do_pad"):
        raise ValueError("do_pad")
    if size is None:
        return {"size": crop} if crop else {}
    edge = size.get("shortest_edge") if isinstance(size, dict) else size if crops else None
    if edge is None:
        whole = _height_width(size, "size")
        return {"size": crop, "resize": whole} if crop else {"size": whole, "resize": "squash"}
    edge = _pixels(edge, "size")
    if (share := values.get("crop_pct")) is not None and edge < _WHOLE:
        return {"size": (edge, edge), "resize": int(edge / _number(share, "crop_pct"))}
    return {"size": crop, "resize": edge} if crop else {"size": (edge, edge), "resize": "squash"}


def _height_width(value: Any, what: str) -> tuple[int, int] | None:
    if value is None:
        return None
    if isinstance(value, dict):
        if not {"height", "width"} <= value.keys():
            raise ValueError(f"{what}: {json.dumps(value)}")
        return _pixels(value["height"], what), _pixels(value["width"], what)
    return (_pixels(value, what),) * 2


def _pixels(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{what}: {json.dumps(value)}")
    return value


def _number(value: Any, what: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{what}: {json.dumps(value)}")
    return float(value)


def _three(value: Any, what: str) -> tuple[float, float, float] | None:
    if value is None:
        return None
    numbers = [_number(v, what) for v in value] if isinstance(value, list) else [_number(value, what)] * 3
    if len(numbers) != 3:
        raise ValueError(f"{what}: {json.dumps(value)}")
    return numbers[0], numbers[1], numbers[2]

"""An ONNX file as an encoder."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_checks.encoders.output import choose_output, pool
from fastdup_checks.encoders.plan import DEFAULT, ModelPlan, model_key, processor_places, read_model
from fastdup_checks.encoders.preprocessing import GraphInput, resolve, stated_in_metadata
from fastdup_checks.encoders.processor import read_processor
from fastdup_checks.encoders.seal import is_whole
from fastdup_checks.errors import ConfigError, Problem, ScanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from fastdup_checks.encoders.preprocessing import Preprocessing

__all__ = ("OnnxEncoder",)

_BATCH = 8
"""Measured with examples/benchmarks/encoder.py: the bundled network needs half the time, and 16 are hardly faster."""

_log = logging.getLogger(__name__)


class OnnxEncoder:
    """A network with one image input, on the CPU.

    Pictures go through it in batches where that changes nothing, which is tried when it is loaded; else one by one.
    """

    def __init__(self, plan: ModelPlan = DEFAULT) -> None:
        """Load the file and try it on an even picture.

        Raises:
            ConfigError: if the file is no ONNX model, or one that does not take pictures or give vectors: the next try
                would end alike.
            ScanError: if the file is not there, or is damaged.
            MissingExtra: if it lies on the Hub and `huggingface_hub` is not installed.
        """
        from PIL import Image

        if isinstance(plan.source, Path):
            file = plan.source
        else:
            from fastdup_checks.encoders.hub import fetch

            file = fetch(plan.source)
        self.file = file
        self.key = model_key(plan)
        if not is_whole(read_model(file)):
            raise ScanError(f"{file}: damaged: the file is not what its digest says; get it again")
        self._session = _open_session(file)
        self._batch = 1
        try:
            self._prepare(plan)
            self.embed([self.prepare(Image.new("RGB", (64, 64), (124, 116, 104)))])
            self._batch = _BATCH if self._is_indifferent() else 1
        except ScanError as error:
            text = str(error).removeprefix(f"{file}: ")
            raise ConfigError([Problem(str(file), 0, f"this model cannot be used: {text}")]) from error

    def _prepare(self, plan: ModelPlan) -> None:
        """Settle input, preprocessing and output."""
        entries = self._session.get_inputs()
        if len(entries) != 1:
            names = ", ".join(entry.name for entry in entries)
            raise ScanError(f"it has the inputs {names}; wanted is one, for pictures (export the vision part alone)")
        stated = plan.stated
        others = [stated_in_metadata(self._session.get_modelmeta().custom_metadata_map)]
        for place in processor_places(self.file):
            if place.is_file():
                others.insert(0, read_processor(place, sizes=stated.size is None))
                break
        entry = GraphInput(entries[0].name, entries[0].type, entries[0].shape)
        preprocessing, assumed = resolve(entry, stated, *others)
        if assumed:
            _log.warning(
                "%s: %s assumed, since neither the configuration, nor preprocessor_config.json, nor the file says so",
                self.file,
                " and ".join(assumed),
            )
        self.preprocessing: Preprocessing = preprocessing
        self.output: str = choose_output([output.name for output in self._session.get_outputs()], stated.output)
        self._input, self._pooling = entry.name, stated.pooling

    @property
    def side(self) -> int:
        """Pixels of the shorter side that pictures are brought to."""
        return self.preprocessing.side

    @property
    def square(self) -> int | None:
        """Side of the square, where the network takes a squashed picture as it is."""
        return self.preprocessing.square

    def prepare(self, rgb: Image.Image) -> NDArray[Any]:
        """The pixels that the network takes, without a dimension for batches."""
        return self.preprocessing.apply(rgb)

    def embed(self, prepared: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """The vectors of prepared pictures, float32 (n, d), of length 1 (all zero where the network gives zeros).

        Raises:
            ScanError: if the network fails on one.
        """
        vectors: list[NDArray[np.float32]] = []
        while len(vectors) < len(prepared):
            left = prepared[len(vectors) :]
            vectors += self._run(left[: self._batch if len(left) >= self._batch else 1])
        return np.stack(vectors)

    def _run(self, prepared: Sequence[NDArray[Any]]) -> list[NDArray[np.float32]]:
        """The vectors of one batch."""
        try:
            (output,) = self._session.run([self.output], {self._input: np.stack(prepared)})
        except Exception as error:
            raise ScanError(f"{self.file}: the model fails on a picture ({_short(error)})") from error
        try:
            rows = [output[row : row + 1] for row in range(len(prepared))] if len(prepared) > 1 else [output]
            return [pool(row, self.preprocessing.layout, self._pooling) for row in rows]
        except ScanError as error:
            raise ScanError(f"{self.file}: {error}") from error

    def _is_indifferent(self) -> bool:
        """Whether a picture has the same vector, to the bit, in a batch as alone, at whatever place."""
        from PIL import Image

        noise = np.random.default_rng(0).integers(0, 256, (_BATCH, 64, 64, 3), dtype=np.uint8)
        pictures = [self.prepare(Image.fromarray(pixels)) for pixels in noise]
        try:
            together = self._run(pictures)
        except ScanError:  # made for one picture at a time
            return False
        return all(np.array_equal(row, self._run([p])[0]) for row, p in zip(together, pictures, strict=True))


def _open_session(file: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # One thread each: the scan runs one call a worker thread, which costs less processor time than several threads in
    # one call, and sums are then in the same order whatever the number of cores: vectors are the same to the bit.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(file), sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ConfigError([Problem(str(file), 0, f"not a usable ONNX model ({_short(error)})")]) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]

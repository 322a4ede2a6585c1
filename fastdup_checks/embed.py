"""Pixels -> a vector whose cosine says how alike two pictures are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastdup_checks.decode import squash
from fastdup_checks.errors import ScanError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ("DEFAULT_MODEL", "Encoder", "OnnxEncoder", "encoder_key")

DEFAULT_MODEL = Path(__file__).parent / "models" / "default.onnx"

_PREPROCESSING = 1
"""Raise it when the pixels handed to an encoder change."""


class Encoder(Protocol):
    """Turns pictures into vectors. One object serves several threads at once."""

    @property
    def key(self) -> str:
        """Names the vectors in the cache: equal keys give equal vectors for equal pictures."""
        ...

    def embed(self, rgb: Image.Image) -> NDArray[np.float32]:
        """The vector of one picture, shape (d,), of length 1.

        It must not depend on which other pictures are embedded, before or at the same time.
        """
        ...


def encoder_key(model: Path) -> str:
    """The cache key of an ONNX file; needs no onnxruntime.

    Raises:
        ScanError: if the file cannot be read.
    """
    try:
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        raise ScanError(f"{model}: the encoder cannot be read ({error.strerror or error})") from error
    return f"onnx-{_PREPROCESSING}-{digest[:24]}"


class OnnxEncoder:
    """An ONNX file with one uint8 input (n, side, side, 3), RGB, and one output (n, d)."""

    def __init__(self, model: Path = DEFAULT_MODEL) -> None:
        """Load the file.

        Raises:
            ScanError: if the file is not there, is damaged or has another form of input.
        """
        import onnxruntime

        self.key = encoder_key(model)
        options = onnxruntime.SessionOptions()
        # One thread each: the scan runs one encoder call per worker thread, and sums are then in the same order
        # whatever the number of cores, so that vectors are the same to the bit.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(model),
                sess_options=options,
                providers=["CPUExecutionProvider"],
            )
            image, *more = self._session.get_inputs()
        except Exception as error:
            text = " ".join(str(error).split())
            raise ScanError(f"{model}: not a usable ONNX model ({text[:300]})") from error
        shape = image.shape
        if more or image.type != "tensor(uint8)" or len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2]:
            raise ScanError(f"{model}: the input must be one uint8 (n, side, side, 3), not {image.type} {shape}")
        self._input: str = image.name
        self._side: int = shape[1]

    def embed(self, rgb: Image.Image) -> NDArray[np.float32]:
        """The vector of one picture, float32 (d,), of length 1 (all zero where the network gives zeros)."""
        batch = squash(rgb, self._side)[np.newaxis]
        (output,) = self._session.run(None, {self._input: batch})
        vector = np.asarray(output[0], dtype=np.float32)
        length = float(np.sqrt(np.einsum("i,i->", vector, vector, dtype=np.float64)))
        return vector if length == 0 else (vector / length).astype(np.float32)

"""Encoders: what turns a picture into a vector whose cosine says how alike two pictures are.

`encoder` says what an encoder is; `plan` holds what a configuration says of one, and `entry` reads it. `network` runs
an ONNX file: `hub` fetches it, `seal` tells whether it is whole, `processor` reads what its repository says of
pictures, `preprocessing` makes pixels of a picture, and `output` a vector of what the graph gives. `vectors` serves
vectors that the user has made.
"""

from fastdup_checks.encoders.encoder import Encoder
from fastdup_checks.encoders.plan import DEFAULT, DEFAULT_MODEL, HubFile, ModelPlan, Stated, VectorPlan

__all__ = ("DEFAULT", "DEFAULT_MODEL", "Encoder", "HubFile", "ModelPlan", "Stated", "VectorPlan")

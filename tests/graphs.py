"""Tiny ONNX files, made for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

TYPES = {"uint8": TensorProto.UINT8, "float": TensorProto.FLOAT, "half": TensorProto.FLOAT16}


def tensor(name, values):
    """A constant of a graph."""
    values = np.asarray(values)
    kind = TensorProto.INT64 if values.dtype.kind == "i" else TensorProto.FLOAT
    return helper.make_tensor(name, kind, values.shape, values.reshape(-1).tolist())


def save(file, nodes, inputs, outputs, constants=(), metadata=None) -> Path:
    """Write a graph; inputs and outputs are (name, type, shape)."""

    def values(some):
        return [helper.make_tensor_value_info(name, TYPES[kind], shape) for name, kind, shape in some]

    graph = helper.make_graph(list(nodes), "test", values(inputs), values(outputs), list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)
    return Path(file)


def flattening(file, shape=("n", 8, 8, 3), kind="uint8", metadata=None) -> Path:
    """A network whose vector is its input, so that the vector tells what the pixels were."""
    nodes = [
        helper.make_node("Cast", ["image"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["cast"], ["embedding"], axis=1),
    ]
    return save(file, nodes, [("image", kind, shape)], [("embedding", "float", ["n", "d"])], metadata=metadata)


def tokens(file, side=8, patch=4, *, cls=True, outputs=("last_hidden_state",)) -> Path:
    """A network like a vision transformer: one token a patch, which is the mean of its colours; CLS is the constant 1.

    With more outputs, `pooler_output` is the constant 2.
    """
    grid = side // patch
    nodes = [
        helper.make_node("AveragePool", ["pixel_values"], ["pooled"], kernel_shape=[patch] * 2, strides=[patch] * 2),
        helper.make_node("Reshape", ["pooled", "shape"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["patches"], perm=[0, 2, 1]),
    ]
    constants = [tensor("shape", np.array([1, 3, grid * grid])), tensor("one", np.array([[[1.0, 1.0, 1.0]]]))]
    nodes.append(
        helper.make_node("Concat", ["one", "patches"], ["last_hidden_state"], axis=1)
        if cls
        else helper.make_node("Identity", ["patches"], ["last_hidden_state"])
    )
    if "pooler_output" in outputs:
        constants.append(tensor("two", np.array([[2.0, 0.0, 0.0]])))
        nodes.append(helper.make_node("Identity", ["two"], ["pooler_output"]))
    shapes = {"last_hidden_state": [1, grid * grid + cls, 3], "pooler_output": [1, 3]}
    return save(
        file,
        nodes,
        [("pixel_values", "float", [1, 3, side, side])],
        [(name, "float", shapes[name]) for name in outputs],
        constants,
    )


def embed_one(encoder, rgb):
    """The vector of one picture, alone."""
    return encoder.embed([encoder.prepare(rgb)])[0]

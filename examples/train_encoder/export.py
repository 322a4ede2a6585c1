"""Write a trained run as one ONNX file that takes pictures as they are decoded and returns unit vectors.

``export.py RUN OUT.onnx --sets PACK/places PACK/mini`` fits the last linear map on packed pictures (``head.py``), folds
the normalisations into the convolutions, and lets the network compute with 8-bit integers (``quantise.py``). The last
map is a 1x1 convolution: a matrix product may round differently with the number of rows, a convolution treats each
picture by itself.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from dataset import PackedSet
from head import Whitening, pictures_of, sample, summaries_of
from network import Encoder, Gate, Residual
from onnx import TensorProto, helper, numpy_helper
from quantise import GATE, quantise
from torch import Tensor, nn

from fastdup_checks.encoders.background import KEY, Background
from fastdup_checks.encoders.seal import seal

CALIBRATION = 200  # pictures of each set that tell the range of the activations


def load(run: Path, averaged: bool = True) -> Encoder:
    """The encoder of a run's last checkpoint; the moving average of the weights unless told otherwise."""
    state = torch.load(run / "last.pt" if run.is_dir() else run, map_location="cpu", weights_only=True)
    encoder = Encoder(depths=state["depths"], dim=state["dim"])
    weights = state["average" if averaged else "model"]
    encoder.load_state_dict({k.removeprefix("encoder."): v for k, v in weights.items() if k.startswith("encoder.")})
    return encoder.eval()


class Graph:
    """Collects ONNX nodes; each method appends one and returns the name of its output."""

    def __init__(self, half: bool) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.half = half
        self.part = ""

    def constant(self, value: npt.NDArray[np.generic], half: bool = False) -> str:
        """Store an array; large ones as float16, widened when the model is loaded."""
        name = f"w{len(self.weights)}"
        if half and self.half:
            self.weights.append(numpy_helper.from_array(value.astype(np.float16), name))
            return self.add("Cast", [name], to=TensorProto.FLOAT)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def add(self, op: str, inputs: list[str], output: str = "", **attributes: object) -> str:
        """Append a node."""
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"{self.part}{op}_{output}", **attributes))
        return output

    def convolve(self, x: str, weight: Tensor, bias: Tensor, stride: int = 1, pad: int = 0) -> str:
        """Convolution with a bias."""
        inputs = [x, self.constant(weight.numpy(), half=True), self.constant(bias.numpy())]
        return self.add("Conv", inputs, strides=[stride] * 2, pads=[pad] * 4, kernel_shape=list(weight.shape[2:]))


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weights and bias of the convolution that equals ``norm(conv(x))`` in evaluation."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight.detach() * scale.view(-1, 1, 1, 1), norm.bias.detach() - norm.running_mean * scale


def _block(graph: Graph, x: str, layers: nn.Sequential) -> str:
    conv, norm = layers[0], layers[1]
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    pad = conv.padding[0]
    x = graph.convolve(x, *fold(conv, norm), stride=conv.stride[0], pad=int(pad))
    return graph.add("Relu", [x]) if len(layers) > 2 else x


def _gate(graph: Graph, x: str, gate: Gate) -> str:
    graph.part = GATE
    y = graph.add("GlobalAveragePool", [x])
    for conv in (gate.squeeze, gate.excite):
        assert conv.bias is not None
        y = graph.convolve(y, conv.weight.detach(), conv.bias.detach())
        y = graph.add("Relu" if conv is gate.squeeze else "Sigmoid", [y])
    # No Add: calibration would look at its values, all but 1 in a gate that learned little, and fail.
    y = graph.add("Mul", [y, graph.constant(np.array(2, np.float32))])
    x = graph.add("Mul", [x, y])
    graph.part = ""
    return x


def build(encoder: Encoder, whitening: Whitening, side: int, half: bool) -> onnx.ModelProto:
    """The whole graph: uint8 n x side x side x 3 to unit vectors n x D."""
    graph = Graph(half)
    x = graph.add("Transpose", [graph.add("Cast", ["image"], to=TensorProto.FLOAT)], perm=[0, 3, 1, 2])
    stem, norm, _, *layers = encoder.body
    assert isinstance(stem, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    weight, bias = fold(stem, norm)
    scaled = weight / encoder.std.view(1, 3, 1, 1)
    bias = bias - (scaled * encoder.mean.view(1, 3, 1, 1)).sum((1, 2, 3))
    x = graph.add("Relu", [graph.convolve(x, scaled / 255, bias, stride=stem.stride[0])])
    for layer in layers:
        if isinstance(layer, Residual):
            y = x
            for part in layer.branch:
                y = _gate(graph, y, part) if isinstance(part, Gate) else _block(graph, y, part)
            x = graph.add("Relu", [graph.add("Add", [x, y])])
        else:
            x = _block(graph, x, layer)
    pooled = graph.add("GlobalAveragePool", [x])
    z = graph.convolve(pooled, encoder.project.weight.detach()[:, :, None, None], encoder.project.bias.detach())
    z = graph.add("LpNormalization", [z], axis=1, p=2)
    cube = graph.add("Mul", [graph.add("Mul", [x, x]), x])
    sixth = graph.constant(np.array(1 / 6, np.float32))
    powers = graph.add("Pow", [graph.add("GlobalAveragePool", [cube]), sixth])
    grid = side // encoder.reduction
    halves = graph.add("AveragePool", [x], kernel_shape=[grid - grid // 2, grid], strides=[grid // 2, grid])
    flat = graph.add("Reshape", [halves, graph.constant(np.array([0, -1, 1, 1], np.int64))])
    roots = [graph.add("Sqrt", [part]) for part in (pooled, graph.add("GlobalMaxPool", [x]), flat)]
    summary = graph.add("Concat", [roots[0], powers, roots[1], roots[2], z], axis=1)
    matrix = torch.from_numpy(whitening.matrix).float()
    offset = torch.from_numpy(-(whitening.matrix @ whitening.mean)).float()
    y = graph.convolve(summary, matrix[:, :, None, None], offset)
    y = graph.add("LpNormalization", [y], axis=1, p=2)
    graph.add("Flatten", [y], output="embedding", axis=1)
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", side, side, 3])
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", len(matrix)])
    made = helper.make_graph(graph.nodes, "encoder", [image], [output], graph.weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, metavar="PACK")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--images", type=int, default=4000, help="pictures of each set that the whitening is fitted on")
    parser.add_argument("--power", type=float, default=0.5)
    parser.add_argument("--copy-weight", type=float, default=4.0, help="of the copy vector beside the features")
    parser.add_argument(
        "--precision",
        choices=["int8", "float16", "float32"],
        default="int8",
        help="int8 also computes with integers; float16 only stores the weights so",
    )
    parser.add_argument(
        "--background",
        action="store_true",
        help="the sets show all kinds of things: store how their vectors vary, to tell outliers of one kind by",
    )
    parser.add_argument("--name", default="encoder")
    parser.add_argument("--version", default="1")
    parser.add_argument("--training", default="")
    a = parser.parse_args()
    torch.set_num_threads(1)
    encoder = load(a.run)
    sets = [PackedSet.open(p) for p in a.sets]
    summaries = summaries_of(encoder, sets, a.side, a.images)
    whitening = Whitening.fit(summaries, a.dim, a.power, encoder.weights(a.copy_weight).double().numpy())
    model = build(encoder, whitening, a.side, half=a.precision == "float16")
    if a.precision == "int8":
        shown = torch.cat([pictures_of(s.images[sample(s, CALIBRATION)], a.side) for s in sets])
        model = quantise(model, (shown * 255).round().byte().permute(0, 2, 3, 1).numpy())
    said = {"name": a.name, "version": a.version, "training": a.training}
    if a.background:
        said[KEY] = Background.measure(whitening.apply(summaries)).to_text()
    helper.set_model_props(model, said)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, a.out)
    a.out.write_bytes(seal(a.out.read_bytes()))
    print(f"{a.out}: {a.out.stat().st_size / 1e6:.2f} MB, side {a.side}, {a.dim} dimensions")


if __name__ == "__main__":
    main()

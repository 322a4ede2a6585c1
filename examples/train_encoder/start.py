"""Read the weights of an exported encoder back, to go on training from it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import onnx
import torch
from network import Residual
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn.functional import interpolate

if TYPE_CHECKING:
    from pathlib import Path

    from network import Encoder


def convolutions(model: onnx.ModelProto) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of every convolution, in the order in which ``export.py`` wrote them."""
    stored = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy()).float() for w in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            value, scale, zero = (stored[name] for name in node.input)
            shape = [-1] + [1] * (value.ndim - 1)
            stored[node.output[0]] = (value - zero.view(shape)) * scale.view(shape)
    return [(stored[n.input[1]], stored[n.input[2]]) for n in model.graph.node if n.op_type == "Conv"]


def _fill(layer: nn.Module, waiting: deque[tuple[Tensor, Tensor]]) -> dict[nn.Module, Tensor]:
    """Take the weights of a layer from those that wait, but for gates that the file lacks; and the biases of norms."""
    biases: dict[nn.Module, Tensor] = {}
    bias = torch.zeros(())
    for module in layer.modules():
        if isinstance(module, nn.BatchNorm2d):
            biases[module] = bias
        elif isinstance(module, nn.Conv2d) and (module.bias is None or waiting[0][0].shape == module.weight.shape):
            weight, bias = waiting.popleft()
            module.weight.copy_(weight)
            if module.bias is not None:
                module.bias.copy_(bias)
    return biases


@torch.no_grad()
def start_from(path: Path, encoder: Encoder, pictures: Tensor) -> None:
    """Give ``encoder`` the weights in ``path``, which export.py wrote from a network of the same widths.

    Blocks and gates that ``encoder`` has beyond those of the file stay as they are made: they change nothing until they
    learn. Blocks that the file has beyond those of ``encoder``, at the end of a stage, are left out.

    An exported file has no normalisations any more. Each is made anew, so that on ``pictures`` (n x 3 x S x S in
    [0, 1]) it changes nothing, and training can go on with it.
    """
    *body, project, _ = convolutions(onnx.load(path))
    biases: dict[nn.Module, Tensor] = {}
    waiting = deque(body)
    stem, norm, *others = encoder.body
    for layer in (nn.Sequential(stem, norm), *others):
        if isinstance(layer, nn.Sequential):
            while waiting[0][0].shape != layer[0].weight.shape:
                waiting.popleft()
        if not isinstance(layer, Residual) or waiting[0][0].shape == layer.branch[0][0].weight.shape:
            biases |= _fill(layer, waiting)
    # The file's takes uint8, this one what is left when mean and deviation are taken out.
    stem.weight *= 255 * encoder.std
    biases[norm] = biases[norm] + (stem.weight / encoder.std * encoder.mean).sum((1, 2, 3))
    encoder.project.weight.copy_(project[0][:, :, 0, 0])
    encoder.project.bias.copy_(project[1])

    def neutralise(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        mean, variance = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3), correction=0)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(mean + biases[norm])

    hooks = [norm.register_forward_pre_hook(neutralise) for norm in biases]
    side = pictures.shape[-1] // encoder.reduction * encoder.reduction
    encoder.eval()(interpolate(pictures, size=side, mode="bilinear", antialias=True))
    encoder.train()
    for hook in hooks:
        hook.remove()

"""Whole networks as ONNX: pictures in, pictures out, with all that lies around their layers in the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from painterly.errors import MissingExtraError
from painterly.inference.graph import Graph, Norm, lower
from painterly.inference.onnx_engine import onnx_model
from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.build import Network
from painterly.networks.mixing import norm_layers, with_mix
from painterly.networks.srcnn import SRCNN
from painterly.networks.style import StyleNetwork

__all__ = ["INPUT", "OUTPUT", "WEIGHTS", "portable_onnx"]

INPUT, WEIGHTS, OUTPUT = "picture", "weights", "result"
"""Names of the pictures that go in, of how much each style counts, and of the pictures that come out."""

_LARGE = 64
"""Numbers from which on a constant is stored in half precision."""


def portable_onnx(network: Network, about: Mapping[str, str], *, half: bool = False) -> Any:
    """An ONNX model of a network: RGB in [0, 1], shape (batch, 3, height, width), in and out, any batch and size.

    A style network of several styles has a second input, `weights`: how much each of them counts, shape (S,).

    Args:
        network: The network, in evaluation mode.
        about: What is stored in the model's metadata, such as the network's card.
        half: Whether weights are stored in half precision; they are widened when the model is loaded, and arithmetic is
            in float32.

    Returns:
        The model (opset 18).

    Raises:
        MissingExtraError: onnx is not installed.
    """
    try:
        from onnx import TensorProto, checker, helper
    except ImportError as error:
        raise MissingExtraError("export to ONNX", "onnx") from error
    build = _Builder()
    if isinstance(network, StyleNetwork):
        graph = _style(build, network)
    elif isinstance(network, SRCNN):
        graph = _srcnn(build, network)
    else:
        graph = _super_resolution(build, network)
    if half:
        _halve(build)
    several = isinstance(network, StyleNetwork) and network.description.styles > 1
    inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", 3, "height", "width"])]
    if several:
        inputs.append(helper.make_tensor_value_info(WEIGHTS, TensorProto.FLOAT, [network.description.styles]))  # type: ignore[union-attr]
    sides = ["height", "width"] if isinstance(network, StyleNetwork) else ["large_height", "large_width"]
    outputs = [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", 3, *sides])]
    model = helper.make_model(
        helper.make_graph(build.nodes, "painterly", inputs, outputs, build.constants),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=graph.ir_version,
        producer_name="painterly",
        doc_string="Pictures are RGB in [0, 1], shape (batch, 3, height, width), in and out.",
    )
    helper.set_model_props(model, dict(about))
    checker.check_model(model)
    return model


class _Builder:
    """Nodes and constants of a graph in the making; every method returns the name of what it makes."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"constant{len(self.constants)}"
        array = value.detach().float().numpy() if isinstance(value, Tensor) else np.asarray(value)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        result = name or f"around{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [result], **attributes))
        return result

    def layers(self, graph: Graph, x: str, styled: dict[str, str] | None = None) -> tuple[str, Any]:
        """Append a network's layers; `styled` names what takes the place of some of their constants."""
        model = onnx_model(graph)
        names = {"input": x, "output": "layers", **(styled or {})}
        for node in model.graph.node:
            for field in (node.input, node.output):
                field[:] = [names.get(value, value) for value in field]
        self.nodes += model.graph.node
        self.constants += [value for value in model.graph.initializer if value.name not in names]
        return "layers", model

    def clip(self, x: str, name: str | None = None) -> str:
        return self.node("Clip", x, self.constant(np.float32(0)), self.constant(np.float32(1)), name=name)


def _style(build: _Builder, network: StyleNetwork) -> Any:
    d = network.description
    padded = _to_multiple(build, d.stride)
    x = _pixels_in(build, network, padded)
    single, styled, share = network, {}, build.constant(np.float32(d.carry)) if d.carry else ""
    if d.styles > 1:
        single = with_mix(network, torch.eye(d.styles)[0])
        if d.identity:
            last = build.node("Slice", WEIGHTS, *(build.constant(np.array([v])) for v in (-1, 2**31 - 1)))
            share = build.clip(last)
    graph = lower(single.layers, even=True)
    if d.styles > 1:
        styled = _styled(build, network, graph)
    y, model = build.layers(graph, x, styled)
    if share:
        y = _carry_round(build, x, y, share)
    whole = _pixels_out(build, network, y)
    sides = [build.node("Shape", INPUT, start=2, end=4)]
    begin, axes = build.constant(np.array([0, 0])), build.constant(np.array([2, 3]))
    build.node("Slice", whole, begin, *sides, axes, name=OUTPUT)
    return model


def _super_resolution(build: _Builder, network: Any) -> Any:
    x = _pixels_in(build, network, INPUT)
    y, model = build.layers(lower(network.layers, even=network.description.scale % 2 == 0), x)
    if network.enlarge is not None:
        y = build.node("Add", y, _enlarge(build, network.enlarge, x))
    _pixels_out(build, network, y, OUTPUT)
    return model


def _srcnn(build: _Builder, network: SRCNN) -> Any:
    large = _enlarge(build, network.enlarge, INPUT)
    before = build.node("Conv", large, build.constant(network.luma_weights.view(1, 3, 1, 1)))
    border = build.constant(np.array([0, 0, network.border, network.border] * 2))
    padded = build.node("Pad", before, border, mode="edge")
    after, model = build.layers(lower(network.layers, even=network.description.scale % 2 == 0), padded)
    step = build.node("Div", build.node("Sub", after, before), build.constant(network.luma_weights.sum()))
    build.clip(build.node("Add", large, step), OUTPUT)
    return model


def _styled(build: _Builder, network: StyleNetwork, graph: Graph) -> dict[str, str]:
    """Scales and shifts as sums of the styles', in the place of the constants of one style."""
    numbers = [number for number, op in enumerate(graph.ops, 1) if isinstance(op, Norm)]
    names = {}
    for number, (_, norm) in zip(numbers, norm_layers(network), strict=True):
        for kind, values in (("weight", norm.weight), ("bias", norm.bias)):
            names[f"{kind}{number}"] = build.node("MatMul", WEIGHTS, build.constant(values))
    return names


def _to_multiple(build: _Builder, multiple: int) -> str:
    """The picture, mirrored at the right and below up to a multiple."""
    sides = build.node("Shape", INPUT, start=2, end=4)
    missing = build.node("Mod", build.node("Neg", sides), build.constant(np.array([multiple, multiple])))
    pads = build.node("Concat", build.constant(np.zeros(6, np.int64)), missing, axis=0)
    return build.node("Pad", INPUT, pads, mode="reflect")


def _pixels_in(build: _Builder, network: Any, x: str) -> str:
    space = network.pixels_in.space
    if space == "tanh":
        return x
    mean, deviation = build.constant(network.pixels_in.mean), build.constant(network.pixels_in.std)
    if space == "vgg":
        scaled = build.node("Mul", _flipped(build, x), build.constant(np.float32(255)))
        return build.node("Sub", scaled, mean)
    return build.node("Div", build.node("Sub", x, mean), deviation)


def _pixels_out(build: _Builder, network: Any, y: str, name: str | None = None) -> str:
    mean, deviation = build.constant(network.pixels_out.mean), build.constant(network.pixels_out.std)
    space = network.pixels_out.space
    if space == "unit":
        return build.clip(build.node("Add", build.node("Mul", y, deviation), mean), name)
    bytes_ = build.node("Add", build.node("Mul", build.node("Tanh", y), build.constant(np.float32(150))), mean)
    pixels = build.node("Div", bytes_, build.constant(np.float32(255)))
    return build.clip(_flipped(build, pixels) if space == "vgg" else pixels, name)


def _flipped(build: _Builder, x: str) -> str:
    """Blue, green and red for red, green and blue."""
    return build.node("Gather", x, build.constant(np.array([2, 1, 0])), axis=1)


def _carry_round(build: _Builder, x: str, y: str, share: str) -> str:
    """`painterly.networks.carry.carry_round`, for a share for all pictures."""
    mean_in, variance_in = _moments(build, x)
    mean, variance = _moments(build, y)
    root = build.node("Sqrt", build.node("Add", variance, build.constant(np.float32(1e-5))))
    ratio = build.node("Div", build.node("Sqrt", variance_in), root)
    one = build.constant(np.float32(1))
    scale = build.node("Add", build.node("Mul", build.node("Sub", ratio, one), share), one)
    centre = build.node("Add", mean, build.node("Mul", build.node("Sub", mean_in, mean), share))
    return build.node("Add", build.node("Mul", build.node("Sub", y, mean), scale), centre)


def _moments(build: _Builder, x: str) -> tuple[str, str]:
    axes = build.constant(np.array([2, 3]))
    mean = build.node("ReduceMean", x, axes, keepdims=1)
    apart = build.node("Sub", x, mean)
    return mean, build.node("ReduceMean", build.node("Mul", apart, apart), axes, keepdims=1)


def _enlarge(build: _Builder, enlarge: BicubicUpsample, x: str) -> str:
    reach = enlarge.reach
    padded = build.node("Pad", x, build.constant(np.array([0, 0, reach, reach] * 2)), mode="reflect")
    planes = build.node("Conv", padded, build.constant(enlarge.weight.repeat(3, 1, 1, 1)), group=3)
    return build.node("DepthToSpace", planes, blocksize=enlarge.factor, mode="CRD")


def _halve(build: _Builder) -> None:
    """Store large constants in half precision, widened by a node of their own name."""
    from onnx import TensorProto, helper, numpy_helper

    widened, kept = [], []
    for constant in build.constants:
        array = numpy_helper.to_array(constant)
        if array.dtype == np.float32 and array.size >= _LARGE:
            narrow = f"{constant.name}_half"
            widened.append(helper.make_node("Cast", [narrow], [constant.name], to=TensorProto.FLOAT))
            kept.append(numpy_helper.from_array(array.astype(np.float16), narrow))
        else:
            kept.append(constant)
    build.constants, build.nodes = kept, [*widened, *build.nodes]

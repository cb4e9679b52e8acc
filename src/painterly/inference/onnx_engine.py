"""The operations as an ONNX model, run by onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from painterly.errors import MissingExtraError
from painterly.inference.graph import (
    Add,
    Convolution,
    Graph,
    Nearest,
    Norm,
    Op,
    Pad,
    Relu,
    Scale,
    Shuffle,
    Transposed,
)

__all__ = ["OnnxEngine", "onnx_model"]


class OnnxEngine(nn.Module):
    """Runs a graph in onnxruntime, in float32. Shape (B, C, H, W) in and out, any sizes.

    Args:
        graph: What to run.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtraError("the back end onnxruntime", "onnx") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        content = onnx_model(graph).SerializeToString()
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def forward(self, x: Tensor) -> Tensor:
        (output,) = self._session.run(None, {"input": x.float().contiguous().numpy()})
        return torch.from_numpy(output)


def onnx_model(graph: Graph) -> Any:
    """An ONNX model of a graph, with dynamic batch, height and width.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    try:
        from onnx import TensorProto, checker, helper, numpy_helper
    except ImportError as error:
        raise MissingExtraError("ONNX", "onnx") from error
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    names = ["input"]
    for number, op in enumerate(graph.ops, 1):
        last = number == len(graph.ops)
        names.append("output" if last else f"value{number}")
        nodes += _nodes(helper, constant, op, number, names)
    shape: list[Any] = ["batch", graph.inputs, "height", "width"]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", None, None, None])]
    model = helper.make_model(
        helper.make_graph(nodes, "painterly", inputs, outputs, constants),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
        producer_name="painterly",
    )
    checker.check_model(model)
    return model


def _nodes(helper: Any, constant: Any, op: Op, number: int, names: list[str]) -> list[Any]:
    """The nodes of one operation, whose result is the last of `names`."""
    x, result = names[op.x], names[-1]

    def node(kind: str, *inputs: str, to: str | None = None, **attributes: Any) -> Any:
        return helper.make_node(kind, list(inputs), [to or result], **attributes)

    def held(what: str, value: Any) -> str:
        name: str = constant(f"{what}{number}", value)
        return name

    match op:
        case Pad():
            amounts = held("pads", np.array([0, 0, op.amount, op.amount] * 2, np.int64))
            return [node("Pad", x, amounts, mode=op.mode)]
        case Convolution():
            weight, bias = held("weight", _array(op.weight)), held("bias", _array(op.bias))
            return [node("Conv", x, weight, bias, strides=[op.stride] * 2, pads=[op.padding] * 4)]
        case Transposed():
            weight, bias = held("weight", _array(op.weight)), held("bias", _array(op.bias))
            options: dict[str, Any] = {
                "strides": [op.stride] * 2,
                "pads": [op.padding] * 4,
                "output_padding": [op.surplus] * 2,
            }
            return [node("ConvTranspose", x, weight, bias, **options)]
        case Norm():
            weight, bias = held("weight", _array(op.weight)), held("bias", _array(op.bias))
            return [node("InstanceNormalization", x, weight, bias, epsilon=op.epsilon)]
        case Scale():
            weight = held("weight", _array(op.weight.view(1, -1, 1, 1)))
            bias = held("bias", _array(op.bias.view(1, -1, 1, 1)))
            scaled = f"scaled{number}"
            return [node("Mul", x, weight, to=scaled), node("Add", scaled, bias)]
        case Relu():
            return [node("Relu", x)]
        case Add():
            if not op.crop:
                return [node("Add", names[op.y], x)]
            begin, end = held("begin", np.array([op.crop] * 2)), held("end", np.array([-op.crop] * 2))
            axes, part = held("axes", np.array([2, 3])), f"cropped{number}"
            return [node("Slice", x, begin, end, axes, to=part), node("Add", names[op.y], part)]
        case Nearest():
            scales = held("scales", np.array([1, 1, op.factor, op.factor], np.float32))
            how: dict[str, Any] = {"nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
            return [node("Resize", x, "", scales, mode="nearest", **how)]
        case Shuffle():
            return [node("DepthToSpace", x, blocksize=op.factor, mode="CRD")]


def _array(value: Tensor) -> Any:
    return value.detach().float().contiguous().numpy()

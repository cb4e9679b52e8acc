"""The operations in OpenVINO, built directly as its graph: no export, no tracing, ready in a tenth of a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

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
from painterly.inference.int8 import quantized_model
from painterly.inference.openvino_core import openvino_core
from painterly.models.device import fast_bfloat16

__all__ = ["OpenVINOEngine", "openvino_model", "openvino_request"]


class OpenVINOEngine(nn.Module):
    """Runs a graph on the CPU in OpenVINO. Shape (B, C, H, W) in and out, any sizes, float32 in and out.

    Args:
        graph: What to run.
        precision: Of the arithmetic; OpenVINO keeps float32 where the processor has no fast bfloat16. What int8 leaves
            to floats is bfloat16 where that is fast.
        calibration: What the graph is given in use, for int8.

    Raises:
        MissingExtraError: OpenVINO, or for int8 NNCF, is not installed.
    """

    def __init__(
        self,
        graph: Graph,
        precision: Literal["float32", "bfloat16", "int8"] = "float32",
        calibration: Sequence[Tensor] = (),
    ) -> None:
        super().__init__()
        model = openvino_model(graph)
        if precision == "int8":
            model = quantized_model(graph, model, calibration)
        self._request = openvino_request(model, precision)

    def forward(self, x: Tensor) -> Tensor:
        outputs = self._request.infer({0: x.float().contiguous().numpy()}, share_inputs=True)
        return torch.from_numpy(np.array(outputs[0]))  # a copy: the next call writes over the original


def openvino_request(model: Any, precision: str = "float32") -> Any:
    """What runs a model on the CPU, on as many threads as torch has.

    Args:
        model: An OpenVINO model.
        precision: Of the arithmetic; float32 where the processor has no fast bfloat16.
    """
    options = {
        "INFERENCE_PRECISION_HINT": "f32" if precision == "float32" or not fast_bfloat16("cpu") else "bf16",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    return openvino_core().compile_model(model, "CPU", options).create_infer_request()


def openvino_model(graph: Graph, *, norms_given: bool = False) -> Any:
    """An OpenVINO model of a graph, with dynamic batch, height and width.

    Args:
        graph: The graph.
        norms_given: Whether scale and shift of every norm are inputs, after the picture, shape (1, C, 1, 1) each,
            instead of constants: another style then needs no other model.

    Raises:
        MissingExtraError: OpenVINO is not installed.
    """
    ov = _openvino()
    from openvino import opset13 as ops

    picture = ops.parameter([-1, graph.inputs, -1, -1], np.float32, name="input")
    values, inputs = [picture], [picture]
    for op in graph.ops:
        if norms_given and isinstance(op, Norm):
            scale, shift = (ops.parameter([1, len(op.weight), 1, 1], np.float32) for _ in range(2))
            y = ops.mvn(values[op.x], np.array([2, 3], np.int64), True, op.epsilon, "inside_sqrt")
            values.append(ops.add(ops.multiply(y, scale), shift))
            inputs += [scale, shift]
        else:
            values.append(_node(ops, op, values))
    return ov.Model([values[-1]], inputs, "painterly")


_PLAIN: Any = {"nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}


def _node(ops: Any, op: Op, values: list[Any]) -> Any:
    x = values[op.x]
    match op:
        case Pad():
            amounts = np.array([0, 0, op.amount, op.amount], np.int64)
            return ops.pad(x, amounts, amounts, op.mode)
        case Convolution():
            sides, steps = [op.padding] * 2, [op.stride] * 2
            y = ops.convolution(x, _array(op.weight), steps, sides, sides, [1, 1])
            return ops.add(y, _by_channel(op.bias))
        case Transposed():
            sides = [op.padding] * 2
            y = ops.convolution_backprop_data(
                x,
                _array(op.weight),
                [op.stride] * 2,
                pads_begin=sides,
                pads_end=sides,
                dilations=[1, 1],
                output_padding=[op.surplus] * 2,
            )
            return ops.add(y, _by_channel(op.bias))
        case Norm():
            y = ops.mvn(x, np.array([2, 3], np.int64), True, op.epsilon, "inside_sqrt")
            return ops.add(ops.multiply(y, _by_channel(op.weight)), _by_channel(op.bias))
        case Scale():
            return ops.add(ops.multiply(x, _by_channel(op.weight)), _by_channel(op.bias))
        case Relu():
            return ops.relu(x)
        case Add():
            if op.crop:
                axes = np.array([2, 3], np.int64)
                begin, end = np.array([op.crop] * 2, np.int64), np.array([-op.crop] * 2, np.int64)
                x = ops.slice(x, begin, end, np.array([1, 1], np.int64), axes)
            return ops.add(values[op.y], x)
        case Nearest():
            scales, axes = np.array([op.factor] * 2, np.float32), np.array([2, 3], np.int64)
            return ops.interpolate(x, scales, "nearest", "scales", axes=axes, **_PLAIN)
        case Shuffle():
            return ops.depth_to_space(x, "depth_first", op.factor)


def _array(value: Tensor) -> Any:
    return value.detach().float().contiguous().numpy()


def _by_channel(value: Tensor) -> Any:
    return _array(value.view(1, -1, 1, 1))


def _openvino() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError("the back end openvino", "openvino") from error
    return openvino

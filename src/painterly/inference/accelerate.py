"""A network with its layers replaced by what runs them fastest."""

from __future__ import annotations

import copy
import os
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from painterly.errors import UsageError
from painterly.folders import cache_folder
from painterly.inference.choice import Choice
from painterly.inference.cuda_graphs import CudaGraphs
from painterly.inference.graph import Graph, Pad, lower, split_input
from painterly.inference.torch_engine import TorchEngine
from painterly.inference.widening import widen
from painterly.networks.style import StyleNetwork

__all__ = ["accelerate"]

N = TypeVar("N", bound=nn.Module)

_MATRIX_UNIT = 8
"""Channels in bfloat16 that a GPU's matrix units take at a time: others are copied to a multiple, for every picture."""


def accelerate(network: N, choice: Choice, device: torch.device) -> N:
    """A copy of a network that gives the same pictures sooner.

    What surrounds the layers (padding to a multiple, pixel spaces, bicubic enlargement) stays as it is, in float32. On
    an NVIDIA GPU all of it is recorded (`CudaGraphs`).

    Args:
        network: One of painterly's, in evaluation mode; left as it is.
        choice: Back end and precision.
        device: Where to run.

    Raises:
        MissingExtraError: The back end is not installed.
    """
    description: Any = network.description
    even = getattr(description, "scale", getattr(description, "stride", 1)) % 2 == 0  # sizes are multiples of it
    fast = copy.copy(network)  # a copy of everything but the layers, which are made anew
    fast._buffers = {name: copy.copy(buffer) for name, buffer in network._buffers.items()}
    fast._modules = {name: copy.deepcopy(part) for name, part in network._modules.items() if name != "layers"}
    graph = lower(network.get_submodule("layers"), even=even)
    recorded = device.type == "cuda" and choice.backend in ("torch", "compile")
    if choice.precision == "int8":
        engine: nn.Module = _eight_bits(network, graph)
    elif choice.precision == "bfloat16":
        split, outputs = split_input(graph), None
        if device.type == "cuda":
            split, outputs = widen(split, _MATRIX_UNIT)
        engine = SplitInput(_engine(split, choice), split.inputs, outputs)
    else:
        engine = _engine(graph, choice)
    if choice.backend in ("openvino", "onnxruntime"):
        engine = SmallInTorch(engine, graph)
    fast._modules["layers"] = engine.eval()
    fast = fast.to(device)
    if recorded:  # not the layers alone: whatever is left to start one by one takes longer to start than to run
        fast.forward = CudaGraphs(fast.forward)
    return fast


class SmallInTorch(nn.Module):
    """Leaves pictures to torch that are smaller than their padding, which other runtimes cannot reflect.

    Args:
        engine: Runs the graph for all others.
        graph: The graph.
    """

    def __init__(self, engine: nn.Module, graph: Graph) -> None:
        super().__init__()
        self.engine, self.torch = engine, TorchEngine(graph)
        self.widest = max((op.amount for op in graph.ops if isinstance(op, Pad)), default=0)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.torch(x) if min(x.shape[-2:]) <= self.widest else self.engine(x)
        return y


class SplitInput(nn.Module):
    """Hands pixels over as what bfloat16 makes of them and what that leaves over; see `split_input`.

    Args:
        engine: Runs a graph made for that.
        inputs: How many channels it wants; those beyond are zeros. By default twice as many as there are.
        outputs: How many of the channels that it gives mean something; by default all.
    """

    def __init__(self, engine: nn.Module, inputs: int = 0, outputs: int | None = None) -> None:
        super().__init__()
        self.engine, self.inputs, self.outputs = engine, inputs, outputs

    def forward(self, x: Tensor) -> Tensor:
        rounded = x.to(torch.bfloat16).float()
        parts = [rounded, x - rounded]
        if (missing := self.inputs - 2 * x.shape[1]) > 0:
            parts.append(x.new_zeros(len(x), missing, *x.shape[2:]))
        y: Tensor = self.engine(torch.cat(parts, 1))
        return y if self.outputs is None else y[:, : self.outputs]


def _eight_bits(network: nn.Module, graph: Graph) -> nn.Module:
    from painterly.inference.int8 import calibration_pictures
    from painterly.inference.openvino_engine import OpenVINOEngine

    if not isinstance(network, StyleNetwork):
        raise UsageError("--precision int8 is for style networks; leave it out")
    with torch.inference_mode():
        inputs = [network.pixels_in(picture) for picture in calibration_pictures()]
    return OpenVINOEngine(graph, "int8", inputs)


def _engine(graph: Graph, choice: Choice) -> nn.Module:
    dtype = torch.bfloat16 if choice.precision == "bfloat16" else torch.float32
    if choice.backend == "openvino":
        from painterly.inference.openvino_engine import OpenVINOEngine

        return OpenVINOEngine(graph, choice.precision)  # type: ignore[arg-type]
    if choice.backend == "onnxruntime":
        from painterly.inference.onnx_engine import OnnxEngine

        return OnnxEngine(graph)
    engine = TorchEngine(graph, dtype)
    if choice.backend == "compile":
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder() / "inductor"))
        engine.compile(dynamic=True)  # one compilation for all sizes, kept on disk
    return engine

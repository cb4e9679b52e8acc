"""A style network made for frames: its style may change with every one of them, and its norms may remember."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from painterly.errors import UsageError
from painterly.inference.accelerate import SplitInput
from painterly.inference.graph import Graph, Norm, lower, split_input
from painterly.models.look import Look
from painterly.networks.mixing import mix_parameters, style_parameters
from painterly.networks.style import StyleNetwork
from painterly.video.steady import SteadyEngine

if TYPE_CHECKING:
    from painterly.models.painter import Painter

__all__ = ["FrameNetwork", "GivenNorms"]


class GivenNorms(nn.Module):
    """Runs a graph in OpenVINO with scales and shifts that may change from one frame to the next.

    Args:
        graph: What to run.
        precision: "float32" or "bfloat16".
    """

    def __init__(self, graph: Graph, precision: str) -> None:
        super().__init__()
        from painterly.inference.openvino_engine import openvino_model, openvino_request

        self._request = openvino_request(openvino_model(graph, norms_given=True), precision)
        self.set_norms([(op.weight, op.bias) for op in graph.ops if isinstance(op, Norm)])

    def set_norms(self, norms: Sequence[tuple[Tensor, Tensor]]) -> None:
        """See `SteadyEngine.set_norms`."""
        self._norms = [value.detach().float().reshape(1, -1, 1, 1).numpy() for pair in norms for value in pair]

    def forward(self, x: Tensor) -> Tensor:
        inputs = [x.float().contiguous().numpy(), *self._norms]
        outputs = self._request.infer(dict(enumerate(inputs)), share_inputs=True)
        return torch.from_numpy(outputs[0].copy())


class FrameNetwork:
    """A painter's network, made for frames that come one after the other.

    Args:
        painter: The painter.
        look: What it paints at first.
        keep: Of the moments of norms; see `SteadyEngine`. Above 0, torch runs the network.

    Raises:
        UsageError: The painter's back end cannot do it.
    """

    def __init__(self, painter: Painter, look: Look | None = None, keep: float = 0.0) -> None:
        choice, self._painter = painter.choice, painter
        if choice.backend not in ("torch", "openvino") or choice.precision == "int8":
            raise UsageError("styles that change and steady norms need --backend torch or openvino, and no int8")
        network = painter.network
        if look is not None and painter.gallery is not None:
            network = painter.gallery.network_for(look)
        even = network.description.stride % 2 == 0
        graph, exact = lower(network.layers, even=even), choice.precision == "float32"
        graph = graph if exact else split_input(graph)
        self._engine: Any
        if keep > 0 or choice.backend == "torch":
            self._engine = SteadyEngine(graph, torch.float32 if exact else torch.bfloat16, keep)
        else:
            self._engine = GivenNorms(graph, choice.precision)
        self._network: StyleNetwork = copy.copy(network)
        self._network._modules = {**network._modules, "layers": self._engine if exact else SplitInput(self._engine)}
        self._network.to(painter.device)
        self._looks: list[tuple[float, Look]] | None = None

    @torch.inference_mode()
    def __call__(self, frame: Tensor) -> Tensor:
        """RGB in [0, 1], shape (1, 3, H, W), to a painting of the same shape, in [0, 1]."""
        painting: Tensor = self._network(frame.contiguous(memory_format=torch.channels_last))
        return painting.clamp(0, 1)

    def cut(self) -> None:
        """Another scene begins."""
        if isinstance(self._engine, SteadyEngine):
            self._engine.cut()

    @torch.no_grad()
    def set_looks(self, looks: Sequence[tuple[float, Look]]) -> None:
        """Paint a mixture from now on.

        Args:
            looks: How much each look counts, adding up to one.
        """
        if list(looks) == self._looks:
            return
        gallery = self._painter.gallery
        assert gallery is not None
        self._looks = list(looks)
        networks = [(weight, gallery.network_for(look)) for weight, look in looks]
        values = mix_parameters([(weight, style_parameters(network)) for weight, network in networks])
        found = list(values.values())
        self._engine.set_norms(list(zip(found[::2], found[1::2], strict=True)))
        carry = sum(weight * network.description.carry for weight, network in networks)
        self._network.description = dataclasses.replace(self._network.description, carry=carry)

"""The operations in torch, one after the other: always there, on every device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
from painterly.networks.normalization import instance_norm
from painterly.networks.padding import reflection_pad

__all__ = ["TorchEngine"]


class TorchEngine(nn.Module):
    """Runs a graph's operations in order, and forgets every value as soon as nothing needs it.

    Args:
        graph: What to run.
        dtype: Type of convolutions and of what lies between them; statistics of instance norm are float32.

    Shape (B, C, H, W) in and out, float32 in and out.
    """

    def __init__(self, graph: Graph, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.graph, self.dtype = graph, dtype
        self._uses = graph.last_uses()
        for number, op in enumerate(graph.ops, 1):
            if isinstance(op, (Convolution, Transposed)):
                weight = op.weight.to(dtype).contiguous(memory_format=torch.channels_last)
                self.register_buffer(f"weight{number}", weight)
                self.register_buffer(f"bias{number}", op.bias.to(dtype))
            elif isinstance(op, (Norm, Scale)):
                self.register_buffer(f"weight{number}", op.weight.float())
                self.register_buffer(f"bias{number}", op.bias.float())

    def forward(self, x: Tensor) -> Tensor:
        values: dict[int, Tensor] = {0: x.to(self.dtype, memory_format=torch.channels_last)}
        with torch.autocast(x.device.type, enabled=False):
            for number, op in enumerate(self.graph.ops, 1):
                values[number] = self._run(op, number, values)
                for value in [v for v in values if self._uses.get(v, number + 1) <= number]:
                    del values[value]
        return values[len(self.graph.ops)].float()

    def _run(self, op: Op, number: int, values: dict[int, Tensor]) -> Tensor:
        x = values[op.x]
        match op:
            case Pad(mode="reflect"):
                return reflection_pad(x, op.amount, op.amount, op.amount, op.amount)
            case Pad():
                return F.pad(x, (op.amount,) * 4, mode="replicate")
            case Convolution():
                return F.conv2d(x, self._weight(number), self._bias(number), op.stride, op.padding)
            case Transposed():
                weight, bias = self._weight(number), self._bias(number)
                return F.conv_transpose2d(x, weight, bias, op.stride, op.padding, op.surplus)
            case Norm():
                return instance_norm(x, self._weight(number), self._bias(number), op.epsilon)
            case Scale():
                weight, bias = (v.to(x.dtype).view(1, -1, 1, 1) for v in (self._weight(number), self._bias(number)))
                return torch.addcmul(bias, x, weight)
            case Relu():
                # In place where nobody else looks at the value; the input is never changed.
                return F.relu(x, inplace=self._uses[op.x] == number and op.x > 0)
            case Add():
                c = op.crop
                return values[op.y].add_(x[..., c : x.shape[-2] - c, c : x.shape[-1] - c])
            case Nearest():
                return F.interpolate(x, scale_factor=float(op.factor), mode="nearest")
            case Shuffle():
                return F.pixel_shuffle(x, op.factor)

    def _weight(self, number: int) -> Tensor:
        return self.get_buffer(f"weight{number}")

    def _bias(self, number: int) -> Tensor:
        return self.get_buffer(f"bias{number}")

"""The operations in torch, one after the other: always there, on every device."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.inference.finish import Finish, finish
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
    operands,
)
from painterly.inference.transposing import transposed_convolution
from painterly.networks.normalization import instance_norm
from painterly.networks.padding import reflection_pad

__all__ = ["Chain", "TorchEngine", "find_chains"]


@dataclass(frozen=True)
class Chain:
    """Neighbouring operations that `finish` does at once: a norm, and what follows of ReLU, addition and padding."""

    first: int
    last: int
    how: Finish
    add: int | None

    def fits(self, x: Tensor) -> bool:
        """Whether the picture is larger than its padding."""
        return min(x.shape[-2:]) > max(self.how.pads)


def find_chains(graph: Graph) -> dict[int, Chain]:
    """The chains of a graph, by the number of their first operation. Nothing else looks at what lies between."""
    uses: Counter[int] = Counter(value for op in graph.ops for value in operands(op))
    chains = {}
    for first, op in enumerate(graph.ops, 1):
        if not isinstance(op, Norm):
            continue
        last, how, add = first, Finish(), None
        for number, after in enumerate(graph.ops[first:], first + 1):
            follows = (after.y if isinstance(after, Add) else after.x) == last and not any(how.pads)
            alone = uses[last] == 1
            if follows and alone and isinstance(after, Relu) and add is None:
                how = replace(how, relu=True)
            elif follows and alone and isinstance(after, Add) and add is None:
                add = number
            elif follows and isinstance(after, Pad):
                how = replace(how, pads=(after.amount,) * 4, mode=after.mode)
            else:
                break
            last = number
        chains[first] = Chain(first, last, how, add)
    return chains


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
        self._chains = find_chains(graph)
        uses = Counter(value for op in graph.ops for value in operands(op))
        self._levelled = {op.x for op in graph.ops if isinstance(op, Norm) and uses[op.x] == 1}
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
        fuses = x.device.type in ("cpu", "cuda") and not torch.compiler.is_compiling()
        number = 0
        with torch.autocast(x.device.type, enabled=False):
            while number < len(self.graph.ops):
                chain = self._chains.get(number + 1) if fuses else None
                if chain is not None and chain.fits(values[self.graph.ops[number].x]):
                    number = self._finish(chain, values)
                else:
                    number += 1
                    values[number] = self._run(self.graph.ops[number - 1], number, values)
                for value in [v for v in values if self._uses.get(v, number + 1) <= number]:
                    del values[value]
        return values[len(self.graph.ops)].float()

    def _finish(self, chain: Chain, values: dict[int, Tensor]) -> int:
        """Run the operations of a chain as one; returns the last one's number."""
        norm = self.graph.ops[chain.first - 1]
        assert isinstance(norm, Norm)
        addend = None
        if chain.add is not None:
            op = self.graph.ops[chain.add - 1]
            assert isinstance(op, Add)
            whole = values[op.x]
            addend = whole[..., op.crop : whole.shape[-2] - op.crop, op.crop : whole.shape[-1] - op.crop]
        weight, bias = self._weight(chain.first), self._bias(chain.first)
        done = finish(values[norm.x], chain.how, weight, bias, norm.epsilon, addend)
        values[chain.last] = done
        if p := chain.how.pads[0]:  # what was there before padding lies within
            values[chain.last - 1] = done[..., p : done.shape[-2] - p, p : done.shape[-1] - p]
        return chain.last

    def _run(self, op: Op, number: int, values: dict[int, Tensor]) -> Tensor:
        x = values[op.x]
        match op:
            case Pad(mode="reflect"):
                return reflection_pad(x, op.amount, op.amount, op.amount, op.amount)
            case Pad():
                return F.pad(x, (op.amount,) * 4, mode="replicate")
            case Convolution():
                bias = None if self._is_levelled(number, x) else self._bias(number)
                return F.conv2d(x, self._weight(number), bias, op.stride, op.padding)
            case Transposed():
                weight, bias = self._weight(number), None if self._is_levelled(number, x) else self._bias(number)
                return transposed_convolution(x, weight, bias, op.stride, (op.padding,) * 2, (op.surplus,) * 2)
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

    def _is_levelled(self, number: int, x: Tensor) -> bool:
        """Whether a convolution's bias is left out, because the norm after it takes it out again.

        On a GPU it would be a pass over memory of its own.
        """
        return x.device.type == "cuda" and number in self._levelled

    def _weight(self, number: int) -> Tensor:
        return self.get_buffer(f"weight{number}")

    def _bias(self, number: int) -> Tensor:
        return self.get_buffer(f"bias{number}")

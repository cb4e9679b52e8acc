"""Normalisation that remembers: each channel's mean and variance over frames instead of each frame's own.

Instance normalisation looks at the whole frame, so that whatever enters at one side changes the painting at the other,
a little, every frame. Moments that change slowly leave what has not changed as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from painterly.inference.finish import finish
from painterly.inference.graph import Add, Graph, Norm, Op
from painterly.inference.torch_engine import Chain, TorchEngine
from painterly.networks.normalization import strip_statistics

__all__ = ["Moments", "SteadyEngine"]

Moments = tuple[Tensor, Tensor]
"""Mean and variance of every channel, shape (C,) each, float32."""


class SteadyEngine(TorchEngine):
    """Runs a graph on frames, one after the other, with moments that follow slowly.

    Args:
        graph: What to run.
        dtype: Type of convolutions and of what lies between them.
        keep: How much of the moments so far remains with each frame: 0, nothing, so that every frame is painted as if
            it were alone; towards 1, nearly all.

    Attributes:
        moments: Of each norm, by its number, as of the last frame; empty before the first one of a scene.
    """

    def __init__(self, graph: Graph, dtype: torch.dtype = torch.float32, keep: float = 0.0) -> None:
        super().__init__(graph, dtype)
        self.keep = keep
        self.moments: dict[int, Moments] = {}

    def forward(self, x: Tensor) -> Tensor:
        if len(x) != 1:
            raise ValueError(f"frames come one at a time, not {len(x)}")
        return super().forward(x)

    def cut(self) -> None:
        """Forget the moments: another scene begins."""
        self.moments.clear()

    def set_norms(self, norms: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Paint another style from now on.

        Args:
            norms: Scale and shift of each norm, shape (C,) each, in the order in which they run.
        """
        numbers = [number for number, op in enumerate(self.graph.ops, 1) if isinstance(op, Norm)]
        for number, (weight, bias) in zip(numbers, norms, strict=True):
            self._weight(number).copy_(weight)
            self._bias(number).copy_(bias)

    def follow(self, number: int, x: Tensor) -> Moments:
        """The moments to normalise by, with those of this frame taken in."""
        mean, variance = _moments(x)
        if number in self.moments and self.keep > 0:
            before = self.moments[number]
            mean, variance = (
                torch.lerp(new, old, self.keep) for new, old in zip((mean, variance), before, strict=True)
            )
        self.moments[number] = mean, variance
        return mean, variance

    def _finish(self, chain: Chain, values: dict[int, Tensor]) -> int:
        norm: Any = self.graph.ops[chain.first - 1]
        addend = None
        if chain.add is not None:
            op: Any = self.graph.ops[chain.add - 1]
            assert isinstance(op, Add)
            whole = values[op.x]
            addend = whole[..., op.crop : whole.shape[-2] - op.crop, op.crop : whole.shape[-1] - op.crop]
        x = values[norm.x]
        moments = self.follow(chain.first, x)
        weight, bias = self._weight(chain.first), self._bias(chain.first)
        done = finish(x, chain.how, weight, bias, norm.epsilon, addend, moments)
        values[chain.last] = done
        if p := chain.how.pads[0]:
            values[chain.last - 1] = done[..., p : done.shape[-2] - p, p : done.shape[-1] - p]
        return chain.last

    def _run(self, op: Op, number: int, values: dict[int, Tensor]) -> Tensor:
        if not isinstance(op, Norm):
            return super()._run(op, number, values)
        x = values[op.x]
        mean, variance = self.follow(number, x)
        scale = self._weight(number) * torch.rsqrt(variance + op.epsilon)
        shift = self._bias(number) - mean * scale
        return torch.addcmul(shift.view(1, -1, 1, 1), x.float(), scale.view(1, -1, 1, 1)).to(x.dtype)


def _moments(x: Tensor) -> Moments:
    if x.device.type == "cpu":
        mean, variance = strip_statistics(x)
        return mean.float(), variance.float()
    variance, mean = torch.var_mean(x.float(), (0, 2, 3), correction=0)
    return mean, variance

"""Numbers of channels that matrix units like."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from painterly.inference.graph import Convolution, Graph, Shuffle

__all__ = ["widen"]


@torch.no_grad()
def widen(graph: Graph, multiple: int) -> tuple[Graph, int | None]:
    """The same graph with more channels going in and coming out, which mean nothing; exact.

    Args:
        graph: What to widen.
        multiple: Of what their numbers are to be multiples.

    Returns:
        The graph, whose further inputs may be anything finite, such as zeros, and how many of its outputs are real
        ones; None where it has no others.
    """
    ops = list(graph.ops)
    index, first = next((i, op) for i, op in enumerate(ops) if isinstance(op, Convolution))
    missing = -first.weight.shape[1] % multiple
    inputs = first.weight.shape[1] + missing
    ops[index] = replace(first, weight=_more(first.weight, 1, missing))
    spread = ops[-1].factor ** 2 if isinstance(ops[-1], Shuffle) else 1
    place = len(ops) - 1 - (spread > 1)
    last = ops[place]
    outputs = last.weight.shape[0] if isinstance(last, Convolution) else 0
    missing = -outputs % math.lcm(multiple, spread)
    if not isinstance(last, Convolution) or not missing or (spread > 1 and missing > outputs):  # more than it is worth
        return Graph(tuple(ops), inputs), None
    ops[place] = replace(last, weight=_more(last.weight, 0, missing), bias=_more(last.bias, 0, missing))
    return Graph(tuple(ops), inputs), outputs // spread


def _more(values: Tensor, axis: int, count: int) -> Tensor:
    """Values with so many zeros at the end of an axis."""
    shape = list(values.shape)
    shape[axis] = count
    return torch.cat([values, values.new_zeros(shape)], axis)

"""Programs: pictures in, a picture out, by operations that can be done one part after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from painterly.inference.graph import Add, Convolution, Graph, Nearest, Norm, Op, Pad, Scale, Shuffle, Transposed
from painterly.inference.torch_engine import find_chains
from painterly.tiling.geometry import extent
from painterly.tiling.ops import (
    Cast,
    Cut,
    Extend,
    Global,
    Keep,
    NormChain,
    Pointwise,
    Resize,
    Source,
    TiledOp,
    channels_of,
    operands,
    surveyed,
)

__all__ = ["Program", "ProgramBuilder"]


@dataclass(frozen=True)
class Program:
    """Operations in an order in which they can run; value n is what `ops[n]` gives, and the last one is the result.

    Attributes:
        ops: The operations.
    """

    ops: tuple[TiledOp, ...]

    @cached_property
    def channels(self) -> list[int]:
        """Channels of every value."""
        found: list[int] = []
        for op in self.ops:
            found.append(channels_of(op, [found[value] for value in operands(op)]))
        return found

    @cached_property
    def types(self) -> list[torch.dtype]:
        """Number type of every value."""
        found: list[torch.dtype] = []
        for op in self.ops:
            given = [found[value] for value in operands(op)]
            free = isinstance(op, (Source, Pointwise, Global))
            found.append(op.dtype if isinstance(op, Cast) else torch.float32 if free or not given else given[0])
        return found

    def levels(self, known: Collection[int] = ()) -> list[int]:
        """How many times pictures have to be gone through before each value can be computed.

        Args:
            known: Values whose moments are given.
        """
        found: list[int] = []
        for op in self.ops:
            before = [found[value] for value in operands(op)]
            before += [found[value] + 1 for value in surveyed(op) if value not in known]
            found.append(max(before, default=0) + isinstance(op, Keep))
        return found

    @property
    def inputs(self) -> list[int]:
        """Channels of every picture that is to be given."""
        found = {op.index: op.channels for op in self.ops if isinstance(op, Source)}
        return [found[index] for index in range(len(found))]

    def sizes(self, given: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Height and width of every value.

        Args:
            given: Of every source.

        Raises:
            ValueError: The pictures are too small, or do not fit each other.
        """
        found: list[tuple[int, int]] = []
        for op in self.ops:
            if isinstance(op, Source):
                found.append(given[op.index])
                continue
            before = [found[value] for value in operands(op)]
            like = found[op.like] if isinstance(op, Cut) else (0, 0)
            height, width = (extent(op, [size[axis] for size in before], like[axis], axis) for axis in (0, 1))
            found.append((height, width))
        return found


class ProgramBuilder:
    """Puts a program together; every method but `build` returns the value that its operation gives."""

    def __init__(self) -> None:
        self._ops: list[TiledOp] = []
        self._sources = 0

    def source(self, channels: int) -> int:
        """Another picture that is given, in float32."""
        self._sources += 1
        return self._emit(Source(self._sources - 1, channels))

    def cast(self, x: int, dtype: torch.dtype) -> int:
        """Numbers of another type."""
        return self._emit(Cast(x, dtype))

    def extend(self, x: int, multiple: int) -> int:
        """See `Extend`."""
        return x if multiple == 1 else self._emit(Extend(x, multiple))

    def cut(self, x: int, like: int) -> int:
        """See `Cut`."""
        return self._emit(Cut(x, like))

    def resize(self, x: int, height: int, width: int, *, linear: bool = False) -> int:
        """See `Resize`."""
        return self._emit(Resize(x, height, width, linear))

    def pointwise(self, function: Callable[..., Tensor], *inputs: int, channels: int) -> int:
        """See `Pointwise`."""
        return self._emit(Pointwise(inputs, function, channels))

    def globally(self, function: Callable[..., Tensor], *inputs: int, survey: tuple[int, ...], channels: int) -> int:
        """See `Global`."""
        return self._emit(Global(inputs, survey, function, channels))

    def keep(self, x: int) -> int:
        """See `Keep`."""
        return self._emit(Keep(x))

    def op(self, op: TiledOp) -> int:
        """Any operation."""
        return self._emit(op)

    def graph(
        self,
        graph: Graph,
        x: int,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        keep: bool = False,
    ) -> int:
        """A network's layers.

        Args:
            graph: From `painterly.inference.lower`.
            x: Their input.
            dtype: Number type of convolutions and of what lies between them.
            device: Where they run.
            keep: Whether what is there before every enlargement may be kept.
        """
        chains = find_chains(graph)
        values = {0: self.cast(x, dtype)}
        number = 0
        while number < len(graph.ops):
            number += 1
            op, chain = graph.ops[number - 1], chains.get(number)
            if chain is not None:
                norm, number = op, chain.last
                assert isinstance(norm, Norm)
                weight, bias = (v.float().to(device) for v in (norm.weight, norm.bias))
                whole = NormChain(values[norm.x], weight, bias, norm.epsilon, chain.how.relu)
                if chain.add is not None:
                    add = graph.ops[chain.add - 1]
                    assert isinstance(add, Add)
                    whole = replace(whole, add=values[add.x], crop=add.crop)
                pad = chain.how.pads[0]
                alone = sum(number - 1 in _operands(other) for other in graph.ops) == 1
                if (
                    isinstance(graph.ops[number - 1], Pad) and not alone
                ):  # what is there before the padding is needed, too
                    values[number - 1] = self._emit(whole)
                    values[number] = self._emit(replace(graph.ops[number - 1], x=values[number - 1]))
                else:
                    values[number] = self._emit(replace(whole, pad=pad, mode=chain.how.mode))
                continue
            if keep and _enlarges(graph, number):
                values[op.x] = self.keep(values[op.x])
            values[number] = self._emit(_placed(op, values, dtype, device))
        return self.cast(values[len(graph.ops)], torch.float32)

    def build(self) -> Program:
        """The program; its result is the value of the last operation."""
        return Program(tuple(self._ops))

    def _emit(self, op: TiledOp) -> int:
        self._ops.append(op)
        return len(self._ops) - 1


def _operands(op: Op) -> tuple[int, ...]:
    return (op.x, op.y) if isinstance(op, Add) else (op.x,)


def _enlarges(graph: Graph, number: int) -> bool:
    """Whether the n-th operation begins an enlargement: its input is the last value that is small."""
    op = graph.ops[number - 1]
    shuffles = number < len(graph.ops) and isinstance(graph.ops[number], Shuffle)
    before_shuffle = isinstance(op, Convolution) and op.stride == 1 and shuffles
    return before_shuffle or isinstance(op, (Transposed, Nearest))


def _placed(op: Op, values: dict[int, int], dtype: torch.dtype, device: torch.device | str) -> TiledOp:
    """An operation with its operands' numbers in the program, and its weights where they are needed."""
    changes: dict[str, Any] = {"x": values[op.x]}
    if isinstance(op, Add):
        changes["y"] = values[op.y]
    if isinstance(op, (Convolution, Transposed)):
        changes["weight"] = op.weight.to(device, dtype).contiguous(memory_format=torch.channels_last)
        changes["bias"] = op.bias.to(device, dtype)
    if isinstance(op, (Norm, Scale)):
        changes |= {"weight": op.weight.float().to(device), "bias": op.bias.float().to(device)}
    return replace(op, **changes)

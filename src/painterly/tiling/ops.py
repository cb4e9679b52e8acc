"""What a tiled program is made of besides the operations of `painterly.inference.graph`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from painterly.inference.graph import (
    Add,
    Convolution,
    Norm,
    Op,
    Shuffle,
    Transposed,
)

__all__ = [
    "Cast",
    "Cut",
    "Extend",
    "Global",
    "Keep",
    "NormChain",
    "Pointwise",
    "Resize",
    "Source",
    "TiledOp",
    "operands",
    "surveyed",
]


@dataclass(frozen=True)
class Source:
    """A picture that is given: the `index`-th one."""

    index: int
    channels: int


@dataclass(frozen=True)
class Cast:
    """The same values as numbers of another type."""

    x: int
    dtype: torch.dtype


@dataclass(frozen=True)
class Extend:
    """Reflected at the right and below until both sides are multiples of `multiple`."""

    x: int
    multiple: int


@dataclass(frozen=True)
class Cut:
    """Without the rows and columns, at the right and below, that value `like` does not have."""

    x: int
    like: int


@dataclass(frozen=True)
class Resize:
    """To so many rows and columns, antialiased and cut off at 0 and 1: bicubic, or linear in both directions."""

    x: int
    height: int
    width: int
    linear: bool = False


@dataclass(frozen=True)
class Pointwise:
    """Whatever is computed pixel by pixel.

    Attributes:
        inputs: Values of one height and width.
        function: From their tensors, (1, C, H, W) each, to one of the same height and width.
        channels: Channels of the result.
    """

    inputs: tuple[int, ...]
    function: Callable[..., Tensor]
    channels: int


@dataclass(frozen=True)
class Global:
    """Pixel by pixel too, but knowing the mean and variance of whole values.

    Attributes:
        inputs: Values of one height and width.
        survey: Values whose moments are wanted.
        function: From the inputs' tensors, and then a list of (mean, variance), float64 of shape (C,), one for each
            value of `survey`, to a tensor of the same height and width.
        channels: Channels of the result.
    """

    inputs: tuple[int, ...]
    survey: tuple[int, ...]
    function: Callable[..., Tensor]
    channels: int


@dataclass(frozen=True)
class NormChain:
    """Instance normalisation, and what follows of ReLU, addition of `add` less `crop` pixels a side, and padding."""

    x: int
    weight: Tensor
    bias: Tensor
    epsilon: float
    relu: bool
    add: int | None = None
    crop: int = 0
    pad: int = 0
    mode: Literal["reflect", "edge"] = "reflect"


@dataclass(frozen=True)
class Keep:
    """The same values; a place at which it may pay to keep them instead of computing them for every tile again."""

    x: int


TiledOp = Op | Source | Cast | Extend | Cut | Resize | Pointwise | Global | NormChain | Keep


def operands(op: TiledOp) -> tuple[int, ...]:
    """The values that an operation computes with."""
    match op:
        case Source():
            return ()
        case Pointwise() | Global():
            return op.inputs
        case Add():
            return (op.x, op.y)
        case NormChain():
            return (op.x,) if op.add is None else (op.x, op.add)
        case _:
            return (op.x,)


def surveyed(op: TiledOp) -> tuple[int, ...]:
    """The values that have to be known whole, by their mean and variance, before an operation can begin."""
    match op:
        case Norm() | NormChain():
            return (op.x,)
        case Global():
            return op.survey
        case _:
            return ()


def channels_of(op: TiledOp, given: list[int]) -> int:
    """Channels of an operation's result, by those of its operands."""
    match op:
        case Source() | Pointwise() | Global():
            return op.channels
        case Convolution():
            return int(op.weight.shape[0])
        case Transposed():
            return int(op.weight.shape[1])
        case Shuffle():
            return given[0] // op.factor**2
        case _:
            return given[0]


def work_of(op: TiledOp, given: list[int]) -> float:
    """Multiplications for each pixel of an operation's result, roughly."""
    match op:
        case Convolution():
            return op.weight.numel()
        case Transposed():
            return op.weight.numel() / op.stride**2
        case Resize():
            return 60.0
        case Source() | Cut() | Keep() | Cast():
            return 0.0
        case _:
            return float(channels_of(op, given))

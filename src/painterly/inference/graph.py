"""A network's layers as a list of plain operations, rewritten so that they cost less and mean the same.

Every back end and every export walks this list instead of modules. The rewrites, each of them exact:

- batch normalisation of a trained network disappears into the convolution before it;
- nearest up-sampling, reflection and a 3x3 convolution become one transposed convolution of stride 2 with a 4x4 kernel,
  on pixels that are repeated at the border: 2.25 times fewer multiplications;
- a last 9x9 convolution to three channels, for which processors are too wide, becomes a 10x10 one of stride 2 to twelve
  channels that are then laid out as pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from painterly.networks.layers import ResidualBlock, UpsampleLayer
from painterly.networks.normalization import InstanceNorm
from painterly.networks.padding import ReflectionPad

__all__ = [
    "Add",
    "Convolution",
    "Graph",
    "Nearest",
    "Norm",
    "Op",
    "Pad",
    "Relu",
    "Scale",
    "Shuffle",
    "Transposed",
    "lower",
    "split_input",
]


@dataclass(frozen=True)
class Pad:
    """Pixels beyond the border: "reflect" mirrors, "edge" repeats the outermost."""

    x: int
    mode: Literal["reflect", "edge"]
    amount: int


@dataclass(frozen=True)
class Convolution:
    """A convolution, with zeros beyond the border; weight (O, I, k, k), bias (O,)."""

    x: int
    weight: Tensor
    bias: Tensor
    stride: int = 1
    padding: int = 0


@dataclass(frozen=True)
class Transposed:
    """A transposed convolution, weight (I, O, k, k), bias (O,); `padding` is cut off, `surplus` added at the end."""

    x: int
    weight: Tensor
    bias: Tensor
    stride: int
    padding: int
    surplus: int = 0


@dataclass(frozen=True)
class Norm:
    """Instance normalisation with scale and shift (C,)."""

    x: int
    weight: Tensor
    bias: Tensor
    epsilon: float


@dataclass(frozen=True)
class Scale:
    """Scale and shift by channel (C,)."""

    x: int
    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class Relu:
    """What is below zero becomes zero."""

    x: int


@dataclass(frozen=True)
class Add:
    """y, plus x without `crop` pixels on each side."""

    x: int
    y: int
    crop: int


@dataclass(frozen=True)
class Nearest:
    """Every pixel `factor` times in both directions."""

    x: int
    factor: int


@dataclass(frozen=True)
class Shuffle:
    """Channels laid out as `factor` x `factor` pixels."""

    x: int
    factor: int


Op = Pad | Convolution | Transposed | Norm | Scale | Relu | Add | Nearest | Shuffle


@dataclass(frozen=True)
class Graph:
    """Operations in the order in which they run; value 0 is the input, value n what the n-th operation gives.

    Attributes:
        ops: The operations; the last one's value is the output.
        inputs: Channels of the input.
    """

    ops: tuple[Op, ...]
    inputs: int

    def last_uses(self) -> dict[int, int]:
        """By value, the operation (counted from 1) after which it is no longer needed."""
        uses: dict[int, int] = {}
        for number, op in enumerate(self.ops, 1):
            for value in operands(op):
                uses[value] = number
        return uses


def operands(op: Op) -> tuple[int, ...]:
    """The values that an operation looks at."""
    return (op.x, op.y) if isinstance(op, Add) else (op.x,)


@torch.no_grad()
def lower(layers: nn.Module, *, rewrite: bool = True, even: bool = False) -> Graph:
    """List the operations of a network's layers, in evaluation mode.

    Args:
        layers: The `layers` of a network of painterly's.
        rewrite: Whether to rewrite them (see above) or to list them as they are.
        even: Whether the output's height and width are always even, which the last rewrite needs.

    Raises:
        TypeError: There is a module that is not known here.
    """
    builder = _Builder(rewrite)
    builder.walk(layers, 0)
    first = next(op for op in builder.ops if isinstance(op, Convolution))
    ops = builder.ops
    if rewrite and even:
        ops = [*ops[:-1], *_split_last(ops[-1], len(ops))]
    return Graph(tuple(ops), first.weight.shape[1])


@torch.no_grad()
def split_input(graph: Graph) -> Graph:
    """The same graph for an input in two parts, shape (B, 2 C, H, W), that are to be added up.

    Pixels rounded to bfloat16 cost a style network 30 decibels more than all other rounding together; as two numbers,
    the second being what the rounding of the first left over, they are nearly exact.
    """
    ops = list(graph.ops)
    index, first = next((i, op) for i, op in enumerate(ops) if isinstance(op, Convolution))
    ops[index] = replace(first, weight=torch.cat([first.weight, first.weight], 1))
    return Graph(tuple(ops), 2 * graph.inputs)


class _Builder:
    def __init__(self, rewrite: bool) -> None:
        self.rewrite = rewrite
        self.ops: list[Op] = []

    def emit(self, op: Op) -> int:
        self.ops.append(op)
        return len(self.ops)

    def walk(self, module: nn.Module, x: int) -> int:
        """Append a module's operations on value x; returns the value that it gives."""
        if isinstance(module, UpsampleLayer) and self.rewrite and hasattr(module, "pad"):
            assert isinstance(module.upsample, nn.Upsample)
            if module.upsample.scale_factor == 2:
                x = self.emit(Pad(x, "edge", 1))
                weight, bias = _weights(module.conv)
                x = self.emit(Transposed(x, _doubled(weight), bias, stride=2, padding=3))
                rest = [child for name, child in module.named_children() if name not in ("upsample", "pad", "conv")]
                return self.chain(rest, x)
        if isinstance(module, nn.Sequential):
            return self.chain(module, x)
        if isinstance(module, ResidualBlock):
            return self.emit(Add(x, self.walk(module.layers, x), module.crop))
        if isinstance(module, nn.BatchNorm2d):
            return self.batch_norm(module, x)
        return self.emit(_single(module, x))

    def chain(self, modules: Iterable[nn.Module], x: int) -> int:
        for module in modules:
            x = self.walk(module, x)
        return x

    def batch_norm(self, norm: nn.BatchNorm2d, x: int) -> int:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        shift = norm.bias - norm.running_mean * scale
        before = self.ops[-1]
        if self.rewrite and isinstance(before, (Convolution, Transposed)):
            shape = (-1, 1, 1, 1) if isinstance(before, Convolution) else (1, -1, 1, 1)
            weight, bias = before.weight * scale.view(shape), before.bias * scale + shift
            self.ops[-1] = replace(before, weight=weight, bias=bias)
            return x
        return self.emit(Scale(x, scale.clone(), shift.clone()))


def _single(module: nn.Module, x: int) -> Op:
    """A module that is one operation."""
    if isinstance(module, ReflectionPad):
        return Pad(x, "reflect", module.padding)
    if isinstance(module, (nn.ReflectionPad2d, nn.ReplicationPad2d)) and len(set(module.padding)) == 1:
        return Pad(x, "reflect" if isinstance(module, nn.ReflectionPad2d) else "edge", module.padding[0])
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        _check_plain(module)
    if isinstance(module, nn.Conv2d):
        weight, bias = _weights(module)
        return Convolution(x, weight, bias, int(module.stride[0]), int(module.padding[0]))
    if isinstance(module, nn.ConvTranspose2d):
        weight, bias = _weights(module)
        surplus = int(module.output_padding[0])
        return Transposed(x, weight, bias, int(module.stride[0]), int(module.padding[0]), surplus)
    if isinstance(module, InstanceNorm):
        return Norm(x, module.weight.detach().clone(), module.bias.detach().clone(), module.epsilon)
    if isinstance(module, nn.InstanceNorm2d) and not module.track_running_stats:
        weight, bias = (
            torch.full((module.num_features,), value) if own is None else own.detach().clone()
            for own, value in ((module.weight, 1.0), (module.bias, 0.0))
        )
        return Norm(x, weight, bias, module.eps)
    if isinstance(module, nn.ReLU):
        return Relu(x)
    if isinstance(module, nn.PixelShuffle):
        return Shuffle(x, module.upscale_factor)
    if isinstance(module, nn.Upsample) and module.mode == "nearest" and isinstance(module.scale_factor, (int, float)):
        if module.scale_factor != int(module.scale_factor):
            raise TypeError(f"no operation is known for Upsample by {module.scale_factor:g}")
        return Nearest(x, int(module.scale_factor))
    raise TypeError(f"no operation is known for {type(module).__name__}")


def _weights(module: nn.Module) -> tuple[Tensor, Tensor]:
    assert isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))
    weight = module.weight.detach().clone()
    bias = weight.new_zeros(module.out_channels) if module.bias is None else module.bias.detach().clone()
    return weight, bias


def _check_plain(module: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Square kernels, steps and paddings of zeros, neither dilated nor in groups."""
    squares = (module.kernel_size, module.stride, module.dilation)
    plain = all(len(set(pair)) == 1 for pair in squares) and module.dilation[0] == 1 and module.groups == 1
    if not plain or isinstance(module.padding, str) or len(set(module.padding)) > 1 or module.padding_mode != "zeros":
        raise TypeError(f"no operation is known for {module}")


def _doubled(weight: Tensor) -> Tensor:
    """Kernel of a transposed convolution of stride 2 that equals nearest up-sampling and a 3x3 convolution.

    Each new pixel meets only two of the old ones in a direction, so that taps which meet the same one add up.
    """
    taps = weight.new_tensor([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])
    return torch.einsum("ay,oiyx,bx->ioab", taps, weight, taps)


def _split_last(op: Op, number: int) -> list[Op]:
    """A wide kernel to few channels, as one of stride 2 to four times as many that are laid out as pixels."""
    if not (isinstance(op, Convolution) and op.weight.shape[0] <= 3 and op.weight.shape[-1] >= 5 and op.stride == 1):
        return [op]
    outputs, inputs, side, _ = op.weight.shape
    weight = op.weight.new_zeros(outputs, 2, 2, inputs, side + 1, side + 1)
    for top in range(2):
        for left in range(2):
            weight[:, top, left, :, top : top + side, left : left + side] = op.weight
    wide = replace(op, weight=weight.flatten(0, 2), bias=op.bias.repeat_interleave(4), stride=2)
    return [wide, Shuffle(number, 2)]

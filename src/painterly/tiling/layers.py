"""torch's layers as operations of tiled programs, as they are in evaluation mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.inference.graph import Convolution, Nearest, Norm, Pad, Relu, Scale, Shuffle, Transposed
from painterly.networks.normalization import InstanceNorm
from painterly.networks.padding import ReflectionPad
from painterly.tiling.kernels import Moments
from painterly.tiling.ops import Global, Pointwise, TiledOp

__all__ = ["average_pooling", "convolution", "group_norm", "patches", "simple"]

_ACTIVATIONS: Final = (
    *(nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus, nn.Hardtanh, nn.PReLU),
    *(nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid, nn.CELU, nn.SELU, nn.LogSigmoid, nn.Softsign),
)
"""Layers that look at one pixel and one channel at a time."""


def simple(module: nn.Module, x: int, channels: int, device: torch.device) -> TiledOp:
    """A layer that is one operation, other than a convolution or what goes by several channels.

    Args:
        module: The layer.
        x: The value that it takes.
        channels: Of that value.
        device: Where it will run.

    Raises:
        TypeError: There is no operation for it.
    """
    match module:
        case ReflectionPad():
            return Pad(x, "reflect", module.padding)
        case nn.ReflectionPad2d() | nn.ReplicationPad2d() if len(set(module.padding)) == 1:
            return Pad(x, "reflect" if isinstance(module, nn.ReflectionPad2d) else "edge", module.padding[0])
        case InstanceNorm():
            return Norm(x, module.weight.detach().to(device), module.bias.detach().to(device), module.epsilon)
        case nn.InstanceNorm2d() if module.running_mean is None:
            weight, bias = (_own(own, module.num_features, value, device) for own, value in _affine(module))
            return Norm(x, weight, bias, module.eps)
        case nn.BatchNorm2d() | nn.InstanceNorm2d() if module.running_mean is not None:
            return _running(module, x, device)
        case nn.ReLU():
            return Relu(x)
        case nn.PixelShuffle():
            return Shuffle(x, module.upscale_factor)
        case nn.Upsample() if module.mode == "nearest" and _whole(module.scale_factor) is not None:
            return Nearest(x, cast(int, _whole(module.scale_factor)))
        case _ if isinstance(module, _ACTIVATIONS):
            return Pointwise((x,), _plainly(module, device), channels)
        case _:
            raise TypeError(f"no operation is known for {module}")


def convolution(
    module: nn.Conv2d | nn.ConvTranspose2d, x: int, device: torch.device
) -> tuple[Pad | None, Convolution | Transposed]:
    """A convolution, and the padding that goes before it where that is not zeros.

    Raises:
        TypeError: Its steps or paddings differ between rows and columns, it pads with what is on the other side, or
            it is transposed and in groups or dilated.
    """
    stride, weight = _one(module.stride, module), module.weight.detach().float()
    bias = weight.new_zeros(module.out_channels) if module.bias is None else module.bias.detach().float()
    if isinstance(module, nn.ConvTranspose2d):
        plain = module.groups == 1 and _one(module.dilation, module) == 1 and weight.shape[2] == weight.shape[3]
        if not plain:
            raise TypeError(f"no operation is known for {module}")
        padding, surplus = _one(cast(Sequence[int], module.padding), module), _one(module.output_padding, module)
        return None, Transposed(x, _laid_out(weight, device), bias.to(device), stride, padding, surplus)
    weight = _dilated(weight, module.dilation)
    sides = weight.shape[2:]
    if isinstance(module.padding, str):
        amounts = [0, 0] if module.padding == "valid" else [(side - 1) / 2 for side in sides]
    else:
        amounts = list(module.padding)
    side = max(sides)
    margins = [(side - own) // 2 for own in sides]
    amounts = [amount + margin for amount, margin in zip(amounts, margins, strict=True)]
    uneven = any((side - own) % 2 for own in sides) or amounts[0] != amounts[1] or amounts[0] != int(amounts[0])
    if uneven or module.padding_mode == "circular":
        raise TypeError(f"no operation is known for {module}")
    weight = F.pad(weight, (margins[1], margins[1], margins[0], margins[0]))
    pad, amount = None, int(amounts[0])
    if module.padding_mode != "zeros":
        pad = Pad(x, "reflect" if module.padding_mode == "reflect" else "edge", amount)
        amount = 0
    return pad, Convolution(x, _laid_out(weight, device), bias.to(device), stride, amount)


def average_pooling(module: nn.AvgPool2d, x: int, channels: int, device: torch.device) -> Convolution:
    """Average pooling, as a convolution of every channel by itself."""
    side = _one(module.kernel_size, module)
    padding = _one(module.padding, module)
    if module.ceil_mode or (padding and not module.count_include_pad) or module.divisor_override is not None:
        raise TypeError(f"no operation is known for {module}")
    weight = torch.full((channels, 1, side, side), 1 / side**2, device=device)
    return Convolution(x, weight, weight.new_zeros(channels), _one(module.stride, module), padding)


def patches(x: int, channels: int, side: int, stride: int, device: torch.device) -> Convolution:
    """The pixels under a square of `side`, as channels: those of the first channel, of the second, and so on."""
    one_each = torch.eye(side**2, device=device).view(side**2, 1, side, side).repeat(channels, 1, 1, 1)
    return Convolution(x, one_each, one_each.new_zeros(len(one_each)), stride)


def group_norm(module: nn.GroupNorm, x: int, device: torch.device) -> Global:
    """Group normalisation by the mean and variance of the whole picture."""
    groups, channels, epsilon = module.num_groups, module.num_channels, module.eps
    scale, shift = (_own(own, channels, value, device).double() for own, value in _affine(module))

    def normalise(part: Tensor, moments: list[Moments]) -> Tensor:
        mean, variance = (one.view(groups, -1) for one in moments[0])
        center = mean.mean(1, keepdim=True)
        spread = (variance + (mean - center).square()).mean(1, keepdim=True)  # the law of total variance
        factor = torch.rsqrt(spread + epsilon).expand_as(mean).flatten() * scale
        offset = shift - center.expand_as(mean).flatten() * factor
        return torch.addcmul(_by_channel(offset, part), part, _by_channel(factor, part))

    return Global((x,), (x,), normalise, channels)


def _by_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.to(like.dtype).view(1, -1, 1, 1)


def _affine(module: nn.Module) -> tuple[tuple[Tensor | None, float], tuple[Tensor | None, float]]:
    """Scale and shift, None where there are none, and what stands for them then."""
    return (cast("Tensor | None", module.weight), 1.0), (cast("Tensor | None", module.bias), 0.0)


def _own(values: Tensor | None, channels: int, default: float, device: torch.device) -> Tensor:
    if values is None:
        return torch.full((channels,), default, device=device)
    return values.detach().float().to(device)


def _running(module: nn.BatchNorm2d | nn.InstanceNorm2d, x: int, device: torch.device) -> Scale:
    """Normalisation by moments that were collected in training."""
    assert module.running_mean is not None
    assert module.running_var is not None
    scale, shift = (_own(own, module.num_features, value, device) for own, value in _affine(module))
    scale = scale * torch.rsqrt(module.running_var.to(device) + module.eps)
    return Scale(x, scale, shift - module.running_mean.to(device) * scale)


def _plainly(module: nn.Module, device: torch.device) -> Callable[[Tensor], Tensor]:
    """An activation that leaves its input as it is."""
    if isinstance(module, nn.PReLU):
        weight = module.weight.detach().to(device)
        return lambda x: F.prelu(x, weight)

    def apply(x: Tensor) -> Tensor:
        y: Tensor = module(x.clone() if getattr(module, "inplace", False) else x)
        return y

    return apply


def _one(pair: int | Sequence[int], module: nn.Module) -> int:
    """What holds for rows and columns alike."""
    given = {pair} if isinstance(pair, int) else set(pair)
    if len(given) != 1:
        raise TypeError(f"no operation is known for {module}")
    return int(given.pop())


def _whole(factor: object) -> int | None:
    """A factor of enlargement, if it is one whole number."""
    factors = set(factor) if isinstance(factor, (tuple, list)) else {factor}
    one = factors.pop() if len(factors) == 1 else None
    return int(one) if isinstance(one, (int, float)) and one == int(one) else None


def _dilated(weight: Tensor, dilation: Sequence[int]) -> Tensor:
    """The same kernel with the zeros written out that dilation leaves between its taps."""
    rows, columns = ((side - 1) * step + 1 for side, step in zip(weight.shape[2:], dilation, strict=True))
    wide = weight.new_zeros(*weight.shape[:2], rows, columns)
    wide[:, :, :: dilation[0], :: dilation[1]] = weight
    return wide


def _laid_out(weight: Tensor, device: torch.device) -> Tensor:
    return weight.to(device).contiguous(memory_format=torch.channels_last)

"""Instance normalisation (Ulyanov et al. 2016) that keeps the memory layout of its input."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ConditionalInstanceNorm", "InstanceNorm", "instance_norm", "norm_layer"]


_FEW_PIXELS = 256 * 256
"""Up to here, torch's fast channels-last sums lose less than bfloat16 does; at 800x800 they are off by 0.2 sigma."""

_STRIP = 1 << 14
"""Pixels over which they are as good as exact: the variance is off by 1e-6 of itself."""

_FLAT = 1e-5
"""Variance over squared mean below which a channel is as good as constant, and its moments are taken exactly."""


def instance_norm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    """Normalise every channel of every picture by its own mean and variance, accumulated in float32.

    The same as `torch.nn.functional.instance_norm`, which copies channels-last tensors to another layout (and in torch
    2.13 gets the gradient wrong for a batch of one whose gradient comes in channels last). torch's batch
    and group normalisation do not, but add up millions of pixels naively; so the statistics are taken by `var_mean`,
    which does not, except for bfloat16 training crops, where batch normalisation of one picture at a time is accurate
    enough and three times as fast.

    Args:
        x: Activations, shape (B, C, H, W).
        weight: Scale by channel, shape (C,), or (B, C) where pictures have their own.
        bias: Shift by channel, likewise.
        epsilon: Added to the variance.

    Returns:
        Tensor of the shape, type and layout of `x`.
    """
    if x.device.type == "cpu" and not (torch.is_grad_enabled() and any(t.requires_grad for t in (x, weight, bias))):
        pictures = [_normalise(p, w, b, epsilon) for p, w, b in _one_by_one(x, weight, bias)]
        return pictures[0] if len(pictures) == 1 else torch.cat(pictures)
    few = x.shape[2] * x.shape[3] <= _FEW_PIXELS
    if x.dtype == torch.bfloat16 and few and x.device.type == "cpu":
        pictures = [
            F.batch_norm(p, None, None, w, b, training=True, eps=epsilon) for p, w, b in _one_by_one(x, weight, bias)
        ]
        return pictures[0] if len(pictures) == 1 else torch.cat(pictures)
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    variance, mean = torch.var_mean(wide, (2, 3), correction=0, keepdim=True)
    channels = x.shape[1]
    scale = torch.rsqrt(variance + epsilon) * weight.view(-1, channels, 1, 1)
    return torch.addcmul(bias.view(-1, channels, 1, 1) - mean * scale, wide, scale).to(x.dtype)


def _one_by_one(x: Tensor, weight: Tensor, bias: Tensor) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Every picture, with its own scale and shift."""
    shape = (len(x), x.shape[1])
    return list(zip(x.split(1), weight.expand(shape).unbind(), bias.expand(shape).unbind(), strict=True))


def _normalise(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
    """One picture, without gradients: statistics by strips, then one pass."""
    mean, variance = strip_statistics(x)
    return F.batch_norm(x, mean.to(weight.dtype), variance.to(weight.dtype), weight, bias, training=False, eps=epsilon)


def strip_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of every channel, by torch's fast sums over few pixels at a time, merged in float64.

    Args:
        x: Activations of one picture, shape (1, C, H, W).

    Returns:
        Two tensors (C,), in float64. Chan et al. 1979: variances of parts add up with those of their means.
    """
    rows = max(1, _STRIP // max(1, x.shape[3]))
    wide = torch.promote_types(x.dtype, torch.float32)
    zero, one = x.new_zeros(x.shape[1], dtype=wide), x.new_ones(x.shape[1], dtype=wide)
    strips = x.split(rows, 2)
    found = [torch.batch_norm_update_stats(strip, zero, one, 0.0) for strip in strips]  # momentum 0: nothing is kept
    counts = torch.tensor([strip.shape[2] for strip in strips], dtype=torch.float64).unsqueeze(1)
    means, variances = (torch.stack([pair[index] for pair in found]).double() for index in (0, 1))
    mean = (means * counts).sum(0) / counts.sum()
    variance = ((variances + (means - mean).square()) * counts).sum(0) / counts.sum()
    flat = variance < _FLAT * mean.square()
    if flat.any():  # sums of so many equal numbers are off by more than they differ
        wide_channels = x[:, flat].double()
        exact, mean[flat] = torch.var_mean(wide_channels, (0, 2, 3), correction=0)
        variance[flat] = exact
    return mean, variance


class InstanceNorm(nn.Module):
    """`instance_norm` with a learned scale and shift; statistics are always those of the picture at hand."""

    def __init__(self, channels: int, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return instance_norm(x, self.weight, self.bias, self.epsilon)

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, epsilon={self.epsilon}"


class ConditionalInstanceNorm(nn.Module):
    """`instance_norm` with a scale and a shift for each of several styles, or a mixture of them (Dumoulin et al. 2017).

    Args:
        channels: Channels of the activations.
        styles: How many styles.
        epsilon: Added to the variance.
    """

    def __init__(self, channels: int, styles: int, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(styles, channels))
        self.bias = nn.Parameter(torch.zeros(styles, channels))

    def forward(self, x: Tensor, mix: Tensor | None) -> Tensor:
        """Normalise.

        Args:
            x: Activations, shape (B, C, H, W).
            mix: How much each style counts, shape (S,), or (B, S) where pictures have their own.
        """
        if mix is None:
            raise ValueError("a network of several styles must be told which to paint")
        return instance_norm(x, mixed(mix, self.weight), mixed(mix, self.bias), self.epsilon)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, styles={len(self.weight)}, epsilon={self.epsilon}"


def mixed(mix: Tensor, values: Tensor) -> Tensor:
    """A weighted sum of rows: mix (S,) or (B, S) and values (S, C) to (C,) or (B, C), in float32 under autocast too."""
    return (mix.to(values.dtype).unsqueeze(-1) * values).sum(-2)


def norm_layer(kind: Literal["batch", "instance"], channels: int, styles: int = 1) -> nn.Module:
    """Batch or instance normalisation with a learned scale and shift (eps 1e-5, as in Torch7), or several of them."""
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    return InstanceNorm(channels) if styles == 1 else ConditionalInstanceNorm(channels, styles)

"""Brightness and contrast, which instance normalisation forgets, carried round a network's layers."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["carried", "carry_round"]


def carry_round(x: Tensor, y: Tensor, share: float | Tensor, epsilon: float = 1e-5) -> Tensor:
    """Give a network's output some of the mean and deviation of its input.

    A network whose first layer is normalised by instance gives the same output for x and for a x + b, so that it cannot
    give a photograph back. With a share of 1 every channel of the output gets the mean and the deviation of the same
    channel of the input; with 0 it stays as it is; in between, the two are mixed.

    Args:
        x: What went in, shape (B, C, H, W).
        y: What came out, same shape.
        share: From 0 to 1; a tensor of shape () or (B,) where pictures have their own.
        epsilon: Added to the output's variance.

    Returns:
        Tensor of the shape of `y`, in float32 or wider.

    Example:
        >>> x, y = torch.rand(2, 1, 3, 8, 8)
        >>> carried = carry_round(x, y, 1.0)
        >>> bool(torch.allclose(carried.mean((2, 3)), x.mean((2, 3)), atol=1e-6))
        True
    """
    wide = torch.promote_types(y.dtype, torch.float32)
    x, y = x.to(wide), y.to(wide)
    if isinstance(share, Tensor):
        share = share.to(y.device, wide).view(-1, 1, 1, 1)
    else:  # made where it is needed: a copy from the processor would be waited for, and no CUDA graph could record it
        share = torch.full((1, 1, 1, 1), share, dtype=wide, device=y.device)
    moments = [torch.var_mean(v, (2, 3), correction=0, keepdim=True)[::-1] for v in (x, y)]
    return _carried(y, moments[0], moments[1], share, epsilon)


def carried(
    y: Tensor, given: tuple[Tensor, Tensor], own: tuple[Tensor, Tensor], share: float, epsilon: float = 1e-5
) -> Tensor:
    """`carry_round` for a part of a picture, by the mean and variance of the whole.

    Args:
        y: Part of what came out, shape (1, C, H, W).
        given: Mean and variance of what went in, shape (C,) each.
        own: Of what came out.
        share: From 0 to 1.
        epsilon: Added to the output's variance.
    """
    wide = torch.promote_types(y.dtype, torch.float32)
    moments = [tuple(v.to(y.device, wide).view(1, -1, 1, 1) for v in pair) for pair in (given, own)]
    how_much = torch.full((1, 1, 1, 1), share, dtype=wide, device=y.device)
    return _carried(y.to(wide), moments[0], moments[1], how_much, epsilon)


def _carried(y: Tensor, given: tuple[Tensor, ...], own: tuple[Tensor, ...], share: Tensor, epsilon: float) -> Tensor:
    (mean_in, variance_in), (mean, variance) = given, own
    # Not the root of the quotient, whose gradient is not finite where a photograph's channel is all of one value.
    scale = 1 + share * (torch.sqrt(variance_in) * torch.rsqrt(variance + epsilon) - 1)
    return (y - mean) * scale + torch.lerp(mean, mean_in, share.expand_as(mean))

"""Transposed convolutions on processors with matrix units, kept off widths that make them many times slower."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["transposed_convolution"]

_BLOCK = 4
"""oneDNN works on so many columns of one phase at a time as divide their number; where that is a prime, on one, which
takes eight times as long (torch 2.13, bfloat16 on AMX: 24 ms for 131 columns, 3 ms for 132)."""


def transposed_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int,
    padding: tuple[int, int] = (0, 0),
    surplus: tuple[int, int] = (0, 0),
) -> Tensor:
    """As `torch.nn.functional.conv_transpose2d`, as fast for every width.

    Args:
        x: Shape (B, I, H, W).
        weight: Shape (I, O, k, k).
        bias: Shape (O,), if there is one.
        stride: Pixels of the result for one of `x`.
        padding: Rows and columns that are cut off on every side.
        surplus: Rows and columns that are added below and at the right.

    Returns:
        Shape (B, O, H', W').
    """
    if x.device.type != "cpu" or x.dtype != torch.bfloat16 or surplus[1] or torch.compiler.is_compiling():
        return F.conv_transpose2d(x, weight, bias, stride, padding, surplus)
    width = (x.shape[3] - 1) * stride - 2 * padding[1] + weight.shape[3]
    more = -_phases(width, stride) % _BLOCK  # columns of one phase up to the next multiple
    if not more:
        return F.conv_transpose2d(x, weight, bias, stride, padding, surplus)
    wide = F.conv_transpose2d(F.pad(x, (0, more)), weight, bias, stride, padding, surplus)
    return wide[..., :width].contiguous(memory_format=torch.channels_last)


def _phases(width: int, stride: int) -> int:
    """Columns of the result that meet the same taps of the kernel."""
    return -(-width // stride)

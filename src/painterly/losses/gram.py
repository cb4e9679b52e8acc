"""Gram matrices: which features occur together, wherever they occur (paper, equation 3)."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

__all__ = ["GramScale", "gram_matrix"]

GramScale = Literal["chw", "hw", "none"]
"""What the products are divided by: C H W (the paper), H W, or nothing (Gatys et al.)."""


def gram_matrix(features: Tensor, scale: GramScale = "chw") -> Tensor:
    """G = F F^T, accumulated in float32 whatever autocast is in force.

    Args:
        features: Activations, shape (B, C, H, W).
        scale: Divide by C H W (equation 3), by H W, or not at all.

    Returns:
        Symmetric matrices, shape (B, C, C), in float32 (float64 for float64 features).

    Example:
        >>> gram_matrix(torch.ones(1, 2, 3, 3))
        tensor([[[0.5000, 0.5000],
                 [0.5000, 0.5000]]])
    """
    channels, height, width = features.shape[1:]
    divisor = {"chw": channels * height * width, "hw": height * width, "none": 1}[scale]
    with torch.autocast(features.device.type, enabled=False):
        gram: Tensor = _Gram.apply(features)  # type: ignore[no-untyped-call]
    return gram / divisor


class _Gram(torch.autograd.Function):
    """F F^T with pixels as rows, a view of channels-last activations; one product instead of two on the way back."""

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        ctx.save_for_backward(features)
        rows = _rows(features)
        return torch.bmm(rows.transpose(1, 2), rows)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        batch, channels, height, width = features.shape
        with torch.autocast(features.device.type, enabled=False):
            rows = torch.bmm(_rows(features), gradient + gradient.transpose(1, 2))
        return rows.to(features.dtype).view(batch, height, width, channels).permute(0, 3, 1, 2)


def _rows(features: Tensor) -> Tensor:
    return features.to(torch.promote_types(features.dtype, torch.float32)).permute(0, 2, 3, 1).flatten(1, 2)

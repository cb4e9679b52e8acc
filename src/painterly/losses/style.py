"""Style reconstruction loss (paper, equation 4) and the scales in which people write it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from painterly.losses.gram import GramScale, gram_matrix

__all__ = ["StyleReconstruction", "StyleScale", "style_distances", "style_reconstruction"]

StyleScale = Literal["sum", "mean", "relative"]
"""Squared Frobenius norm (the paper), its mean over C^2 entries (the authors' code), or over the target's own norm."""


def style_reconstruction(output: Tensor, target: Tensor, scale: StyleScale = "sum") -> Tensor:
    """Squared Frobenius distance of Gram matrices, averaged over the batch (equation 4).

    Args:
        output: Gram matrices of the picture being judged, shape (B, C, C).
        target: Gram matrices of the style, shape (B, C, C) or (1, C, C).
        scale: "sum" over the entries (equation 4), "mean" over them (the authors' code: equation 4 over C^2), or
            "relative" to the target's own squared norm, so that one weight serves paintings of any contrast.

    Returns:
        A scalar.

    Example:
        >>> g = torch.eye(2).unsqueeze(0)
        >>> [style_reconstruction(3 * g, g, scale).item() for scale in ("sum", "mean", "relative")]
        [8.0, 2.0, 4.0]
    """
    return style_distances(output, target, scale).mean()


def style_distances(output: Tensor, target: Tensor, scale: StyleScale = "sum") -> Tensor:
    """`style_reconstruction` of every picture of a batch by itself, shape (B,)."""
    distance = (output - target).square().sum((1, 2))
    if scale == "mean":
        distance = distance / (target.shape[1] * target.shape[2])
    elif scale == "relative":
        # A blank style has no norm: the floor keeps its loss finite and lets content decide.
        floor = torch.finfo(target.dtype).tiny ** 0.5
        distance = distance / target.square().sum((1, 2)).clamp_min(floor)
    return distance


class StyleReconstruction(nn.Module):
    """`style_reconstruction` of activations to a painting's Gram matrix, which is kept.

    Args:
        target: Gram matrix of the style, shape (1, C, C), made with the same `gram_scale`.
        scale: See `style_reconstruction`.
        gram_scale: See `painterly.losses.gram_matrix`.
    """

    target: Tensor

    def __init__(self, target: Tensor, scale: StyleScale = "sum", gram_scale: GramScale = "chw") -> None:
        super().__init__()
        self.scale: StyleScale = scale
        self.gram_scale: GramScale = gram_scale
        self.register_buffer("target", target.detach())

    def forward(self, features: Tensor) -> Tensor:
        """Loss of activations of shape (B, C, H, W)."""
        return style_reconstruction(gram_matrix(features, self.gram_scale), self.target, self.scale)

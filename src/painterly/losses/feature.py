"""Feature reconstruction loss (paper, equation 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FeatureReconstruction", "FeatureScale", "feature_reconstruction"]

FeatureScale = Literal["mean", "relative"]
"""See `feature_reconstruction`."""


def feature_reconstruction(
    output: Tensor,
    target: Tensor,
    scale: FeatureScale = "mean",
    *,
    average: Callable[[Tensor], Tensor] = lambda mean: mean,
) -> Tensor:
    """Squared distance of two activations over C H W, averaged over the batch (equation 2).

    Args:
        output: Activations of the picture being judged, shape (B, C, H, W).
        target: Activations of the picture it should resemble, same shape.
        scale: "mean" over C H W (equation 2), or "relative": that over the target's own mean square, so that a number
            means the same at every layer of every loss network.
        average: From the mean square of this batch's target to that of the whole batch, where this is a part of one
            that several processes share.

    Returns:
        A scalar, in float32 at least.

    Example:
        >>> feature_reconstruction(torch.zeros(1, 2, 2, 2), torch.full((1, 2, 2, 2), 3.0))
        tensor(9.)
    """
    wide = torch.promote_types(output.dtype, torch.float32)
    distance = F.mse_loss(output.to(wide), target.to(wide))
    if scale == "mean":
        return distance
    return distance / average(target.to(wide).square().mean()).clamp_min(1e-12)


class FeatureReconstruction(nn.Module):
    """`feature_reconstruction` to a target that is kept, as when one picture is optimised.

    Args:
        target: Activations to come close to, shape (B, C, H, W) or (1, C, H, W).
    """

    target: Tensor

    def __init__(self, target: Tensor) -> None:
        super().__init__()
        self.register_buffer("target", target.detach())

    def forward(self, output: Tensor) -> Tensor:
        return feature_reconstruction(output, self.target.expand_as(output))

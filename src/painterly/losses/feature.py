"""Feature reconstruction loss (paper, equation 2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FeatureReconstruction", "feature_reconstruction"]


def feature_reconstruction(output: Tensor, target: Tensor) -> Tensor:
    """Squared distance of two activations over C H W, averaged over the batch (equation 2).

    Args:
        output: Activations of the picture being judged, shape (B, C, H, W).
        target: Activations of the picture it should resemble, same shape.

    Returns:
        A scalar, in float32 at least.

    Example:
        >>> feature_reconstruction(torch.zeros(1, 2, 2, 2), torch.full((1, 2, 2, 2), 3.0))
        tensor(9.)
    """
    wide = torch.promote_types(output.dtype, torch.float32)
    return F.mse_loss(output.to(wide), target.to(wide))


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

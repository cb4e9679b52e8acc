"""Pixel loss (paper, section 3.2)."""

from __future__ import annotations

from torch import Tensor, nn

from painterly.losses.feature import feature_reconstruction

__all__ = ["PixelLoss", "pixel_loss"]


def pixel_loss(output: Tensor, target: Tensor) -> Tensor:
    """Squared distance of two pictures over C H W, averaged over the batch.

    Args:
        output: RGB in [0, 1], shape (B, 3, H, W).
        target: The same.

    Returns:
        A scalar.
    """
    # The same mean of squares as equation 2, with the picture itself as the activation.
    return feature_reconstruction(output, target)


class PixelLoss(nn.Module):
    """`pixel_loss` as a module."""

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return pixel_loss(output, target)

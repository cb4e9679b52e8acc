"""Total variation: how rough a picture is (paper, section 3.2; Mahendran and Vedaldi 2015)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

__all__ = ["TotalVariation", "VariationForm", "squared_total_variation", "total_variation", "variation_power"]

VariationForm = Literal["root", "squared"]


def _differences(picture: Tensor) -> tuple[Tensor, Tensor]:
    corner = picture[..., :-1, :-1]
    return corner - picture[..., :-1, 1:], corner - picture[..., 1:, :-1]


def total_variation(picture: Tensor, epsilon: float = 1e-12) -> Tensor:
    """Sum of the lengths of the gradients, sqrt(dx^2 + dy^2), averaged over the batch.

    Args:
        picture: Shape (B, C, H, W), any range; the result scales with it.
        epsilon: Added under the root, where the gradient of the root would be infinite.

    Returns:
        A scalar, over the (H - 1)(W - 1) pixels that have both neighbours.

    Example:
        >>> import torch
        >>> total_variation(torch.tensor([[[[0.0, 3.0], [4.0, 0.0]]]]))
        tensor(5.)
    """
    dx, dy = _differences(picture)
    return (dx.square() + dy.square() + epsilon).sqrt().sum((1, 2, 3)).mean()


def squared_total_variation(picture: Tensor) -> Tensor:
    """Half the sum of dx^2 + dy^2, averaged over the batch: what the authors' code differentiates.

    Args:
        picture: Shape (B, C, H, W), any range; the result scales with its square.

    Returns:
        A scalar, over the (H - 1)(W - 1) pixels that have both neighbours.

    Example:
        >>> import torch
        >>> squared_total_variation(torch.tensor([[[[0.0, 3.0], [4.0, 0.0]]]]))
        tensor(12.5000)
    """
    dx, dy = _differences(picture)
    return 0.5 * (dx.square() + dy.square()).sum((1, 2, 3)).mean()


def variation_power(picture: Tensor, beta: float = 2.0, epsilon: float = 1e-8) -> Tensor:
    """Mean over pixels of (dx^2 + dy^2)^(beta / 2): Mahendran and Vedaldi's V_beta over the number of pixels.

    Args:
        picture: Shape (B, C, H, W), any range.
        beta: 1 is total variation proper, 2 prefers smooth pictures to ones with few edges.
        epsilon: Added under the power, where its gradient would be infinite.

    Returns:
        A scalar.
    """
    dx, dy = _differences(picture)
    return (dx.square() + dy.square() + epsilon).pow(beta / 2).mean()


class TotalVariation(nn.Module):
    """Either form of total variation, as a module.

    Args:
        form: "root" for sqrt(dx^2 + dy^2), "squared" for (dx^2 + dy^2) / 2.
    """

    def __init__(self, form: VariationForm = "squared") -> None:
        super().__init__()
        self.form: VariationForm = form

    def forward(self, picture: Tensor) -> Tensor:
        return total_variation(picture) if self.form == "root" else squared_total_variation(picture)

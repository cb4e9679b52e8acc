"""The objective of super-resolution (paper, section 3.2): feature reconstruction, pixel loss, or both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.encoders.loss_network import LossNetwork
from painterly.errors import UsageError
from painterly.losses.feature import feature_reconstruction
from painterly.losses.grid import grid_loss

__all__ = ["SuperResolutionObjective"]


class SuperResolutionObjective(nn.Module):
    """How far enlarged pictures are from what they should be.

    Args:
        loss_network: Where activations come from; None for the pixel loss alone.
        layers: Layers of feature reconstruction, all weighed alike; the paper has relu2_2.
        feature: Weight of feature reconstruction, the mean over the layers.
        pixel: Weight of the pixel loss.
        grid: Weight of `painterly.losses.grid`, against the pattern that feature reconstruction draws.
        period: Period of that grid: the scale of super-resolution.
        feature_scale: "mean" over C H W (equation 2), or "relative": that over the mean square of the target's own
            activations, so that a weight means the same at every layer and for every loss network.
        pixel_form: "squared" differences (the paper), or "absolute" ones, which sharpen more for the same error.
        shift: Largest number of rows and columns cut off at the top left, at random, before the loss network sees
            output and target, so that its pooling grid has no fixed place on the picture; 0 for none.
        average: Where several processes share a batch: from the mean of a part to that of the whole; see
            `painterly.losses.feature_reconstruction`.

    Raises:
        UsageError: The loss network lacks a layer.
    """

    def __init__(
        self,
        loss_network: LossNetwork | None,
        layers: Sequence[str] = ("relu2_2",),
        *,
        feature: float = 1.0,
        pixel: float = 0.0,
        grid: float = 0.0,
        period: int = 4,
        feature_scale: Literal["mean", "relative"] = "mean",
        pixel_form: Literal["squared", "absolute"] = "squared",
        shift: int = 0,
        average: Callable[[Tensor], Tensor] = lambda mean: mean,
    ) -> None:
        super().__init__()
        self.loss_network = loss_network
        self.layers = tuple(layers)
        self.feature, self.pixel = feature if loss_network is not None else 0.0, pixel
        self.grid, self.period = grid, period
        self.feature_scale, self.pixel_form, self.shift = feature_scale, pixel_form, shift
        self.average = average
        missing = [name for name in self.layers if loss_network is not None and name not in loss_network.layers]
        if missing:
            raise UsageError(f"the loss network has no {', '.join(missing)}")

    def forward(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        """The weighted terms, whose sum is the objective.

        Args:
            output: The enlarged pictures, RGB in [0, 1], shape (B, 3, H, W).
            target: What they should be, same shape.

        Returns:
            Scalars by name: those of `feature`, `pixel` and `grid` that weigh anything.
        """
        terms = {}
        if self.feature and self.loss_network is not None:
            shift = min(self.shift, min(output.shape[-2:]) // 2)
            top, left = torch.randint(shift + 1, (2,)).tolist() if shift else (0, 0)
            with torch.no_grad():
                wanted = self.loss_network(target[..., top:, left:], self.layers)
            found = self.loss_network(output[..., top:, left:], self.layers)
            distances = [
                feature_reconstruction(found[name], wanted[name], self.feature_scale, average=self.average)
                for name in self.layers
            ]
            terms["feature"] = self.feature * torch.stack(distances).mean()
        if self.pixel:
            wide = torch.promote_types(output.dtype, torch.float32)
            distance = F.mse_loss if self.pixel_form == "squared" else F.l1_loss
            terms["pixel"] = self.pixel * distance(output.to(wide), target.to(wide))
        if self.grid:
            terms["grid"] = self.grid * grid_loss(output, target, self.period)
        return terms

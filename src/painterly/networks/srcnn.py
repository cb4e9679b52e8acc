"""SRCNN (Dong et al. 2014, 2016), the baseline that the paper compares its super-resolution with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.description import SRCNN_PRESETS, SRCNNDescription
from painterly.networks.pixels import BT601_LUMA

__all__ = ["SRCNN"]

_LUMA = tuple(weight / 255 for weight in BT601_LUMA)


class SRCNN(nn.Module):
    """Three convolutions on the luma of the bicubic enlargement; the chroma stays bicubic, as in the original.

    RGB in [0, 1], shape (B, 3, H, W), to RGB of shape (B, 3, scale H, scale W). Pixels beyond the border are repeated.

    Args:
        description: What to build, or the name of a preset (9-1-5 or 9-5-5, which are for x4).

    Example:
        >>> [sum(p.numel() for p in SRCNN(name).parameters()) for name in ("9-1-5", "9-5-5")]
        [8129, 57281]
        >>> SRCNN().eval()(torch.rand(1, 3, 17, 30)).shape
        torch.Size([1, 3, 68, 120])
    """

    luma_weights: Tensor

    def __init__(self, description: SRCNNDescription | str = "9-5-5") -> None:
        super().__init__()
        if isinstance(description, str):
            description = SRCNN_PRESETS[description]
        self.description = d = description
        channels = (1, *d.widths, 1)
        layers = nn.Sequential()
        for index, kernel in enumerate(d.kernels):
            layers.add_module(f"conv{index + 1}", nn.Conv2d(channels[index], channels[index + 1], kernel))
            if index < 2:
                layers.add_module(f"relu{index + 1}", nn.ReLU(inplace=True))
        self.enlarge = BicubicUpsample(d.scale)
        self.layers = layers
        self.register_buffer("luma_weights", torch.tensor(_LUMA).view(3, 1, 1), persistent=False)

    @property
    def border(self) -> int:
        """Pixels that the convolutions take off each side when nothing is padded, as in training."""
        return sum(kernel // 2 for kernel in self.description.kernels)

    def forward(self, picture: Tensor) -> Tensor:
        large = self.enlarge(picture)
        before = self.luma(large)
        after = self.layers(F.pad(before, (self.border,) * 4, mode="replicate"))
        return self.with_luma(large, before, after)

    def with_luma(self, large: Tensor, before: Tensor, after: Tensor) -> Tensor:
        """The bicubic enlargement, shape (B, 3, H, W), with another luma than before, shape (B, 1, H, W) each."""
        # With the chroma fixed, a step in luma is the same step in red, green and blue, luma's narrower range undone.
        pixels: Tensor = large + (after - before) / sum(_LUMA)
        return pixels if self.training else pixels.clamp(0, 1)

    def luma(self, picture: Tensor) -> Tensor:
        """BT.601 luma less its offset of 16/255: RGB in [0, 1], shape (B, 3, H, W), to shape (B, 1, H, W)."""
        return (picture * self.luma_weights).sum(1, keepdim=True)

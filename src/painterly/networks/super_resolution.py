"""The super-resolution network of the paper (section 3.1; supplement, table 2) and its variants."""

from __future__ import annotations

from torch import Tensor, nn

from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.description import SCALES, SUPER_RESOLUTION_PRESETS, SuperResolutionDescription
from painterly.networks.layers import ConvLayer, ResidualBlock, up_layer
from painterly.networks.pixels import PixelsIn, PixelsOut

__all__ = ["SuperResolutionNetwork"]


class SuperResolutionNetwork(nn.Module):
    """Sharpens a small picture into a large one in one pass.

    RGB in [0, 1], shape (B, 3, H, W), to RGB of shape (B, 3, scale H, scale W), for any H and W.

    Args:
        description: What to build, or the name of a preset (which is for x4).

    Raises:
        ValueError: In `forward`, for a tensor that is not (B, 3, H, W) with H and W of at least 1.

    Example:
        >>> import torch
        >>> network = SuperResolutionNetwork("paper")
        >>> sum(p.numel() for p in network.parameters())
        401859
        >>> network.eval()(torch.rand(1, 3, 17, 30)).shape
        torch.Size([1, 3, 68, 120])
    """

    def __init__(self, description: SuperResolutionDescription | str = "modern") -> None:
        super().__init__()
        if isinstance(description, str):
            description = SUPER_RESOLUTION_PRESETS[description]
        self.description = d = description

        layers = nn.Sequential()
        layers.add_module("first", ConvLayer(3, d.width, 9, padding=d.padding, norm=d.normalization))
        for index in range(1, d.blocks + 1):
            layers.add_module(f"block{index}", ResidualBlock(d.width, padding=d.padding, norm=d.normalization))
        channels = d.width
        for index, factor in enumerate(SCALES[d.scale], 1):
            up = up_layer(
                channels,
                d.up_width,
                upsampling=d.upsampling,
                factor=factor,
                padding=d.padding,
                norm=d.normalization,
            )
            layers.add_module(f"up{index}", up)
            channels = d.up_width
        layers.add_module("last", ConvLayer(channels, 3, 9, padding=d.padding, relu=False))

        self.pixels_in = PixelsIn(d.pixels)
        self.layers = layers
        self.enlarge = BicubicUpsample(d.scale) if d.residual else None
        self.pixels_out = PixelsOut(d.pixels)

    def forward(self, picture: Tensor) -> Tensor:
        if picture.ndim != 4 or picture.shape[1] != 3 or min(picture.shape[-2:]) < 1:
            raise ValueError(f"a super-resolution network takes (B, 3, H, W), not {tuple(picture.shape)}")
        x = self.pixels_in(picture)
        y = self.layers(x)
        if self.enlarge is not None:
            y = y + self.enlarge(x)
        large: Tensor = self.pixels_out(y)
        return large

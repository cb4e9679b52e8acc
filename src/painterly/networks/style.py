"""The image transformation network of the paper (section 3.1; supplement, table 1) and its variants."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from painterly.networks.carry import carry_round
from painterly.networks.description import STYLE_PRESETS, StyleDescription
from painterly.networks.layers import Chain, ConvLayer, ResidualBlock, up_layer
from painterly.networks.padding import ReflectionPad, pad_to_multiple
from painterly.networks.pixels import PixelsIn, PixelsOut

__all__ = ["MINIMUM_SIZE", "StyleNetwork"]

MINIMUM_SIZE = 16
"""Shortest side, in pixels, of a picture that a style network takes."""


class StyleNetwork(nn.Module):
    """Paints a photograph in one pass, in the one style that it knows or in any mixture of several.

    RGB in [0, 1], shape (B, 3, H, W), to RGB of the same shape. Any size from 16x16 up: a size that is not a multiple
    of the stride is reflected to the next one and cropped again. A network of several styles is called with a second
    tensor that says how much each counts, shape (S,) for all pictures or (B, S) for each; `painterly.networks.with_mix`
    makes it a network of that one mixture.

    Args:
        description: What to build, or the name of a preset.

    Raises:
        ValueError: In `forward`, for a tensor that is not (B, 3, H, W) with H and W of at least 16, or a mixture that
            is missing or not of the network's styles.

    Example:
        >>> import torch
        >>> network = StyleNetwork("paper")
        >>> sum(p.numel() for p in network.parameters())
        1679235
        >>> network.eval()(torch.rand(1, 3, 17, 30)).shape
        torch.Size([1, 3, 17, 30])
    """

    def __init__(self, description: StyleDescription | str = "modern") -> None:
        super().__init__()
        if isinstance(description, str):
            description = STYLE_PRESETS[description]
        self.description = d = description
        narrow, middle, wide = d.width, 2 * d.width, 4 * d.width

        norm: dict[str, Any] = {"padding": d.padding, "norm": d.normalization, "styles": d.styles}
        layers = Chain()
        if d.start_padding:
            layers.add_module("start", ReflectionPad(d.start_padding))
        layers.add_module("first", ConvLayer(3, narrow, 9, **norm))
        layers.add_module("down1", ConvLayer(narrow, middle, d.down_kernel, stride=2, **norm))
        layers.add_module("down2", ConvLayer(middle, wide, d.down_kernel, stride=2, **norm))
        for index in range(1, d.blocks + 1):
            layers.add_module(f"block{index}", ResidualBlock(wide, **norm))
        for index, (inputs, outputs) in enumerate([(wide, middle), (middle, narrow)], 1):
            up = up_layer(inputs, outputs, upsampling=d.upsampling, **norm)
            layers.add_module(f"up{index}", up)
        last: dict[str, Any] = norm if d.last_norm else {"padding": d.padding}
        layers.add_module("last", ConvLayer(narrow, 3, 9, relu=False, **last))

        self.pixels_in = PixelsIn(d.pixels)
        self.layers = layers
        self.pixels_out = PixelsOut(d.pixels)

    def forward(self, photograph: Tensor, mix: Tensor | None = None) -> Tensor:
        height, width = photograph.shape[-2:]
        if photograph.ndim != 4 or photograph.shape[1] != 3 or min(height, width) < MINIMUM_SIZE:
            wanted = f"(B, 3, H, W) with sides of at least {MINIMUM_SIZE}"
            raise ValueError(f"a style network takes {wanted}, not {tuple(photograph.shape)}")
        self._check(mix, len(photograph))
        x = self.pixels_in(pad_to_multiple(photograph, self.description.stride))
        y: Tensor = self.layers(x) if mix is None else self.layers(x, mix)
        if mix is not None and self.description.identity:
            y = carry_round(x, y, mix[..., -1].clamp(0, 1))
        elif self.description.carry:
            y = carry_round(x, y, self.description.carry)
        painting: Tensor = self.pixels_out(y)
        return painting[..., :height, :width]

    def _check(self, mix: Tensor | None, batch: int) -> None:
        styles = self.description.styles
        if styles == 1 and mix is not None:
            raise ValueError("a network of one style takes no mixture")
        if styles > 1 and (mix is None or tuple(mix.shape) not in ((styles,), (batch, styles))):
            given = "none" if mix is None else tuple(mix.shape)
            raise ValueError(f"a network of {styles} styles takes a mixture ({styles},) or (B, {styles}), not {given}")

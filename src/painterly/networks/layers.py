"""The layers that every painterly network is made of: padded convolution, normalisation, activation.

Each layer holds its parts as sub-modules in the order in which they run, so that other code (inference rewrites,
exact tiling, export) can walk a network without knowing it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from painterly.networks.description import Normalization, Padding, Upsampling
from painterly.networks.normalization import ConditionalInstanceNorm, norm_layer
from painterly.networks.padding import ReflectionPad

__all__ = ["Chain", "ConvLayer", "ResidualBlock", "SubpixelLayer", "TransposedLayer", "UpsampleLayer", "up_layer"]


class Chain(nn.Sequential):
    """Layers one after the other, of which those that know several styles are told how to mix them."""

    def forward(self, x: Tensor, mix: Tensor | None = None) -> Tensor:
        """Run the layers.

        Args:
            x: Activations, shape (B, C, H, W).
            mix: How much each style counts, shape (S,) or (B, S); None for a network of one style.
        """
        for layer in self:
            x = layer(x, mix) if isinstance(layer, (Chain, ResidualBlock, ConditionalInstanceNorm)) else layer(x)
        return x


class ConvLayer(Chain):
    """Padding, convolution and, unless it is the last of a network, normalisation and ReLU.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Side of the kernel: odd, or with a stride of 2 even.
        stride: Step of the convolution.
        padding: "reflect" pads here; "zero" has zeros, as has "reflect-start", whose reflection is done once before.
        norm: Kind of normalisation.
        relu: Whether a ReLU follows.
        styles: How many styles the normalisation knows.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: Padding = "reflect",
        norm: Normalization = "none",
        relu: bool = True,
        styles: int = 1,
    ) -> None:
        super().__init__()
        reach = (kernel - 1) // 2
        if padding == "reflect":
            self.pad = ReflectionPad(reach)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=0 if padding == "reflect" else reach)
        if norm != "none":
            self.norm = norm_layer(norm, outputs, styles)
        if relu:
            self.relu = nn.ReLU(inplace=True)


class TransposedLayer(Chain):
    """The paper's fractionally strided convolution: stride 1/2 (or 1/3), exactly twice (thrice) the size."""

    def __init__(
        self, inputs: int, outputs: int, *, kernel: int = 3, factor: int = 2, norm: Normalization, styles: int = 1
    ) -> None:
        super().__init__()
        padding = (kernel - factor + 1) // 2
        surplus = 2 * padding - (kernel - factor)
        self.conv = nn.ConvTranspose2d(inputs, outputs, kernel, stride=factor, padding=padding, output_padding=surplus)
        if norm != "none":
            self.norm = norm_layer(norm, outputs, styles)
        self.relu = nn.ReLU(inplace=True)


class UpsampleLayer(Chain):
    """Nearest-neighbour up-sampling, then a 3x3 convolution: no checkerboard (Odena et al. 2016)."""

    def __init__(
        self, inputs: int, outputs: int, *, factor: int = 2, padding: Padding, norm: Normalization, styles: int = 1
    ) -> None:
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=factor, mode="nearest")
        if padding == "reflect":
            self.pad = ReflectionPad(1)
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=0 if padding == "reflect" else 1)
        if norm != "none":
            self.norm = norm_layer(norm, outputs, styles)
        self.relu = nn.ReLU(inplace=True)


class SubpixelLayer(Chain):
    """A 3x3 convolution at the low resolution, whose channels are then laid out as pixels (Shi et al. 2016)."""

    def __init__(
        self, inputs: int, outputs: int, *, factor: int = 2, padding: Padding, norm: Normalization, styles: int = 1
    ) -> None:
        super().__init__()
        if padding == "reflect":
            self.pad = ReflectionPad(1)
        self.conv = nn.Conv2d(inputs, factor**2 * outputs, 3, padding=0 if padding == "reflect" else 1)
        self.shuffle = nn.PixelShuffle(factor)
        if norm != "none":
            self.norm = norm_layer(norm, outputs, styles)
        self.relu = nn.ReLU(inplace=True)


def up_layer(
    inputs: int,
    outputs: int,
    *,
    upsampling: Upsampling,
    factor: int = 2,
    padding: Padding,
    norm: Normalization,
    styles: int = 1,
) -> Chain:
    """An up-sampling layer of the kind named, with its normalisation and ReLU."""
    if upsampling in ("transposed", "transposed4"):
        kernel = 4 if upsampling == "transposed4" else 3
        return TransposedLayer(inputs, outputs, kernel=kernel, factor=factor, norm=norm, styles=styles)
    kind = UpsampleLayer if upsampling == "resize" else SubpixelLayer
    return kind(inputs, outputs, factor=factor, padding=padding, norm=norm, styles=styles)


class ResidualBlock(nn.Module):
    """Gross and Wilber's residual block: conv, norm, ReLU, conv, norm, and no ReLU after the addition.

    With "reflect-start" the two convolutions are unpadded and the identity is cropped by two pixels a side
    (supplement, table 1); with "reflect" and "zero" the block keeps its size.
    """

    def __init__(self, channels: int, *, padding: Padding, norm: Normalization, styles: int = 1) -> None:
        super().__init__()
        layers = Chain()
        for index in (1, 2):
            if padding == "reflect":
                layers.add_module(f"pad{index}", ReflectionPad(1))
            layers.add_module(f"conv{index}", nn.Conv2d(channels, channels, 3, padding=int(padding == "zero")))
            if norm != "none":
                layers.add_module(f"norm{index}", norm_layer(norm, channels, styles))
            if index == 1:
                layers.add_module("relu", nn.ReLU(inplace=True))
        self.layers = layers
        self.crop = 2 if padding == "reflect-start" else 0

    def forward(self, x: Tensor, mix: Tensor | None = None) -> Tensor:
        y: Tensor = self.layers(x, mix)
        if self.crop:
            x = x[..., self.crop : -self.crop, self.crop : -self.crop]
        return torch.add(x, y)

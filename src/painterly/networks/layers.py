"""The layers that every painterly network is made of: padded convolution, normalisation, activation.

Each layer holds its parts as sub-modules in the order in which they run, so that other code (inference rewrites,
exact tiling, export) can walk a network without knowing it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from painterly.networks.description import Normalization, Padding
from painterly.networks.normalization import norm_layer
from painterly.networks.padding import ReflectionPad

__all__ = ["ConvLayer", "ResidualBlock", "TransposedLayer", "UpsampleLayer"]


class ConvLayer(nn.Sequential):
    """Padding, convolution and, unless it is the last of a network, normalisation and ReLU.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Side of the kernel, odd.
        stride: Step of the convolution.
        padding: "reflect" pads here; "reflect-start" has zeros here, the reflection being done once before the network.
        norm: Kind of normalisation, or None.
        relu: Whether a ReLU follows.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: Padding = "reflect",
        norm: Normalization | None = None,
        relu: bool = True,
    ) -> None:
        super().__init__()
        reach = kernel // 2
        if padding == "reflect":
            self.pad = ReflectionPad(reach)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=0 if padding == "reflect" else reach)
        if norm is not None:
            self.norm = norm_layer(norm, outputs)
        if relu:
            self.relu = nn.ReLU(inplace=True)


class TransposedLayer(nn.Sequential):
    """The paper's fractionally strided convolution: kernel 3, stride 1/2, exactly twice the size."""

    def __init__(self, inputs: int, outputs: int, *, norm: Normalization) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)
        self.norm = norm_layer(norm, outputs)
        self.relu = nn.ReLU(inplace=True)


class UpsampleLayer(nn.Sequential):
    """Nearest-neighbour up-sampling by two, then a 3x3 convolution: no checkerboard (Odena et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, *, padding: Padding, norm: Normalization) -> None:
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        if padding == "reflect":
            self.pad = ReflectionPad(1)
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=0 if padding == "reflect" else 1)
        self.norm = norm_layer(norm, outputs)
        self.relu = nn.ReLU(inplace=True)


class ResidualBlock(nn.Module):
    """Gross and Wilber's residual block: conv, norm, ReLU, conv, norm, and no ReLU after the addition.

    With "reflect-start" the two convolutions are unpadded and the identity is cropped by two pixels a side
    (supplement, table 1); with "reflect" the block keeps its size.
    """

    def __init__(self, channels: int, *, padding: Padding, norm: Normalization) -> None:
        super().__init__()
        layers = nn.Sequential()
        for index in (1, 2):
            if padding == "reflect":
                layers.add_module(f"pad{index}", ReflectionPad(1))
            layers.add_module(f"conv{index}", nn.Conv2d(channels, channels, 3))
            layers.add_module(f"norm{index}", norm_layer(norm, channels))
            if index == 1:
                layers.add_module("relu", nn.ReLU(inplace=True))
        self.layers = layers
        self.crop = 0 if padding == "reflect" else 2

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        if self.crop:
            x = x[..., self.crop : -self.crop, self.crop : -self.crop]
        return torch.add(x, y)

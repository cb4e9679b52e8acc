"""From RGB in [0, 1] to the space in which a network's layers work, and back."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from painterly.networks.description import Pixels

__all__ = ["BT601_LUMA", "IMAGENET_MEAN", "IMAGENET_STD", "VGG_MEAN_BGR", "PixelsIn", "PixelsOut"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's pixels, RGB in [0, 1]."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's pixels, RGB in [0, 1]."""

BT601_LUMA = (65.481, 128.553, 24.966)
"""Weights of RGB in [0, 1] in ITU-R BT.601's luma, which runs from 16 to 235 once 16 is added."""

VGG_MEAN_BGR = (103.939, 116.779, 123.68)
"""The mean that VGG's authors subtract: BGR in 0..255."""


_SPACES: dict[Pixels, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "vgg": (VGG_MEAN_BGR, (1.0,) * 3),
    "unit": (IMAGENET_MEAN, IMAGENET_STD),
    "tanh": ((127.5,) * 3, (1.0,) * 3),
}
"""Mean and deviation."""


class _PixelSpace(nn.Module):
    """The mean and deviation of a network's own space."""

    mean: Tensor
    std: Tensor

    def __init__(self, space: Pixels) -> None:
        super().__init__()
        self.space = space
        mean, std = _SPACES[space]
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)


class PixelsIn(_PixelSpace):
    """RGB in [0, 1] to a network's own input space; shape (B, 3, H, W) in and out."""

    def forward(self, x: Tensor) -> Tensor:
        if self.space == "vgg":
            return x.flip(-3) * 255 - self.mean
        if self.space == "tanh":
            return x
        return (x - self.mean) / self.std


class PixelsOut(_PixelSpace):
    """A network's last activations to RGB, nominally in [0, 1]; shape (B, 3, H, W) in and out.

    "vgg" is the authors' 150 tanh with VGG's mean added back: it covers nearly, but not exactly, 0..255, and is left as
    it is; "tanh" is the same around the middle of 0..255, in RGB. "unit" undoes the normalisation of `PixelsIn` and
    cuts off at 0 and 1, except in training: where a sigmoid or a limit once saturates, no gradient comes back, and dark
    parts of photographs stay black holes for good.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.space != "unit":
            pixels = (150 * torch.tanh(x) + self.mean) / 255
            return pixels.flip(-3) if self.space == "vgg" else pixels
        pixels = x * self.std + self.mean
        return pixels if self.training else pixels.clamp(0, 1)

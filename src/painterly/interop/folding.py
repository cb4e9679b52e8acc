"""Pixel ranges, orders of channels and epsilons, folded into the convolutions beside them: exactly, and at no cost."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.networks.description import Pixels
from painterly.networks.pixels import IMAGENET_MEAN, IMAGENET_STD

__all__ = ["fold_epsilon", "fold_first", "fold_last", "from_tensorflow"]

_EPSILON = 1e-5
"""What our normalisation adds to the variance."""

_UNIT = (IMAGENET_MEAN, IMAGENET_STD)


def fold_first(weight: Tensor, bias: Tensor, pixels: Pixels, *, bgr: bool) -> tuple[Tensor, Tensor]:
    """A first convolution that takes our pixels, from one that takes 0..255.

    Args:
        weight: Its kernel, shape (O, 3, k, k).
        bias: Shape (O,).
        pixels: What our layers see: "unit", or "tanh", which is [0, 1].
        bgr: Whether its channels are blue, green and red.

    Returns:
        Kernel and bias in float64. With zeros beyond the border this is exact for "tanh" only, whose black is zero too.
    """
    weight, bias = weight.double(), bias.double()
    if bgr:
        weight = weight.flip(1)
    if pixels == "unit":
        mean, deviation = (torch.tensor(v, dtype=torch.float64).view(1, 3, 1, 1) * 255 for v in _UNIT)
        return weight * deviation, bias + (weight * mean).sum((1, 2, 3))
    return weight * 255, bias


def fold_last(weight: Tensor, bias: Tensor, *, bgr: bool) -> tuple[Tensor, Tensor]:
    """A last convolution that gives pixels normalised by ImageNet's mean and deviation, from one that gives 0..255.

    Args:
        weight: Its kernel, shape (3, I, k, k).
        bias: Shape (3,).
        bgr: Whether its channels are blue, green and red.

    Returns:
        Kernel and bias in float64.
    """
    weight, bias = weight.double(), bias.double()
    if bgr:
        weight, bias = weight.flip(0), bias.flip(0)
    mean, deviation = (torch.tensor(v, dtype=torch.float64) * 255 for v in _UNIT)
    return weight / deviation.view(3, 1, 1, 1), (bias - mean) / deviation


def fold_epsilon(weight: Tensor, bias: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """A convolution before an instance normalisation with our epsilon, from one before another epsilon.

    A factor on all that is normalised changes nothing but what epsilon is compared with.
    """
    factor = math.sqrt(_EPSILON / epsilon)
    return weight.double() * factor, bias.double() * factor


def from_tensorflow(weight: Tensor, *, stride: int) -> Tensor:
    """A kernel from TensorFlow's order and padding.

    Args:
        weight: Shape (k, k, I, O), or (k, k, O, I) of a transposed convolution.
        stride: Its step. TensorFlow pads even sides by one pixel, at the right and below, for a kernel of 3 and a step
            of 2; a kernel of 4 whose first row and column are zeros, padded by one on all sides, does the same.

    Returns:
        Shape (O, I, k, k), or (I, O, k, k) of a transposed convolution.
    """
    weight = weight.permute(3, 2, 0, 1)
    return F.pad(weight, (1, 0, 1, 0)) if stride == 2 else weight

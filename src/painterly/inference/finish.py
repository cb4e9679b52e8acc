"""What lies between two convolutions, in one pass over memory on a CPU: normalise, rectify, add, pad.

On processors with matrix units the convolutions are so fast that reading and writing activations takes longer. So a
picture is taken a few rows at a time, which stay in the cache while all is done to them, and written straight into the
padded input of the next convolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.networks.normalization import strip_statistics

__all__ = ["Finish", "finish"]

_CACHED = 1 << 17
"""Activations that are worked on at once."""


@dataclass(frozen=True)
class Finish:
    """What is to be done, in this order.

    Attributes:
        normalise: Instance normalisation.
        relu: What is below zero becomes zero.
        pad: Pixels on each side, fewer than the picture has.
        mode: Of padding: "reflect" mirrors, "edge" repeats the outermost.
    """

    normalise: bool
    relu: bool
    pad: int
    mode: Literal["reflect", "edge"] = "reflect"


def finish(
    x: Tensor, how: Finish, weight: Tensor, bias: Tensor, epsilon: float, addend: Tensor | None = None
) -> Tensor:
    """Finish activations.

    Args:
        x: Shape (B, C, H, W).
        how: What to do.
        weight: Scale of the normalisation, float32, shape (C,).
        bias: Its shift.
        epsilon: Added to the variance.
        addend: Added after the ReLU, shape of `x`.

    Returns:
        Shape (B, C, H + 2 pad, W + 2 pad), channels last.
    """
    batch, channels, height, width = x.shape
    p = how.pad
    result = torch.empty(
        (batch, channels, height + 2 * p, width + 2 * p), dtype=x.dtype, memory_format=torch.channels_last
    )
    rows = max(1, _CACHED // (channels * width))
    for index in range(batch):
        picture, core = x[index : index + 1], result[index : index + 1, :, p : p + height, p : p + width]
        if how.normalise:
            mean, variance = (value.float() for value in strip_statistics(picture))
        for top in range(0, height, rows):
            part = picture[:, :, top : top + rows]
            if how.normalise:
                part = F.batch_norm(part, mean, variance, weight, bias, training=False, eps=epsilon)
            if how.relu:
                part = part.relu_() if how.normalise else part.relu()
            if addend is not None:
                other = addend[index : index + 1, :, top : top + rows]
                part = part.add_(other) if how.normalise or how.relu else part + other
            core[:, :, top : top + rows] = part
    _border(result, p, how.mode)
    return result


def _border(x: Tensor, pad: int, mode: str) -> None:
    """Fill the outermost pixels from the ones within, columns first."""
    height, width = x.shape[-2:]
    for step in range(1, pad + 1):
        near = pad + step if mode == "reflect" else pad
        x[:, :, pad : height - pad, pad - step] = x[:, :, pad : height - pad, near]
        x[:, :, pad : height - pad, width - 1 - pad + step] = x[:, :, pad : height - pad, width - 1 - near]
    for step in range(1, pad + 1):
        near = pad + step if mode == "reflect" else pad
        x[:, :, pad - step] = x[:, :, near]
        x[:, :, height - 1 - pad + step] = x[:, :, height - 1 - near]

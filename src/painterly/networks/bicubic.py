"""Bicubic enlargement by a whole factor as one fixed convolution, which tiles and exports like any other layer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.networks.padding import reflection_pad

__all__ = ["BicubicUpsample"]

_REACH = 2
"""Low-resolution pixels to each side that the cubic kernel sees."""


class BicubicUpsample(nn.Module):
    """Enlarge pictures by a whole factor with the cubic kernel of a = -0.5 (Keys 1981; MATLAB's imresize).

    Pixels beyond the border are reflected. Away from the border it equals `painterly.images.resampling.enlarge`.

    Args:
        factor: How many times wider and higher the picture becomes.

    Example:
        >>> BicubicUpsample(4)(torch.rand(1, 3, 5, 6)).shape
        torch.Size([1, 3, 20, 24])
    """

    weight: Tensor
    reach = _REACH

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor
        place = (torch.arange(factor, dtype=torch.float64) + 0.5) / factor - 0.5  # of each new pixel's centre
        taps = torch.arange(-_REACH, _REACH + 1, dtype=torch.float64)
        row = _cubic((taps - place[:, None]).abs())
        kernel = torch.einsum("iy,jx->ijyx", row, row).reshape(factor**2, 1, len(taps), len(taps))
        self.register_buffer("weight", kernel.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        planes = reflection_pad(x.float(), _REACH, _REACH, _REACH, _REACH).flatten(0, 1).unsqueeze(1)
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 has fewer levels than a picture
            large = F.pixel_shuffle(F.conv2d(planes, self.weight), self.factor)
        return large.view(batch, channels, height * self.factor, width * self.factor)

    def extra_repr(self) -> str:
        return str(self.factor)


def _cubic(distance: Tensor, a: float = -0.5) -> Tensor:
    near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
    far = a * distance**3 - 5 * a * distance**2 + 8 * a * distance - 4 * a
    return torch.where(distance <= 1, near, torch.where(distance < 2, far, torch.zeros_like(distance)))

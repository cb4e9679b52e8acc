"""A loss that sees nothing but the grid: errors that repeat with every low-resolution pixel.

A network that enlarges s times gives, where its input is flat, the same s x s pixels over and over. Feature
reconstruction rewards it for filling them with a pattern, because the mean of rectified activations over all textures
that the input could stand for is not that of a flat picture: hence the grid that the paper reports. What is real does
not keep step with the pixels of the small picture, so errors in step with them average to zero over a neighbourhood;
this is the mean square of what remains. It also holds the mean colour.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["GridLoss", "grid_loss"]


def grid_loss(output: Tensor, target: Tensor, period: int, window: int = 3) -> Tensor:
    """Mean square of the error's average over pixels of equal phase, `window` x `window` periods at a time.

    Args:
        output: RGB in [0, 1], shape (B, C, H, W), with H and W multiples of `period`.
        target: The same.
        period: Pixels after which the grid repeats: the scale of super-resolution.
        window: Side of the neighbourhood, in periods; smaller where the picture is.

    Returns:
        A scalar, in float32 at least.

    Example:
        >>> import torch
        >>> grid = torch.tensor([[0.0, 0.5], [0.0, 0.0]]).repeat(4, 4).expand(1, 3, 8, 8)
        >>> grid_loss(grid, torch.zeros(1, 3, 8, 8), period=2)
        tensor(0.0625)
    """
    wide = torch.promote_types(output.dtype, torch.float32)
    error = F.pixel_unshuffle(output.to(wide) - target.to(wide), period)
    side = min(window, *error.shape[-2:])
    return F.avg_pool2d(error, side, stride=max(1, side // 2)).square().mean()


class GridLoss(nn.Module):
    """`grid_loss` as a module.

    Args:
        period: Pixels after which the grid repeats.
        window: Side of the neighbourhood, in periods.
    """

    def __init__(self, period: int, window: int = 3) -> None:
        super().__init__()
        self.period, self.window = period, window

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return grid_loss(output, target, self.period, self.window)

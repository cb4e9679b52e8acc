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


def grid_loss(output: Tensor, target: Tensor, period: int, window: int = 3, masking: float = 8 / 255) -> Tensor:
    """Mean square of the error's average over pixels of equal phase, `window` x `window` periods at a time.

    It counts most where the target is flat. There a grid is seen, and there is little else to be wrong about; texture
    masks it.

    Args:
        output: RGB in [0, 1], shape (B, C, H, W), with H and W multiples of `period`.
        target: The same.
        period: Pixels after which the grid repeats: the scale of super-resolution.
        window: Side of the neighbourhood, in periods; smaller where the picture is.
        masking: Standard deviation of the target, within the neighbourhood, that halves the weight of a place.

    Returns:
        A scalar in units of `masking` squared, in float32 at least: 1 for a grid as strong as that on a flat target.

    Example:
        >>> import torch
        >>> grid = torch.tensor([[0.1, -0.1], [-0.1, 0.1]]).repeat(4, 4).expand(1, 3, 8, 8)
        >>> grid_loss(grid, torch.zeros(1, 3, 8, 8), period=2, masking=0.1)
        tensor(1.0000)
    """
    wide = torch.promote_types(output.dtype, torch.float32)
    found, wanted = (F.pixel_unshuffle(picture.to(wide), period) for picture in (output, target))
    side = min(window, *found.shape[-2:])
    stride = max(1, side // 2)
    persistent = F.avg_pool2d(found - wanted, side, stride).square().mean(1)
    mean = F.avg_pool2d(wanted, side, stride).unflatten(1, (target.shape[1], -1)).mean(2)
    energy = F.avg_pool2d(wanted.square(), side, stride).unflatten(1, (target.shape[1], -1)).mean(2)
    variance = (energy - mean.square()).clamp_min(0).mean(1)
    places: Tensor = persistent / (variance + masking**2)
    return places.mean()


class GridLoss(nn.Module):
    """`grid_loss` as a module.

    Args:
        period: Pixels after which the grid repeats.
        window: Side of the neighbourhood, in periods.
        masking: Standard deviation of the target that halves the weight of a place.
    """

    def __init__(self, period: int, window: int = 3, masking: float = 8 / 255) -> None:
        super().__init__()
        self.period, self.window, self.masking = period, window, masking

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        return grid_loss(output, target, self.period, self.window, self.masking)

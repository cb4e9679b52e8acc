"""Reflection padding of any width, and padding to a multiple of a stride."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ReflectionPad", "pad_to_multiple", "reflection_pad"]


def reflection_pad(x: Tensor, left: int, right: int, top: int, bottom: int) -> Tensor:
    """Reflect a picture about its border pixels, as often as the padding needs.

    Like `torch.nn.functional.pad(mode="reflect")`, which it calls, but the padding may be wider than the picture: the
    reflection then bounces back and forth, as `numpy.pad` has it.

    Args:
        x: Tensor of shape (B, C, H, W).
        left: Columns to add on the left.
        right: Columns to add on the right.
        top: Rows to add above.
        bottom: Rows to add below.

    Returns:
        Tensor of shape (B, C, H + top + bottom, W + left + right).

    Example:
        >>> import torch
        >>> row = torch.arange(3.0).reshape(1, 1, 1, 3).expand(1, 1, 2, 3)
        >>> reflection_pad(row, 3, 0, 0, 0)[0, 0, 0].tolist()
        [1.0, 2.0, 1.0, 0.0, 1.0, 2.0]
    """
    period_y, period_x = (max(side - 1, 1) for side in x.shape[-2:])
    while left or right or top or bottom:
        height, width = x.shape[-2:]
        mode = "reflect"
        if (width == 1 and (left or right)) or (height == 1 and (top or bottom)):
            mode = "replicate"  # one pixel has no neighbour to reflect
        # Whole periods only: the new border must be a mirror of the old one as long as more is to come.
        reach_x, reach_y = (width - 1) // period_x * period_x, (height - 1) // period_y * period_y
        if mode == "replicate":
            reach_x, reach_y = (left + right, 0) if width == 1 and (left or right) else (0, top + bottom)
        step = (min(left, reach_x), min(right, reach_x), min(top, reach_y), min(bottom, reach_y))
        with torch.autocast(x.device.type, enabled=False):  # on CPU, autocast would widen it to float32
            x = F.pad(x, step, mode=mode)
        left, right, top, bottom = left - step[0], right - step[1], top - step[2], bottom - step[3]
    return x


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Reflect at the right and bottom until height and width are multiples of `multiple`.

    Args:
        x: Tensor of shape (B, C, H, W).
        multiple: Usually a network's stride.

    Returns:
        The padded tensor, or `x` itself where nothing is missing.
    """
    height, width = x.shape[-2:]
    return reflection_pad(x, 0, -width % multiple, 0, -height % multiple)


class ReflectionPad(nn.Module):
    """`reflection_pad` with the same width on all four sides, as a module."""

    def __init__(self, padding: int) -> None:
        super().__init__()
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        p = self.padding
        return reflection_pad(x, p, p, p, p)

    def extra_repr(self) -> str:
        return str(self.padding)

"""Histogram matching (paper, section 4.2: of super-resolution's output to its low-resolution input)."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["match_histogram"]

_LEVELS = 2**16
"""Values are told apart as finely as in a sixteen-bit file."""


def match_histogram(picture: Tensor, reference: Tensor) -> Tensor:
    """Give a picture the colour distribution of another, channel by channel.

    The pixel that is brighter than a share q of its channel gets the value that is brighter than a share q of the
    reference's channel, interpolated between the reference's pixels; equal pixels stay equal.

    Args:
        picture: Shape (B, C, H, W), any range.
        reference: Shape (B, C, h, w), any size.

    Returns:
        Shape (B, C, H, W).
    """
    planes = [
        torch.stack([_match(plane, wanted) for plane, wanted in zip(one, other, strict=True)])
        for one, other in zip(picture, reference, strict=True)
    ]
    return torch.stack(planes)


def _match(plane: Tensor, reference: Tensor) -> Tensor:
    low, high = plane.min(), plane.max()
    place = ((plane - low) / (high - low).clamp_min(1e-12) * (_LEVELS - 1)).round().long()
    counts = torch.bincount(place.flatten(), minlength=_LEVELS).double()
    share = (counts.cumsum(0) - 0.5 * counts) / plane.numel()  # of the pixels below each level, half its own counted
    wanted = reference.flatten().sort().values
    where = (share * len(wanted) - 0.5).clamp(0, len(wanted) - 1)
    below = where.floor().long()
    above = (below + 1).clamp(max=len(wanted) - 1)
    table = torch.lerp(wanted[below], wanted[above], (where - below).to(wanted.dtype))
    return table.to(plane.dtype)[place]

"""Masks: where in a picture something belongs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.images.mask_count import check_masks

__all__ = ["check_proportions", "fit_mask", "shares_of"]


def fit_mask(mask: Tensor, height: int, width: int, name: str = "the mask") -> Tensor:
    """A mask at a picture's size.

    Args:
        mask: In [0, 1], shape (1, C, h, w); the mean over the channels counts.
        height: Of the picture.
        width: Of the picture.
        name: For messages.

    Returns:
        Shape (1, 1, height, width).

    Raises:
        InputError: It has other proportions than the picture.
    """
    h, w = mask.shape[-2:]
    grey = mask.mean(1, keepdim=True)
    if (h, w) == (height, width):
        return grey
    check_proportions(mask, height, width, name)
    return F.interpolate(grey, (height, width), mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)


def check_proportions(mask: Tensor, height: int, width: int, name: str = "the mask") -> None:
    """Refuse a mask that has other proportions than the picture; arguments as `fit_mask`."""
    h, w = mask.shape[-2:]
    # Each side of the smaller of the two may be off by the pixel that rounding to its size has cost.
    (low, high), (least, most) = (_ratios(*sides) for sides in ((h, height), (w, width)))
    if max(low, least) > min(high, most):
        raise InputError(
            f"{name} has {w}x{h} pixels, the picture {width}x{height}: they must have the same proportions"
        )


def shares_of(masks: Sequence[Tensor], count: int) -> Tensor:
    """How much of each of several pictures goes into every pixel, by their masks.

    Args:
        masks: One for each picture, shape (1, 1, H, W); or one less, and the last picture fills what is left.
        count: How many pictures there are.

    Returns:
        Shape (count + 1, 1, H, W), adding up to one in every pixel; the last is what no picture takes. Where masks
        overlap, they share.

    Raises:
        UsageError: There are more masks or fewer.
    """
    check_masks(count, len(masks))
    if not masks:
        raise UsageError("there is no mask that says where the style belongs")
    whole = torch.cat(list(masks))
    total = whole.sum(0, keepdim=True)
    whole = whole / total.clamp_min(1)
    rest = (1 - total).clamp_min(0)
    zero = torch.zeros_like(rest)
    return torch.cat([whole, rest, zero]) if len(masks) == count - 1 else torch.cat([whole, rest])


def _ratios(a: int, b: int) -> tuple[float, float]:
    """Between which values the ratio of two sides may lie, if the smaller one is off by a pixel at most."""
    if a > b:
        low, high = _ratios(b, a)
        return 1 / high, (1 / low if low > 0 else float("inf"))
    return max(a - 1, 0) / b, (a + 1) / b

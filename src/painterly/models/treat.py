"""A photograph painted, with all that is done around the network: strokes, colours, and where to paint."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.images.canvas import canvas
from painterly.images.color import keep_colours
from painterly.images.mask_count import check_masks
from painterly.images.masks import shares_of
from painterly.models.treatment import Treatment
from painterly.networks.style import MINIMUM_SIZE

__all__ = ["prime", "treat"]


def treat(
    photograph: Tensor,
    paint: Sequence[Callable[[Tensor], Tensor]],
    treatment: Treatment | None = None,
    masks: Sequence[Tensor] = (),
) -> Tensor:
    """Paint a photograph in one style, or in several side by side.

    Args:
        photograph: RGB in [0, 1], shape (B, 3, H, W).
        paint: What paints, once for each style: from RGB in [0, 1] to the same shape.
        treatment: Colours, strokes and canvas; by default the painting's own.
        masks: Where each style belongs, shape (1, 1, H, W); see `painterly.images.masks.shares_of`.

    Returns:
        RGB in [0, 1], of the photograph's shape.

    Raises:
        UsageError: The masks are not as many as the styles.
    """
    treatment = treatment or Treatment()
    check_masks(len(paint), len(masks))
    shares = shares_of(masks, len(paint)) if masks else None
    height, width = photograph.shape[-2:]
    scale = max(treatment.scale, MINIMUM_SIZE / min(height, width))
    size = (round(height * scale), round(width * scale))
    given = photograph if scale == 1 else _resize(photograph, size)
    if treatment.canvas:
        rows, columns = ((0, side) for side in given.shape[-2:])
        given = prime(given, torch.from_numpy(canvas(rows, columns)), treatment.canvas)
    paintings = []
    for one in paint:
        painting = one(given)
        if scale != 1:
            painting = _resize(painting, (height, width))
        if treatment.color != "style":
            painting = keep_colours(painting, photograph, contrast=treatment.color == "luminance")
        paintings.append(painting)
    if shares is None:
        return paintings[0]
    *parts, rest = (share * picture for share, picture in zip(shares, (*paintings, photograph), strict=True))
    whole: Tensor = sum(parts, rest)
    return whole


def prime(photograph: Tensor, unevenness: Tensor, levels: float) -> Tensor:
    """Lay a photograph on an uneven canvas.

    Args:
        photograph: RGB in [0, 1], shape (B, 3, H, W).
        unevenness: Of variance 1, shape (..., H, W): `painterly.images.canvas.canvas`.
        levels: How much of it, in grey levels of 255.

    Returns:
        RGB in [0, 1], of the photograph's shape.
    """
    return (photograph + unevenness.to(photograph) * (levels / 255)).clamp(0, 1)


def _resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)

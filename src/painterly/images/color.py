"""Colours of one picture for another (Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer")."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["keep_colours", "light_of", "match_statistics", "with_luminance"]

_LUMINANCE = (0.299, 0.587, 0.114)


def with_luminance(colours: Tensor, luminance: Tensor) -> Tensor:
    """A picture's colours with the luminance of another: Y of YIQ replaced, I and Q kept.

    Args:
        colours: RGB in [0, 1], shape (B, 3, H, W).
        luminance: RGB in [0, 1], same shape.

    Returns:
        RGB of the same shape, cut off at 0 and 1.
    """
    weights = torch.tensor(_LUMINANCE, dtype=colours.dtype, device=colours.device).view(3, 1, 1)
    # With I and Q kept, a step in Y is the same step in red, green and blue.
    return (colours + ((luminance - colours) * weights).sum(1, keepdim=True)).clamp(0, 1)


def light_of(picture: Tensor) -> Tensor:
    """Y of YIQ: RGB, shape (B, 3, H, W), to shape (B, 1, H, W)."""
    weights = torch.tensor(_LUMINANCE, dtype=picture.dtype, device=picture.device).view(3, 1, 1)
    return (picture * weights).sum(1, keepdim=True)


def keep_colours(
    painting: Tensor,
    photograph: Tensor,
    *,
    contrast: bool = False,
    moments: Sequence[tuple[Tensor, Tensor]] | None = None,
) -> Tensor:
    """A painting's luminance with a photograph's own colours: I and Q of YIQ are exactly the photograph's.

    Where a luminance cannot go with a colour (white cannot be red), it is moved to the nearest that can, so that the
    colour stays.

    Args:
        painting: RGB in [0, 1], shape (B, 3, H, W).
        photograph: RGB in [0, 1], same shape.
        contrast: Whether the painting's luminance is first given the mean and deviation of the photograph's, as Gatys
            et al. have it (2017, luminance-only transfer).
        moments: Mean and variance of the painting's luminance, and of the photograph's, shape (1,) each, where these
            are parts of larger pictures; by default their own.

    Returns:
        RGB in [0, 1], same shape.
    """
    light, own = light_of(painting), light_of(photograph)
    if contrast:
        (mean, variance), (own_mean, own_variance) = (
            [torch.var_mean(x, (2, 3), correction=0, keepdim=True)[::-1] for x in (light, own)]
            if moments is None
            else [[v.to(light).view(1, 1, 1, 1) for v in pair] for pair in moments]
        )
        light = (light - mean) * torch.sqrt(own_variance / (variance + 1e-8)) + own_mean
    colour = photograph - own
    low, high = -colour.amin(1, keepdim=True), 1 - colour.amax(1, keepdim=True)
    return (torch.minimum(torch.maximum(light, low), high) + colour).clamp(0, 1)  # but for rounding, within it already


def match_statistics(picture: Tensor, reference: Tensor) -> Tensor:
    """Give a picture the mean and covariance of another's colours, by the symmetric square roots of both.

    Args:
        picture: RGB in [0, 1], shape (1, 3, H, W).
        reference: RGB in [0, 1], shape (1, 3, h, w).

    Returns:
        RGB of the shape of `picture`, cut off at 0 and 1.
    """
    mean, _, inverse = _statistics(picture)
    wanted_mean, wanted_root, _ = _statistics(reference)
    pixels = picture[0].flatten(1).double() - mean
    matched = wanted_root @ inverse @ pixels + wanted_mean
    return matched.view(picture.shape).clamp(0, 1).to(picture.dtype)


def _statistics(picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean colour, and the square root of the covariance and its inverse."""
    pixels = picture[0].flatten(1).double()
    mean = pixels.mean(1, keepdim=True)
    spread = pixels - mean
    values, vectors = torch.linalg.eigh(spread @ spread.T / pixels.shape[1])
    deviations = values.clamp_min(1e-6).sqrt()
    return mean, (vectors * deviations) @ vectors.T, (vectors / deviations) @ vectors.T

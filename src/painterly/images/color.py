"""Colours of one picture for another (Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer")."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["match_statistics", "with_luminance"]

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

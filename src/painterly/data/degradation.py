"""From a picture to the small one that super-resolution starts from."""

from __future__ import annotations

from typing import Final, Literal, get_args

import torch
from torch import Tensor

from painterly.images.resampling import gaussian_blur, shrink

__all__ = ["DEGRADATIONS", "Degradation", "degrade"]

Degradation = Literal["paper", "bicubic"]
"""Gaussian blur of sigma 1 and then bicubic down-sampling (paper, section 4.2), or bicubic down-sampling alone, as the
low-resolution pictures of the benchmarks are made."""

DEGRADATIONS: Final = get_args(Degradation)

PAPER_SIGMA: Final = 1.0
"""Standard deviation of the paper's blur, in pixels of the large picture."""


def degrade(picture: Tensor, scale: int, degradation: Degradation = "bicubic") -> Tensor:
    """Make the low-resolution picture that belongs to a high-resolution one.

    Args:
        picture: RGB in [0, 1], shape (B, 3, H, W), with sides that are multiples of `scale`.
        scale: How many times smaller it becomes.
        degradation: How.

    Returns:
        RGB in [0, 1], shape (B, 3, H / scale, W / scale), rounded to eight bits as a file would be.

    Raises:
        ValueError: A side is not a multiple of `scale`.
    """
    with torch.autocast(picture.device.type, enabled=False):  # bfloat16 has fewer levels than a picture
        blurred = gaussian_blur(picture, PAPER_SIGMA) if degradation == "paper" else picture
        return shrink(blurred, scale).clamp(0, 1).mul(255).round().div(255)

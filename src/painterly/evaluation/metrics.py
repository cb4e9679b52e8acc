"""PSNR and SSIM as papers on super-resolution mean them.

On luma only (BT.601, float, 16 to 235), of pictures rounded to eight bits, without a border as wide as the scale: the
protocol that gives the paper's own figures for bicubic enlargement.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from painterly.errors import MissingExtraError
from painterly.networks.pixels import BT601_LUMA

__all__ = ["luma", "luma_psnr", "luma_ssim"]


def luma(picture: Tensor, *, grey: bool = False) -> Tensor:
    """BT.601 luma of a picture as an eight-bit file would hold it.

    Args:
        picture: RGB in [0, 1], shape (B, 3, H, W); what lies outside is cut off.
        grey: Whether the file is grey: its values then count as they are, from 0 to 255, not squeezed into 16 to 235.

    Returns:
        Float64, shape (B, 1, H, W).
    """
    rounded = picture.double().clamp(0, 1).mul(255).round().div(255)
    weights = torch.tensor(BT601_LUMA, dtype=torch.float64, device=picture.device).view(3, 1, 1)
    squeezed = (rounded * weights).sum(1, keepdim=True)
    return squeezed * (255 / sum(BT601_LUMA)) if grey else squeezed + 16


def luma_psnr(output: Tensor, target: Tensor, *, border: int, grey: bool = False) -> float:
    """Peak signal-to-noise ratio on luma, in decibels, with a peak of 255.

    Args:
        output: RGB in [0, 1], shape (B, 3, H, W).
        target: The same.
        border: Pixels left out at each side.
        grey: See `luma`.

    Returns:
        Decibels; infinity for equal pictures.
    """
    found, wanted = _inner(output, target, border, grey)
    error = float((found - wanted).square().mean())
    return 10 * math.log10(255**2 / error) if error else math.inf


def luma_ssim(output: Tensor, target: Tensor, *, border: int, grey: bool = False) -> float:
    """Structural similarity on luma: Gaussian window of 11 pixels and sigma 1.5, only where it fits (Wang et al. 2004).

    Args:
        output: RGB in [0, 1], shape (1, 3, H, W), of at least 11 pixels a side within the border.
        target: The same.
        border: Pixels left out at each side.
        grey: See `luma`.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise MissingExtraError("measuring SSIM", "evaluate") from error
    found, wanted = (plane[0, 0].cpu().numpy() for plane in _inner(output, target, border, grey))
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(structural_similarity(found, wanted, data_range=255.0, **window))


def _inner(output: Tensor, target: Tensor, border: int, grey: bool) -> tuple[Tensor, Tensor]:
    rows, columns = (slice(border, side - border) for side in target.shape[-2:])
    return luma(output, grey=grey)[..., rows, columns], luma(target, grey=grey)[..., rows, columns]

"""PSNR and SSIM as papers on super-resolution mean them, on top of torchmetrics.

On luma only (BT.601, float, 16 to 235), of pictures rounded to eight bits, without a border as wide as the scale: the
protocol that gives the paper's own figures for bicubic enlargement.
"""

from __future__ import annotations

import torch
from torch import Tensor

from painterly.errors import MissingExtraError

__all__ = ["luma", "luma_psnr", "luma_ssim"]

_WEIGHTS = (65.481, 128.553, 24.966)


def luma(picture: Tensor) -> Tensor:
    """BT.601 luma of a picture as an eight-bit file would hold it.

    Args:
        picture: RGB in [0, 1], shape (B, 3, H, W); what lies outside is cut off.

    Returns:
        Float64, in 16..235, shape (B, 1, H, W).
    """
    rounded = picture.double().clamp(0, 1).mul(255).round().div(255)
    weights = torch.tensor(_WEIGHTS, dtype=torch.float64, device=picture.device).view(3, 1, 1)
    return (rounded * weights).sum(1, keepdim=True) + 16


def luma_psnr(output: Tensor, target: Tensor, *, border: int) -> float:
    """Peak signal-to-noise ratio on luma, in decibels, with a peak of 255.

    Args:
        output: RGB in [0, 1], shape (B, 3, H, W).
        target: The same.
        border: Pixels left out at each side.

    Raises:
        MissingExtraError: torchmetrics is not installed.
    """
    functional = _torchmetrics()
    return float(functional.peak_signal_noise_ratio(*_inner(luma(output), luma(target), border), data_range=255.0))


def luma_ssim(output: Tensor, target: Tensor, *, border: int) -> float:
    """Structural similarity on luma: Gaussian window of 11 pixels and sigma 1.5, only where it fits (Wang et al. 2004).

    Args and errors are those of `luma_psnr`.
    """
    functional = _torchmetrics()
    found, wanted = _inner(luma(output), luma(target), border)
    _, full = functional.structural_similarity_index_measure(
        found, wanted, gaussian_kernel=True, sigma=1.5, kernel_size=11, data_range=255.0, return_full_image=True
    )
    return float(full[..., 5:-5, 5:-5].mean())


def _inner(output: Tensor, target: Tensor, border: int) -> tuple[Tensor, Tensor]:
    rows, columns = (slice(border, side - border) for side in target.shape[-2:])
    return output[..., rows, columns], target[..., rows, columns]


def _torchmetrics():  # noqa: ANN202 (a module without types)
    try:
        from torchmetrics.functional import image
    except ImportError as error:
        raise MissingExtraError("measuring", "evaluate") from error
    return image

"""Bicubic resampling by whole factors, as MATLAB's `imresize` computes it: what benchmarks of super-resolution mean.

Cubic kernel with a = -0.5, widened to filter when shrinking, pixels beyond the border mirrored. torch's antialiased
interpolation has the same kernel but drops what lies beyond the border, so pictures are mirrored before it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["crop_to_multiple", "enlarge", "gaussian_blur", "shrink"]

_REACH = 3
"""Low-resolution pixels mirrored at each side; the kernel sees two."""


def shrink(x: Tensor, factor: int) -> Tensor:
    """Make a picture `factor` times smaller: `imresize(x, 1/factor)`.

    Args:
        x: Shape (B, C, H, W), with H and W multiples of `factor`; any range.
        factor: A whole number from 1 up.

    Returns:
        Shape (B, C, H / factor, W / factor), in float32 at least; it may leave the range by a little.

    Raises:
        ValueError: A side is not a multiple of `factor`.
    """
    height, width = x.shape[-2:]
    if height % factor or width % factor:
        raise ValueError(f"{width}x{height} is not a multiple of {factor}; see crop_to_multiple")
    return _resize(x, height // factor, width // factor, _REACH * factor, _REACH)


def enlarge(x: Tensor, factor: int) -> Tensor:
    """Make a picture `factor` times larger: `imresize(x, factor)`.

    Args:
        x: Shape (B, C, H, W), any range.
        factor: A whole number from 1 up.

    Returns:
        Shape (B, C, factor H, factor W), in float32 at least; it may leave the range by a little.
    """
    height, width = x.shape[-2:]
    return _resize(x, height * factor, width * factor, _REACH, _REACH * factor)


def crop_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Cut off rows below and columns at the right until both sides are multiples of `multiple`."""
    height, width = x.shape[-2:]
    return x[..., : height - height % multiple, : width - width % multiple]


def gaussian_blur(x: Tensor, sigma: float) -> Tensor:
    """Blur with a Gaussian, pixels beyond the border mirrored.

    Args:
        x: Shape (B, C, H, W), any range.
        sigma: Standard deviation in pixels; 0 returns `x`.
    """
    if sigma == 0:
        return x
    reach = int(4 * sigma + 0.5)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype) / sigma) ** 2)
    kernel /= kernel.sum()
    planes = _mirror(x, reach).flatten(0, 1).unsqueeze(1)
    planes = F.conv2d(F.conv2d(planes, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
    return planes.view(x.shape)


def _resize(x: Tensor, height: int, width: int, before: int, after: int) -> Tensor:
    kind = torch.promote_types(x.dtype, torch.float32)
    # torch computes places in the picture's own type, and a third in float32 adds up to an error across a wide one.
    wide = _mirror(x.to(torch.float64 if max(before, after) % _REACH**2 == 0 else kind), before)
    size = (height + 2 * after, width + 2 * after)
    resized = F.interpolate(wide, size, mode="bicubic", antialias=True, align_corners=False).to(kind)
    return resized[..., after : after + height, after : after + width]


def _mirror(x: Tensor, width: int) -> Tensor:
    """Mirror pixels about the border's edge (the border pixel comes twice), as often as it takes."""
    rows, columns = (_mirrored_indices(side, width, x.device) for side in x.shape[-2:])
    return x[..., rows, :][..., columns]


def _mirrored_indices(length: int, width: int, device: torch.device) -> Tensor:
    folded = torch.arange(-width, length + width, device=device) % (2 * length)
    return torch.minimum(folded, 2 * length - 1 - folded)

"""Between Pillow's images and tensors: RGB in [0, 1], shape (B, 3, H, W)."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

__all__ = ["from_tensor", "to_tensor"]


def to_tensor(image: Image.Image) -> Tensor:
    """An image as float32 RGB in [0, 1], shape (1, 3, H, W), channels last in memory; transparency is dropped."""
    values = torch.from_numpy(np.array(image.convert("RGB")))
    return values.permute(2, 0, 1).unsqueeze(0).to(torch.float32).div_(255)


def from_tensor(picture: Tensor) -> Image.Image:
    """RGB in [0, 1], shape (1, 3, H, W) or (3, H, W), to an image: clamped and rounded, never truncated.

    Raises:
        ValueError: The batch holds more than one picture.
    """
    if picture.ndim == 4:
        if len(picture) != 1:
            raise ValueError(f"expected one picture, not a batch of {len(picture)}")
        picture = picture[0]
    values = picture.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(values.permute(1, 2, 0).cpu().numpy())

"""Masks in whatever kind the caller has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from painterly.images.reading import read_picture
from painterly.models.kinds import Picture, unpack

__all__ = ["read_mask"]


def read_mask(mask: Picture) -> Tensor:
    """A mask as a tensor (1, C, H, W): what is transparent is outside, and truth values are black and white."""
    if isinstance(mask, np.ndarray) and mask.dtype == np.bool_:
        mask = mask.astype(np.float32)
    if isinstance(mask, (str, Path)):
        mask = read_picture(mask)
    pixels, _ = unpack(mask)
    if len(pixels) != 1:
        raise ValueError(f"a mask is one picture, not {len(pixels)}; give a list of masks for several styles")
    if isinstance(mask, Image.Image) and mask.mode in ("LA", "RGBA", "PA"):
        alpha = torch.from_numpy(np.asarray(mask.convert("RGBA").getchannel("A"), np.float32) / 255)
        pixels = pixels * alpha
    return pixels

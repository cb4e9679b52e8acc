"""Bytes to the numbers that networks take, and back, on whatever device they lie."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["from_bytes", "to_bytes"]


def from_bytes(pixels: Tensor) -> Tensor:
    """uint8 RGB (B, H, W, 3) to float32 in [0, 1], shape (B, 3, H, W), channels last, where it lies."""
    return pixels.permute(0, 3, 1, 2).to(torch.float32).div_(255)


def to_bytes(pictures: Tensor) -> Tensor:
    """RGB, shape (B, 3, H, W), to uint8 (B, H, W, 3): clamped and rounded, where it lies."""
    return pictures.float().clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()

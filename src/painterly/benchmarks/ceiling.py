"""The fastest arithmetic that torch reaches here, to measure everything else against."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from painterly.benchmarks.timing import time_calls
from painterly.inference.cuda_graphs import choosing_algorithms

__all__ = ["measure_ceiling"]


_CONVOLUTIONS = {
    "cpu": ((1, 128, 64), (1, 128, 128), (1, 256, 64)),
    "cuda": ((16, 128, 128), (16, 256, 128), (8, 512, 64)),
}
"""Pictures, channels and side of 3x3 convolutions, by kind of device: large enough to keep it busy."""

_PRODUCTS = {"cpu": (1024, 2048), "cuda": (4096, 8192)}
"""Sides of square matrices."""


def measure_ceiling(device: torch.device, dtype: torch.dtype, calls: int = 7) -> float:
    """Multiplications (each with an addition) a second: the best of large convolutions and matrix products.

    Args:
        device: Where.
        dtype: Type of the numbers.
        calls: How often each is timed; the fastest counts.
    """
    best, kind = 0.0, "cuda" if device.type == "cuda" else "cpu"
    with torch.inference_mode(), choosing_algorithms():
        for batch, channels, side in _CONVOLUTIONS[kind]:
            x = torch.rand(batch, channels, side, side, device=device, dtype=dtype)
            x = x.contiguous(memory_format=torch.channels_last)
            w = torch.rand(channels, channels, 3, 3, device=device, dtype=dtype)
            w = w.contiguous(memory_format=torch.channels_last)
            timing = time_calls(lambda x=x, w=w: F.conv2d(x, w, padding=1), calls=calls, device=device)  # type: ignore[misc]
            best = max(best, batch * 9 * channels**2 * side**2 / timing.low)
        for size in _PRODUCTS[kind]:
            a = torch.rand(size, size, device=device, dtype=dtype)
            timing = time_calls(lambda a=a: a @ a, calls=calls, device=device)  # type: ignore[misc]
            best = max(best, size**3 / timing.low)
    return best

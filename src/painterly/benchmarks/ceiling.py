"""The fastest arithmetic that torch reaches here, to measure everything else against."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from painterly.benchmarks.timing import time_calls

__all__ = ["measure_ceiling"]


def measure_ceiling(device: torch.device, dtype: torch.dtype, calls: int = 7) -> float:
    """Multiplications (each with an addition) a second: the best of large convolutions and matrix products.

    Args:
        device: Where.
        dtype: Type of the numbers.
        calls: How often each is timed; the fastest counts.
    """
    best = 0.0
    with torch.inference_mode():
        for channels, side in ((128, 64), (128, 128), (256, 64)):
            x = torch.rand(1, channels, side, side, device=device, dtype=dtype)
            x = x.contiguous(memory_format=torch.channels_last)
            w = torch.rand(channels, channels, 3, 3, device=device, dtype=dtype)
            w = w.contiguous(memory_format=torch.channels_last)
            timing = time_calls(lambda x=x, w=w: F.conv2d(x, w, padding=1), calls=calls, device=device)  # type: ignore[misc]
            best = max(best, 9 * channels**2 * side**2 / timing.low)
        for size in (1024, 2048):
            a = torch.rand(size, size, device=device, dtype=dtype)
            timing = time_calls(lambda a=a: a @ a, calls=calls, device=device)  # type: ignore[misc]
            best = max(best, size**3 / timing.low)
    return best

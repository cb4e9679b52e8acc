"""Mean and variance of a value that is seen part by part."""

from __future__ import annotations

import torch
from torch import Tensor

from painterly.networks.normalization import strip_statistics

__all__ = ["RunningMoments", "moments_of"]


def moments_of(part: Tensor) -> tuple[int, Tensor, Tensor]:
    """Pixels, and mean and variance of every channel, of a part of shape (1, C, H, W); float64, on the CPU."""
    if part.device.type == "cpu":
        mean, variance = strip_statistics(part.contiguous(memory_format=torch.channels_last))
    else:
        variance, mean = torch.var_mean(part.double(), (0, 2, 3), correction=0)
    return part.shape[2] * part.shape[3], mean.cpu().double(), variance.cpu().double()


class RunningMoments:
    """Moments of parts that do not overlap, merged in float64.

    Chan, Golub and LeVeque (1979): the variances of parts add up together with the variance of their means, which
    averaging the variances alone leaves out.
    """

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.mean = torch.zeros(channels, dtype=torch.float64)
        self._squares = torch.zeros(channels, dtype=torch.float64)

    def add(self, count: int, mean: Tensor, variance: Tensor) -> None:
        """Another part."""
        total = self.count + count
        step = mean - self.mean
        self._squares += variance * count + step.square() * (self.count * count / total)
        self.mean = self.mean + step * (count / total)
        self.count = total

    @property
    def variance(self) -> Tensor:
        """Of all pixels so far, float64, shape (C,)."""
        return self._squares / self.count

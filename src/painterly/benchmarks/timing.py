"""Times of calls, with their spread: one number says little on a shared machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["Timing", "time_calls"]


@dataclass(frozen=True)
class Timing:
    """What several calls took, in seconds.

    Attributes:
        median: Half of the calls took longer.
        low: The first quartile.
        high: The third quartile.
        calls: How many were timed.
    """

    median: float
    low: float
    high: float
    calls: int

    @classmethod
    def of(cls, seconds: list[float]) -> Timing:
        """Summarise times.

        Example:
            >>> Timing.of([1.0, 2.0, 3.0, 4.0, 9.0])
            Timing(median=3.0, low=2.0, high=4.0, calls=5)
        """
        if len(seconds) == 1:
            return cls(seconds[0], seconds[0], seconds[0], 1)
        low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
        return cls(median, low, high, len(seconds))

    def to_dict(self) -> dict[str, Any]:
        """The timing as plain JSON values."""
        return {"median": self.median, "low": self.low, "high": self.high, "calls": self.calls}


def time_calls(
    call: Callable[[], object], *, calls: int, warm_up: int = 1, device: torch.device | None = None
) -> Timing:
    """Time a function, call by call.

    Args:
        call: The function.
        calls: How many calls are timed.
        warm_up: How many come before them.
        device: A device whose work a call only queues is waited for.
    """
    seconds = []
    for number in range(warm_up + calls):
        began = time.perf_counter()
        call()
        if device is not None and device.type == "cuda":
            torch.cuda.synchronize(device)
        if number >= warm_up:
            seconds.append(time.perf_counter() - began)
    return Timing.of(seconds)

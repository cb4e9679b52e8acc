"""Times of calls, with their spread: one number says little on a shared machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["Timing", "busy_seconds", "covered", "time_call", "time_calls"]


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
        device: A device whose work a call only queues is waited for; an NVIDIA GPU's own time is what counts.
    """
    seconds = []
    for number in range(warm_up + calls):
        whole, on_device = time_call(call, device)
        if number >= warm_up:
            seconds.append(whole if on_device is None else on_device)
    return Timing.of(seconds)


def time_call(call: Callable[[], object], device: torch.device | None = None) -> tuple[float, float | None]:
    """Seconds of a call by the clock, and by an NVIDIA GPU's own between its first and its last kernel.

    Args:
        call: The function.
        device: A device whose work a call only queues is waited for.
    """
    if device is None or device.type != "cuda":
        began = time.perf_counter()
        call()
        return time.perf_counter() - began, None
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize(device)
    began = time.perf_counter()
    with torch.cuda.device(device):
        first.record()
        call()
        last.record()
    torch.cuda.synchronize(device)
    return time.perf_counter() - began, first.elapsed_time(last) / 1000


def busy_seconds(call: Callable[[], object], device: torch.device, calls: int = 5) -> float | None:
    """Seconds of a call in which an NVIDIA GPU works, by its profiler; None for other devices, and where there is none.

    Args:
        call: The function, which may only queue its work.
        device: Where the work is done.
        calls: Over how many the mean is taken.
    """
    if device.type != "cuda":
        return None
    torch.cuda.synchronize(device)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profiler:
        for _ in range(calls):
            call()
        torch.cuda.synchronize(device)
    kernels = [
        (event.time_range.start, event.time_range.end)
        for event in profiler.events() or ()
        if str(event.device_type).endswith("CUDA") and not getattr(event, "is_user_annotation", False)
    ]
    return covered(kernels) / 1e6 / calls if kernels else None


def covered(intervals: Iterable[tuple[float, float]]) -> float:
    """Length of what intervals cover, each part once.

    Example:
        >>> covered([(4, 5), (0, 2), (1, 3)])
        4.0
    """
    length, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        length += max(0, end - max(start, reached))
        reached = max(reached, end)
    return length

"""Time, memory and energy of a piece of work, without what the machine takes when it does nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from painterly.resources.energy import EnergyCounter, find_counter
from painterly.resources.peak_memory import peak_memory, reset_peak_memory

__all__ = ["Usage", "UsageMeter"]


@dataclass(frozen=True)
class Usage:
    """What a piece of work took.

    Attributes:
        seconds: By the clock.
        memory_before: Bytes held when it began; None where the system does not say.
        peak_memory: Bytes held at most; likewise.
        energy_source: What counted the energy, or why nothing did.
        idle_watts: Power before it began; None where nothing counts.
        watts: Mean power during the work; likewise.
        joules: Energy beyond that of an idle machine; likewise.
    """

    seconds: float
    memory_before: int | None
    peak_memory: int | None
    energy_source: str
    idle_watts: float | None = None
    watts: float | None = None
    joules: float | None = None

    def to_dict(self, images: int | None = None) -> dict[str, Any]:
        """The usage as plain JSON values.

        Args:
            images: How many pictures the work was for; adds `joules_per_image` where joules are known.
        """
        values: dict[str, Any] = {
            "seconds": round(self.seconds, 3),
            "memory_before": self.memory_before,
            "peak_memory": self.peak_memory,
            "energy_source": self.energy_source,
            "idle_watts": _rounded(self.idle_watts),
            "watts": _rounded(self.watts),
            "joules": _rounded(self.joules),
        }
        if images and self.joules is not None:
            values["joules_per_image"] = _rounded(self.joules / images)
        return values

    def describe(self) -> str:
        """One line for people.

        Example:
            >>> Usage(60.0, 100 << 20, 900 << 20, "NVML", 15.0, 126.0, 6660.0).describe()
            'peak memory 900 MiB (100 MiB before); 126 W (15 W idle), 6660 J beyond idle by NVML'
        """
        parts = []
        if self.peak_memory is not None:
            before = "" if self.memory_before is None else f" ({self.memory_before >> 20} MiB before)"
            parts.append(f"peak memory {self.peak_memory >> 20} MiB{before}")
        if self.joules is None:
            parts.append(f"energy not known: {self.energy_source}")
        else:
            parts.append(
                f"{self.watts:.0f} W ({self.idle_watts:.0f} W idle), {self.joules:.0f} J beyond idle "
                f"by {self.energy_source}"
            )
        return "; ".join(parts)


class UsageMeter:
    """Measures from `start` (or `with`) on.

    Args:
        device: Where the work is done.
        idle_seconds: How long the idle machine is watched, once, before the first start; not at all where nothing
            counts energy.
        counter: Instead of the device's own energy counter.
        sleep: How to wait.
        clock: Seconds from no particular zero.

    Example:
        >>> with UsageMeter(torch.device("cpu")) as meter:
        ...     x = torch.ones(1000).sum()
        >>> meter.usage().seconds >= 0
        True
    """

    def __init__(
        self,
        device: torch.device,
        *,
        idle_seconds: float = 2.0,
        counter: EnergyCounter | None = None,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device, self.clock = device, clock
        found, source = (counter, counter.source) if counter is not None else find_counter(device)
        self.counter, self.source = found, source
        self.idle_watts: float | None = None
        if found is not None:
            began, before = clock(), self._count()
            sleep(idle_seconds)
            self.idle_watts = (self._count() - before) / max(clock() - began, 1e-9)
        self._usage: Usage | None = None
        self.start()

    def start(self) -> None:
        """Begin anew; the idle power stays."""
        self._usage = None
        self._settle()
        reset_peak_memory(self.device)
        self._memory = peak_memory(self.device)
        self._joules = self._count()
        self._began = self.clock()

    def poll(self) -> None:
        """To be called now and then in long work: processors' counters start over when they are full."""
        self._count()

    def usage(self) -> Usage:
        """What it has taken since the start, or in all once a `with` has ended."""
        if self._usage is not None:
            return self._usage
        self._settle()
        seconds = self.clock() - self._began
        most = peak_memory(self.device)
        spent = self._count() - self._joules
        if self.counter is None or self.idle_watts is None:
            return Usage(seconds, self._memory, most, self.source)
        watts, beyond = spent / max(seconds, 1e-9), max(0.0, spent - self.idle_watts * seconds)
        return Usage(seconds, self._memory, most, self.source, self.idle_watts, watts, beyond)

    def __enter__(self) -> UsageMeter:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._usage = self.usage()

    def _count(self) -> float:
        """The energy counter; one that fails is given up, so that no work is lost over it."""
        try:
            return self.counter.joules() if self.counter is not None else 0.0
        except (OSError, ValueError) as error:
            self.counter, self.source = None, f"{self.source} failed: {error}"
            return 0.0

    def _settle(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")

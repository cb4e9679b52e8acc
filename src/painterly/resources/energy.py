"""Energy as the hardware counts it: a GPU's through NVML, a processor's through RAPL. Nothing is estimated."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

import torch

__all__ = ["RAPL_FOLDER", "EnergyCounter", "NVMLCounter", "RAPLCounter", "find_counter"]

RAPL_FOLDER: Final = Path("/sys/class/powercap")
"""Where Linux shows the processor's energy counters."""


class EnergyCounter(Protocol):
    """Counts joules, from no particular zero."""

    source: str

    def joules(self) -> float:
        """The count so far; only differences mean anything.

        Raises:
            OSError: It cannot be read any more.
        """


class NVMLCounter:
    """The energy of one NVIDIA GPU, memory and board included, the rest of the machine not.

    Args:
        device: A CUDA device.

    Raises:
        OSError: NVML is not installed, or this GPU has no counter (those before Volta have none).
    """

    def __init__(self, device: torch.device) -> None:
        try:
            import pynvml
        except ImportError as error:
            raise OSError("nvidia-ml-py is not installed (pip install 'painterly[evaluate]')") from error
        self._nvml: Any = pynvml
        try:
            pynvml.nvmlInit()
            uuid = torch.cuda.get_device_properties(device).uuid  # NVML counts GPUs that CUDA may not see
            self._handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
            self.joules()
        except pynvml.NVMLError as error:
            raise OSError(f"NVML gives no energy for this GPU ({error})") from error
        self.source = "NVML (the GPU alone)"

    def joules(self) -> float:
        try:
            millijoules: int = self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)
        except self._nvml.NVMLError as error:
            raise OSError(f"NVML gives no energy for this GPU ({error})") from error
        return millijoules / 1000


class RAPLCounter:
    """The energy of the processor's packages, and of their memory where it is counted, over all processes.

    The hardware's counters begin again at zero when they are full, after some ten minutes to hours; `joules` has to be
    asked at least as often.

    Args:
        folder: Where the counters are.

    Raises:
        OSError: There are none, or they cannot be read (many systems show them to root alone).
    """

    def __init__(self, folder: Path = RAPL_FOLDER) -> None:
        self._zones: list[tuple[Path, float]] = []
        names = []
        for zone in sorted(folder.glob("intel-rapl:*")):  # AMD's processors have them under this name too
            name = (zone / "name").read_text().strip()
            if name.startswith("package") or name == "dram":
                self._zones.append((zone / "energy_uj", float((zone / "max_energy_range_uj").read_text())))
                names.append(name)
        if not self._zones:
            raise OSError("this machine shows no energy counters (RAPL)")
        self._last = self._read()
        self._total = 0.0
        self.source = f"RAPL ({', '.join(names)})"

    def joules(self) -> float:
        now = self._read()
        for before, after, (_, full) in zip(self._last, now, self._zones, strict=True):
            self._total += after - before + (full if after < before else 0.0)
        self._last = now
        return self._total / 1e6

    def _read(self) -> list[float]:
        return [float(path.read_text()) for path, _ in self._zones]


def find_counter(device: torch.device) -> tuple[EnergyCounter | None, str]:
    """The energy counter of a device.

    Returns:
        The counter, or None, and what it counts, or why there is none.
    """
    try:
        if device.type == "cuda":
            counter: EnergyCounter = NVMLCounter(device)
        elif device.type == "cpu":
            counter = RAPLCounter()
        else:
            return None, f"nothing is known that counts the energy of {device.type} devices"
    except PermissionError as error:
        return None, f"{error.filename} may be read by root alone"
    except (OSError, ValueError) as error:
        return None, str(error)
    return counter, counter.source

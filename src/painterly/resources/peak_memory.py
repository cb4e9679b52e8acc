"""The most memory that something has taken."""

from __future__ import annotations

import contextlib
import gc
import sys
from pathlib import Path

import torch

from painterly.memory import return_freed_memory

__all__ = ["peak_memory", "reset_peak_memory"]


def reset_peak_memory(device: torch.device) -> None:
    """Count from what is held now on; what is only kept for later is given back first.

    On a CPU it has no effect where the system cannot forget (only Linux can).
    """
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    return_freed_memory()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the "high water mark" of the resident set


def peak_memory(device: torch.device) -> int | None:
    """Bytes held at most since `reset_peak_memory`.

    On a GPU what torch reserved there; otherwise the resident set of this process, without its child processes. None
    where the system does not say.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024

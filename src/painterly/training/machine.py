"""The machine that a run trains on."""

from __future__ import annotations

import logging
import platform
from typing import Any

import torch

from painterly.errors import MissingExtraError, UsageError
from painterly.models.device import choose_device, fast_bfloat16

__all__ = ["make_fabric", "software"]


def make_fabric(device: str, devices: int, precision: str) -> Any:
    """A Lightning Fabric for the device and precision asked for.

    Args:
        device: "auto", "cpu", "cuda" or "mps".
        devices: Number of devices or processes.
        precision: "auto", "32-true" or "bf16-mixed". "auto" mixes in bfloat16 where the hardware multiplies it faster.

    Raises:
        MissingExtraError: Fabric is not installed.
        UsageError: There is no such device here.
    """
    try:
        from lightning_fabric import Fabric
    except ImportError as error:
        raise MissingExtraError("training", "train") from error
    if device not in ("auto", "cpu", "cuda", "mps"):
        raise UsageError(f"--device must be auto, cpu, cuda or mps, not '{device}'")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; leave the option out")
    if device == "mps" and not torch.backends.mps.is_available():
        raise UsageError("--device mps: torch finds no Apple GPU here; leave the option out")
    if precision == "auto":
        precision = "bf16-mixed" if fast_bfloat16(choose_device(device)) else "32-true"
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it announces the precision; the card has it
    return Fabric(accelerator=device, devices=devices, precision=precision)


def software(fabric: Any) -> dict[str, Any]:
    """Versions, device, precision and processes, for a model's card."""
    from painterly import __version__

    device: torch.device = fabric.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "painterly": __version__,
        "torch": torch.__version__,
        "device": f"{device.type} ({name})",
        "precision": str(fabric._precision.precision),
        "processes": fabric.world_size,
        "threads": torch.get_num_threads(),
    }

"""The machines that a run trains on."""

from __future__ import annotations

import inspect
import logging
import os
import platform
from typing import Any

import torch
from torch.nn.parallel import DistributedDataParallel

from painterly.errors import MissingExtraError, UsageError
from painterly.models.device import choose_device, fast_bfloat16

__all__ = ["make_fabric", "neighbours", "software"]

_SYNC_BUFFERS = next(
    name
    for name in ("forward_sync_buffers", "broadcast_buffers")  # the second until torch 2.12
    if name in inspect.signature(DistributedDataParallel).parameters
)
"""What it is called that the first process's buffers go to all before every pass. That is not wanted: they are those of
batch normalisation, which keeps them alike by itself."""


def make_fabric(device: str, devices: int, precision: str, nodes: int = 1) -> Any:
    """A Lightning Fabric for the devices and the precision asked for.

    It starts the other processes of this machine itself, by the same command, unless `torchrun` has started all of
    them; then it takes their number from there. On several machines without `torchrun`, the command is given once on
    each, with `MASTER_ADDR`, `MASTER_PORT` and `NODE_RANK` in its environment.

    Args:
        device: "auto", "cpu", "cuda" or "mps".
        devices: Number of devices, or of processes, on each machine.
        precision: "auto", "32-true" or "bf16-mixed". "auto" mixes in bfloat16 where the hardware multiplies it faster.
        nodes: Number of machines.

    Raises:
        MissingExtraError: Fabric is not installed.
        UsageError: There are no such devices here, or torchrun has started another number of processes.
    """
    try:
        from lightning_fabric import Fabric
        from lightning_fabric.plugins.environments import LightningEnvironment, TorchElasticEnvironment
        from lightning_fabric.strategies import DDPStrategy
    except ImportError as error:
        raise MissingExtraError("training", "train") from error
    if device not in ("auto", "cpu", "cuda", "mps"):
        raise UsageError(f"--device must be auto, cpu, cuda or mps, not '{device}'")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; leave the option out")
    if device == "mps" and not torch.backends.mps.is_available():
        raise UsageError("--device mps: torch finds no Apple GPU here; leave the option out")
    by_torchrun = "TORCHELASTIC_RUN_ID" in os.environ
    if by_torchrun:
        devices, nodes = _given_by_torchrun(devices, nodes)
    _check_devices(device, devices)
    if precision == "auto":
        precision = "bf16-mixed" if fast_bfloat16(choose_device(device)) else "32-true"
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it announces the precision; the card has it
    if devices * nodes == 1:
        return Fabric(accelerator=device, devices=1, precision=precision)
    os.environ["LT_CLI_USED"] = "0"  # `fabric run` is torchrun; what it was told besides, the settings say
    return Fabric(
        accelerator=device,
        devices=devices,
        num_nodes=nodes,
        precision=precision,
        strategy=DDPStrategy(**{_SYNC_BUFFERS: False}, gradient_as_bucket_view=True),
        # Named, because Fabric would take it for granted that a SLURM job's processes were started by srun.
        plugins=[TorchElasticEnvironment() if by_torchrun else LightningEnvironment()],
    )


def neighbours(fabric: Any) -> int:
    """How many processes of the run share this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 0)) or getattr(fabric.strategy, "num_processes", 1)


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


def _given_by_torchrun(devices: int, nodes: int) -> tuple[int, int]:
    whole, here = int(os.environ["WORLD_SIZE"]), int(os.environ["LOCAL_WORLD_SIZE"])
    if devices * nodes not in (1, whole):
        raise UsageError(
            f"torchrun has started {whole} processes, not --devices {devices} times --nodes {nodes}; leave both out"
        )
    if whole % here:
        raise UsageError(f"torchrun has started {here} of {whole} processes here; start as many on every machine")
    return here, whole // here


def _check_devices(device: str, devices: int) -> None:
    kind = choose_device(device).type
    if kind == "cuda" and devices > torch.cuda.device_count():
        raise UsageError(f"--devices {devices}: torch finds {torch.cuda.device_count()} CUDA devices here")
    if kind == "mps" and devices > 1:
        raise UsageError(f"--devices {devices}: there is one Apple GPU; add --device cpu, or leave --devices out")

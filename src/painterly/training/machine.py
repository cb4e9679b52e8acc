"""The machines that a run trains on."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch.nn.parallel import DistributedDataParallel

from painterly.errors import MissingExtraError, UsageError
from painterly.models.device import choose_device, fast_bfloat16
from painterly.resources.describe import describe_machine

__all__ = ["load_adam", "make_adam", "make_fabric", "neighbours", "pinned", "set_rates", "software", "to_device"]

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
    if precision == "bf16-mixed" and choose_device(device).type == "cuda":
        # Gram matrices are products of bfloat16 in float32: in TensorFloat-32 they are just as exact, and faster.
        torch.set_float32_matmul_precision("high")
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


def make_adam(groups: Iterable[Mapping[str, Any]], rate: float, device: torch.device) -> torch.optim.Adam:
    """Adam; on an NVIDIA GPU as one kernel, with rates and counts of steps in its memory, so that it can be recorded.

    Args:
        groups: Of parameters; a group's `share` of the learning rate is 1 if it names none.
        rate: The learning rate, which `set_rates` changes.
        device: Where the parameters are, or will be before the first step.
    """
    on_gpu = device.type == "cuda"
    found = [{"share": 1.0, **group} for group in groups]
    if not on_gpu:
        return torch.optim.Adam(found, lr=rate)
    for group in found:
        group["lr"] = torch.full((), rate, device=device)
    optimizer: Any = torch.optim.Adam(found, fused=True, capturable=True)
    optimizer._warned_capturable_if_run_uncaptured = True  # a few steps are not recorded, and that is well
    return optimizer  # type: ignore[no-any-return]


def set_rates(optimizer: Any, rate: float) -> None:
    """Give every group of an optimiser its share of a learning rate."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(group["share"] * rate)
        else:
            group["lr"] = group["share"] * rate


def load_adam(optimizer: Any, state: dict[str, Any]) -> None:
    """Give an optimiser the moments of another, which may have run on another kind of device.

    Args:
        optimizer: Of `make_adam`.
        state: The other one's `state_dict`.
    """
    own = [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
    groups = [{**group, **mine} for group, mine in zip(state["param_groups"], own, strict=True)]
    optimizer.load_state_dict({**state, "param_groups": groups})
    for group, mine in zip(optimizer.param_groups, own, strict=True):
        group["lr"] = mine["lr"]  # itself, not a copy
        if not mine["fused"]:
            for parameter in group["params"]:  # counted on the processor where nothing is fused
                if "step" in optimizer.state.get(parameter, {}):
                    optimizer.state[parameter]["step"] = optimizer.state[parameter]["step"].cpu()


def pinned(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Values in the host's memory, from where a GPU fetches them without anybody waiting."""
    return values.pin_memory() if device.type == "cuda" else values


def to_device(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Values from the host's memory on a device, without waiting for it."""
    return pinned(values, device).to(device, non_blocking=True)


def neighbours(fabric: Any) -> int:
    """How many processes of the run share this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", 0)) or getattr(fabric.strategy, "num_processes", 1)


def software(fabric: Any) -> dict[str, Any]:
    """Versions, device, precision and processes, for a model's card."""
    from painterly import __version__

    device: torch.device = fabric.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else describe_machine()["processor"]
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

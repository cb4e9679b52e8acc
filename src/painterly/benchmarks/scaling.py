"""What training on many GPUs costs in communication: measured here as far as that goes, and worked out from there."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import start_processes

from painterly.benchmarks.timing import Timing, time_calls
from painterly.encoders.loss_network import Encoder, LossNetwork
from painterly.encoders.vgg import VGG
from painterly.losses.objective import StyleObjective
from painterly.losses.weighting import WEIGHTINGS
from painterly.models.device import choose_device
from painterly.networks.style import StyleNetwork
from painterly.resources.describe import describe_machine
from painterly.training.loop import descend
from painterly.training.machine import make_fabric

__all__ = ["LINKS", "Link", "ScalingTable", "benchmark_scaling", "ring_seconds"]

_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


@dataclass(frozen=True)
class Link:
    """What gradients go through, as its makers state it.

    Attributes:
        name: What it is called.
        bandwidth: Bytes a second, in each direction.
        latency: Seconds until a message of nothing has arrived.
    """

    name: str
    bandwidth: float
    latency: float


LINKS: Final = (
    Link("NVLink 4, 450 GB/s", 450e9, 3e-6),
    Link("InfiniBand, 400 Gbit/s", 50e9, 5e-6),
    Link("Ethernet, 100 Gbit/s", 12.5e9, 30e-6),
    Link("Ethernet, 10 Gbit/s", 1.25e9, 50e-6),
)
"""Stated speeds, not measured ones."""


def ring_seconds(size: float, count: int, link: Link) -> float:
    """Seconds of a ring all-reduce: every process sends 2 (n - 1) pieces of 1/n, one after the other.

    Args:
        size: Bytes.
        count: Processes, n.
        link: The slowest link of the ring.

    Example:
        >>> ring_seconds(8e9, 2, Link("", 1e9, 0.0))
        8.0
        >>> ring_seconds(8e9, 1, LINKS[0])
        0.0
    """
    return 2 * (count - 1) * (size / count / link.bandwidth + link.latency)


@dataclass
class ScalingTable:
    """What was measured, and what follows.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        size: Side of the crops in pixels.
        batch_size: Crops a step and process.
        precision: Of the step.
        parameters: Of the network that learns.
        operations: Floating-point operations of a step, counted; a multiplication and an addition are two.
        step: Seconds of a step of one process, measured here: `median`, `low` and `high`.
        reduce: Seconds in which two processes here add up their gradients through gloo, measured likewise.
        rate: Operations a second that are presumed of a GPU.
        rows: For every link and number of GPUs: `link`, `gpus`, `reduce` (seconds), `efficiency` with `batch_size`
            crops a GPU, and `same_batch`, the efficiency where all GPUs share a batch of 64 such crops.
    """

    machine: dict[str, Any]
    size: int
    batch_size: int
    precision: str
    parameters: int
    operations: int
    step: dict[str, Any]
    reduce: dict[str, Any]
    rate: float
    rows: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return dict(vars(self))


def benchmark_scaling(
    *,
    size: int = 256,
    batch_size: int = 4,
    repeats: int = 5,
    rate: float = 50e12,
    device: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> ScalingTable:
    """Time a training step of the paper's network and an all-reduce of its gradients; work out up to 64 GPUs.

    Nothing overlaps in what is worked out: every step waits for all gradients, which training does not.

    Args:
        size: Side of the crops in pixels.
        batch_size: Crops a step and process.
        repeats: How often each is timed.
        rate: Operations a second that are presumed of a GPU.
        device: Where the step is timed.
        report: Called with a line after each part.
    """
    where = choose_device(device)
    fabric = make_fabric(where.type, 1, "auto")
    network, step = _step(fabric, size, batch_size)
    operations = _operations(step)
    timing = time_calls(step, calls=repeats, device=fabric.device)
    report(f"a step: {timing.median:.3f} s")
    parameters = sum(parameter.numel() for parameter in network.parameters())
    reduce = _reduce_here(parameters, 10 * repeats)
    report(f"an all-reduce: {reduce.median * 1e3:.2f} ms")
    table = ScalingTable(
        describe_machine(),
        size,
        batch_size,
        str(fabric._precision.precision),
        parameters,
        operations,
        timing.to_dict(),
        reduce.to_dict(),
        rate,
    )
    compute = operations / rate
    for link in LINKS:
        for count in (1, 2, 4, 8, 16, 32, 64):
            spent = ring_seconds(4 * parameters, count, link)
            shared = compute * 64 / batch_size / count
            row = {"link": link.name, "gpus": count, "reduce": spent, "efficiency": compute / (compute + spent)}
            table.rows.append({**row, "same_batch": shared / (shared + spent)})
    return table


def _step(fabric: Any, size: int, batch_size: int) -> tuple[torch.nn.Module, Callable[[], object]]:
    """The paper's network, and what takes a step with it; weights and pictures are random, the arithmetic is not."""
    torch.manual_seed(0)
    loss_network = LossNetwork([Encoder(VGG("D", until=_LAYERS[-1]), _LAYERS)], {"name": "random"})
    loss_network.description |= {"content_layers": ["relu3_3"], "style_layers": list(_LAYERS)}
    objective = StyleObjective(loss_network, torch.rand(1, 3, size, size), WEIGHTINGS["paper"]).to(fabric.device)
    objective.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network = StyleNetwork("paper").to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model, optimizer = fabric.setup(network, torch.optim.Adam(network.parameters(), 1e-3))
    photographs = torch.rand(batch_size, 3, size, size, device=fabric.device)
    photographs = photographs.contiguous(memory_format=torch.channels_last)

    def step() -> None:
        with fabric.autocast():
            terms = objective(model(photographs), photographs)
        descend(fabric, model, optimizer, terms, clip=10.0)

    return network, step


def _operations(step: Callable[[], object]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        step()
    return int(counter.get_total_flops())


def _reduce_here(parameters: int, repeats: int) -> Timing:
    """Two processes of this machine."""
    with tempfile.TemporaryDirectory(prefix="painterly-scaling-") as folder:
        start_processes(_reduce, (folder, parameters, repeats), nprocs=2, start_method="spawn")
        times = torch.load(Path(folder) / "times.pt", weights_only=True)
    return Timing.of(times)


def _reduce(rank: int, folder: str, parameters: int, repeats: int) -> None:
    store = dist.FileStore(f"{folder}/store", 2)  # type: ignore[attr-defined]
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    gradients, times = torch.rand(parameters), []
    for _ in range(repeats + 3):
        dist.barrier()
        began = time.perf_counter()
        dist.all_reduce(gradients)
        times.append(time.perf_counter() - began)
    dist.barrier()
    if rank == 0:
        torch.save(times[3:], f"{folder}/times.pt")
    dist.destroy_process_group()

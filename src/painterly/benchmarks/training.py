"""Seconds a training step, against that of pytorch/examples with the same loss network, taking turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from painterly.benchmarks.reference import ReferenceNetwork, reference_step
from painterly.benchmarks.timing import Timing, busy_seconds, time_call
from painterly.benchmarks.workers import Worker
from painterly.encoders.distilled import DISTILLED_LAYERS, DistilledVGG
from painterly.encoders.loss_network import Encoder, LossNetwork
from painterly.encoders.vgg import VGG
from painterly.errors import PainterlyError
from painterly.losses.objective import StyleObjective
from painterly.losses.weighting import WEIGHTINGS
from painterly.memory import keep_freed_memory
from painterly.models.device import choose_device, fast_bfloat16
from painterly.networks.style import StyleNetwork
from painterly.resources.describe import describe_machine
from painterly.resources.usage import UsageMeter
from painterly.training.machine import make_adam, make_fabric
from painterly.training.stepping import Stepper

__all__ = ["TrainingTable", "benchmark_training"]

_PAPER = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
_PAPER_STEPS = 40_000
_QUEUED = 10
"""Steps that a GPU is given at once: in a run nobody waits for each."""


@dataclass
class TrainingTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        size: Side of the crops in pixels.
        batch_size: Crops a step.
        rows: For every contestant `training`, `loss_network`, `precision`, `seconds` a step (median) with `low` and
            `high` (quartiles), `ratio` to the reference, `idle` (the share of a step in which an NVIDIA GPU waits; None
            elsewhere), `paper_seconds` (of the paper's 40,000 steps, of four crops of 256 pixels; None for others), and
            `usage`.
    """

    machine: dict[str, Any]
    size: int
    batch_size: int
    rows: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return dict(vars(self))


def benchmark_training(
    *,
    size: int = 256,
    batch_size: int = 4,
    repeats: int = 5,
    compile: bool = False,
    device: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> TrainingTable:
    """Time training steps on random pictures with random loss networks, whose arithmetic is the same.

    Args:
        size: Side of the crops in pixels.
        batch_size: Crops a step.
        repeats: Steps that are timed, after one that is not.
        compile: Whether painterly compiles network and loss.
        device: Where to compute.
        report: Called with a line about each round.

    Raises:
        PainterlyError: A contestant cannot run here.
    """
    where = choose_device(device)
    mixed = "bf16-mixed" if fast_bfloat16(where) else "32-true"
    named: list[tuple[str, str, str]] = [("reference", "VGG-16", "32-true"), ("painterly", "VGG-16", "32-true")]
    if mixed != "32-true":
        named.append(("painterly", "VGG-16", mixed))
    named.append(("painterly", "distilled", mixed))
    workers: list[Worker] = []
    try:
        for which, loss_network, precision in named:
            workers.append(Worker(_contestant, which, loss_network, precision, size, batch_size, compile, device))
        seconds: list[list[float]] = [[] for _ in workers]
        for turn in range(repeats):
            for worker, times in zip(workers, seconds, strict=True):
                times.append(worker.ask("step"))
            report(f"round {turn + 1} of {repeats} done")
        busy = [worker.ask("busy") for worker in workers]
        usages = [worker.ask("usage", batch_size) for worker in workers]
    except RuntimeError as error:
        raise PainterlyError(f"the benchmark cannot go on: {str(error).strip().splitlines()[-1]}") from error
    finally:
        for worker in workers:
            worker.close()
    timings = [Timing.of(times) for times in seconds]
    table = TrainingTable(describe_machine(), size, batch_size)
    papers = (size, batch_size) == (256, 4)
    for (which, loss_network, precision), timing, works, usage in zip(named, timings, busy, usages, strict=True):
        table.rows.append(
            {
                "training": which,
                "loss_network": loss_network,
                "precision": precision,
                "seconds": timing.median,
                "low": timing.low,
                "high": timing.high,
                "ratio": timings[0].median / timing.median,
                "idle": None if works is None else max(0.0, 1 - works / timing.median),
                "paper_seconds": _PAPER_STEPS * timing.median if papers else None,
                "usage": usage,
            }
        )
    return table


def _contestant(
    which: str, loss_network: str, precision: str, size: int, batch_size: int, compile: bool, device: str
) -> dict[str, Callable[..., Any]]:
    """What a process does: a step, and tell what it took."""
    where = choose_device(device)
    torch.manual_seed(0)
    pictures = torch.rand(batch_size, 3, size, size, device=where)
    step = (
        _reference(where, pictures)
        if which == "reference"
        else _ours(loss_network, precision, pictures, compile, device)
    )
    many = _QUEUED if where.type == "cuda" else 1

    def steps() -> None:
        for _ in range(many):
            step()

    steps()
    meter = UsageMeter(where)

    def timed() -> float:
        return time_call(steps, where)[0] / many

    def busy() -> float | None:
        return busy_seconds(step, where)

    def usage(images: int) -> dict[str, Any]:
        with meter:  # a step of its own: between those that were timed, the others took their turns
            steps()
        return meter.usage().to_dict(images=images * many)

    return {"step": timed, "busy": busy, "usage": usage}


def _reference(where: torch.device, pictures: Tensor) -> Callable[[], object]:
    vgg = VGG("D", until="relu4_3").to(where).requires_grad_(False)

    def activations(x: Tensor) -> list[Tensor]:
        return list(vgg(x, _PAPER).values())

    step = reference_step(ReferenceNetwork().to(where), activations, pictures[:1] * 255)
    return lambda: step(pictures * 255)


def _ours(loss_network: str, precision: str, pictures: Tensor, compile: bool, device: str) -> Callable[[], object]:
    """Painterly's own step (`painterly.training.stepping.Stepper`) with the recipe's settings."""
    keep_freed_memory()
    fabric = make_fabric(device, 1, precision)
    if loss_network == "distilled":
        layers: Sequence[str] = DISTILLED_LAYERS[:4]
        encoder = Encoder(DistilledVGG(until="relu4_1"), layers)
        content = "relu3_1"
    else:
        layers, content = _PAPER, "relu2_2"
        encoder = Encoder(VGG("D", until="relu4_3"), layers)
    network = LossNetwork([encoder], {"content_layers": [content], "style_layers": list(layers)})
    network = network.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    objective = StyleObjective(network, pictures[:1], WEIGHTINGS["modern"])
    painter = StyleNetwork("modern").to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer: Any = make_adam([{"params": list(painter.parameters())}], 1e-3, fabric.device)
    if compile:
        painter.compile()
        objective.compile()
    model, optimizer = fabric.setup(painter, optimizer)
    photographs = pictures.contiguous(memory_format=torch.channels_last)
    task, records = _Task(painter, objective), fabric.device.type == "cuda"
    stepper = Stepper(fabric, task, model, optimizer, clip=10.0, records=records, compiled=compile)
    return lambda: stepper(photographs, 0, ())


class _Task:
    """As much of a task as steps need.

    Args:
        network: What learns.
        objective: By what.
    """

    def __init__(self, network: nn.Module, objective: nn.Module) -> None:
        self.network, self.objective = network, objective

    def given(self, step: int, samples: Sequence[int]) -> dict[str, Tensor] | None:
        return {}

    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = self.objective(model(photographs), photographs)
        return terms

    def fixed_terms(self, model: nn.Module, photographs: Tensor, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return self.terms(model, photographs, 0, ())

    def uncompile(self) -> None:
        self.network._compiled_call_impl = self.objective._compiled_call_impl = None

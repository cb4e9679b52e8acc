"""The training loop that every kind of network shares, from the top to the bottom of this file."""

from __future__ import annotations

import hashlib
import logging
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from painterly.atomic import check_writable
from painterly.data.crops import CropDataset, Cropping, SampleOrder, crop_loader
from painterly.data.photos import find_photos
from painterly.errors import Interrupted, OutputError, TrainingError, UsageError
from painterly.images.tensors import from_tensor
from painterly.memory import keep_freed_memory
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.models.reading import read_model
from painterly.resources.usage import UsageMeter
from painterly.training.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from painterly.training.evaluation import held_out_crops, split_photos
from painterly.training.machine import make_fabric, software
from painterly.training.meter import Interruption, Meter, training_progress
from painterly.training.run_log import RunLog
from painterly.training.settings import RunSettings

__all__ = ["Task", "as_input", "descend", "fit", "learning_rate"]

log = logging.getLogger(__name__)


class Task(ABC):
    """What is learnt: a network, a loss, and what to say about them in the end.

    Attributes:
        network: What learns.
        task: The name under which model files have it.
        cropping: How photographs become crops.
        first_steps: Steps that come before those asked for.
        settings: What else a resumed run must agree in, as plain JSON values.
    """

    network: nn.Module
    task: ClassVar[str]
    cropping: Cropping = "random"
    first_steps: int = 0
    settings: Mapping[str, Any]

    @abstractmethod
    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        """The terms of the loss: scalars by name, whose sum is to fall.

        Args:
            model: The network, wrapped for the device and the precision.
            photographs: RGB in [0, 1], shape (B, 3, S, S).
            step: Steps done before this one, less `first_steps`.
            samples: The photographs' places in the run's stream of samples, over all processes.
        """

    @abstractmethod
    def sheet(self, photographs: Tensor) -> Tensor:
        """Examples for people, from a few unseen photographs: RGB in [0, 1], shape (3, H, W)."""

    @abstractmethod
    def measure(self, photographs: Tensor) -> dict[str, Any]:
        """How well the network does on unseen photographs, at least one: RGB in [0, 1], shape (N, 3, S, S)."""

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """Fields of the model's card that only this task knows; `training` is added to the settings."""

    def parameters(self) -> Iterable[dict[str, Any]]:
        """Groups for the optimiser; a group's `share` of the learning rate is 1 if it names none."""
        return [{"params": list(self.network.parameters())}]

    def begin_with(self, parent: nn.Module) -> None:
        """Give the network the weights of another.

        Raises:
            ValueError: They do not fit.
        """
        if type(parent) is not type(self.network) or parent.description != self.network.description:
            raise ValueError("networks of different kinds")
        self.network.load_state_dict(parent.state_dict())

    def save(self, path: Path, card: ModelCard, dtype: torch.dtype) -> ModelCard:
        """Write what was learnt, and return its card."""
        save_network(path, self.network, card, dtype=dtype)
        return card

    def to(self, device: torch.device) -> None:  # noqa: B027
        """Move the loss to a device; the network moves by itself."""

    def compile(self) -> None:
        """Compile whatever runs in every step."""
        self.network.compile()


def fit(config: RunSettings, build: Callable[[], Task]) -> ModelCard:
    """Train what `build` makes and write it, with its card, to `config.output`.

    Args:
        config: Resolved settings (`RunSettings.resolved`).
        build: Makes the task; called once the random numbers are seeded.

    Returns:
        The card of the network.

    Raises:
        PainterlyError: Something cannot be read or written, or the loss is no longer finite.
        Interrupted: Somebody pressed Ctrl-C; a checkpoint was saved first.
    """
    folder = config.output.with_suffix(".run")
    check_writable(config.output, overwrite=config.overwrite or config.resume)
    if config.output.suffix != ".safetensors":
        raise UsageError(f"--output {config.output}: a model file's name ends in .safetensors")
    if folder.exists() and not (config.overwrite or config.resume):
        raise OutputError(f"{folder} holds an earlier run; add --resume to go on with it or --overwrite to replace it")

    keep_freed_memory()
    fabric = make_fabric(config.device, config.devices, config.precision)
    fabric.launch()
    usage = UsageMeter(fabric.device)
    torch.manual_seed(config.seed)

    # What to learn from, and what learns.
    photos = find_photos(config.photos)
    training, unseen = split_photos(photos, config.held_out, config.seed)
    task = build()
    network, history = task.network, {}
    settings = {
        **config.to_dict(),
        **task.settings,
        "photographs": hashlib.sha256("\n".join(photos.names).encode()).hexdigest(),
        "precision": str(fabric._precision.precision),
    }
    first_steps = task.first_steps
    if config.init is not None:
        parent, card = read_model(config.init)
        try:
            task.begin_with(parent)
        except ValueError as error:
            wanted = "the preset of the network to be trained, and as many styles or one"
            raise UsageError(f"{config.init} is another kind of network: --init needs {wanted}") from error
        history = {"started_from": {"training": card.training, "result": card.result}}
        first_steps = 0  # it can do more than that already
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    task.to(fabric.device)
    optimizer = torch.optim.Adam([{"share": 1.0, **group} for group in task.parameters()], lr=config.learning_rate or 0)
    if config.compile:
        task.compile()
    model, optimizer = fabric.setup(network, optimizer)

    # Where it stands.
    steps = config.step_count(len(training))
    step, seconds, skipped, total = 0, 0.0, set[str](), first_steps + steps
    if config.resume:
        state = load_checkpoint(folder / CHECKPOINT, settings)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds, skipped = state["step"], state["seconds"], set(state["skipped"])
        log.info("going on from step %d", step)
    began = step
    run = RunLog(folder, keep=config.resume, active=fabric.is_global_zero)

    def checkpoint() -> None:
        meter.check()
        usage.poll()
        if run.active:
            save_checkpoint(
                folder / CHECKPOINT,
                {
                    "step": step,
                    "network": network.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "random": torch.get_rng_state(),
                    "seconds": seconds + meter.seconds(),
                    "skipped": sorted(skipped),
                    "settings": settings,
                },
            )
            log.info("checkpoint at step %d", step)

    crops = CropDataset(photos, training, config.size, seed=config.seed, cropping=task.cropping)
    local = config.batch_size // fabric.world_size
    order = SampleOrder(
        step * config.batch_size, total * config.batch_size, local, fabric.global_rank, fabric.world_size
    )
    workers = min(8, max(1, (os.cpu_count() or 1) // 2)) if config.workers is None else config.workers
    batches = iter(crop_loader(crops, order, workers=workers, pin=fabric.device.type == "cuda"))
    if config.resume:
        torch.set_rng_state(state["random"])  # not before: the loader draws a number of its own when it starts
    examples = held_out_crops(photos, unseen, config.size, task.cropping).to(fabric.device)

    def measure() -> None:
        network.eval()
        run.measured(max(0, step - first_steps), task.measure(examples))
        network.train()

    run.start(step)
    if config.measure_every and step == 0 and len(examples):
        measure()
    meter = Meter(run, step, config.batch_size)
    try:
        with training_progress(total, step) as progress, Interruption() as interruption:
            for batch in batches:
                for group in optimizer.param_groups:
                    group["lr"] = group["share"] * learning_rate(config, step - first_steps, steps)
                photographs = as_input(batch.pixels, fabric.device)
                with fabric.autocast():
                    terms = task.terms(model, photographs, step - first_steps, batch.numbers)
                norm = descend(fabric, model, optimizer, terms, clip=config.clip or math.inf)

                step += 1
                for name in set(batch.skipped) - skipped:
                    log.warning("skipped %s: it cannot be read", name)
                skipped.update(batch.skipped)
                meter.add(step, terms, norm)
                progress(step, meter)
                if run.active and config.sample_every and step % config.sample_every == 0 and len(examples):
                    network.eval()
                    run.sample(step, from_tensor(task.sheet(examples[:4])))
                    network.train()
                done = step - first_steps
                if config.measure_every and done > 0 and done % config.measure_every == 0 and len(examples):
                    measure()
                if step % config.checkpoint_every == 0 or step == total or interruption.asked:
                    checkpoint()
                if interruption.asked:
                    raise Interrupted(f"stopped at step {step}; the same command with --resume goes on from there")
    except torch.OutOfMemoryError as error:
        raise TrainingError(f"memory ran out at step {step + 1}: lower --batch-size or --size") from error
    finally:
        run.close()
        # Python would wait for the readers for ever: they heed no signal, so that Ctrl-C is the trainer's to answer.
        getattr(batches, "_shutdown_workers", lambda: None)()

    # What came of it, and what it took (a resumed run: since then).
    took = usage.usage()
    log.info("%s", took.describe())
    network.eval()
    about = task.about()
    card = ModelCard(
        task=task.task,
        network=network.description.to_dict(),  # type: ignore[operator, union-attr]
        **{key: value for key, value in about.items() if key != "training"},
        training=config.to_dict() | about.get("training", {}) | history,
        data={
            "source": config.photos.name,
            "photographs": len(training),
            "held_out": len(unseen),
            "unreadable": len(skipped),
        },
        result={"steps": step, "seconds": round(seconds + meter.seconds()), "last": run.last()}
        | {"usage": took.to_dict(images=(step - began) * config.batch_size // fabric.world_size)}
        | (task.measure(examples) if len(examples) else {}),
        software=software(fabric),
    )
    if run.active:
        card = task.save(config.output, card, torch.float16 if config.half else torch.float32)
    if skipped:
        log.warning("%d of %d photographs could not be read", len(skipped), len(training))
    return card


def descend(fabric: Any, model: nn.Module, optimizer: Any, terms: Mapping[str, Tensor], *, clip: float) -> Tensor:
    """One step of gradient descent on the sum of some terms; returns the norm of the gradient before clipping."""
    optimizer.zero_grad()
    fabric.backward(torch.stack(list(terms.values())).sum())
    norm: Tensor = fabric.clip_gradients(model, optimizer, max_norm=clip, error_if_nonfinite=False)
    optimizer.step()
    return norm


def learning_rate(config: RunSettings, step: int, total: int) -> float:
    """Constant, then falling to zero along half a cosine over the last `config.decay` of the steps."""
    rate, falling = config.learning_rate or 0.0, (config.decay or 0.0) * total
    if step < total - falling:
        return rate
    return rate * 0.5 * (1 + math.cos(math.pi * (step - (total - falling)) / falling))


def as_input(pixels: Tensor, device: torch.device) -> Tensor:
    """uint8 crops (B, 3, S, S) to RGB in [0, 1] on the device, channels last."""
    moved = pixels.to(device, non_blocking=True)
    return moved.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)

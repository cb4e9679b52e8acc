"""The training loop that every kind of network shares, from the top to the bottom of this file.

It runs in one process or in several at once, each with its part of every batch; `painterly.training.processes` says
what they tell one another.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from painterly.atomic import check_writable
from painterly.data.crops import CropDataset, SampleOrder, crop_loader
from painterly.data.photos import find_photos
from painterly.errors import Interrupted, OutputError, TrainingError, UsageError
from painterly.images.tensors import from_tensor
from painterly.memory import keep_freed_memory
from painterly.models.card import ModelCard
from painterly.models.reading import read_model
from painterly.progress import be_quiet
from painterly.resources.usage import UsageMeter
from painterly.training.batch_norm import synchronise_norms
from painterly.training.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from painterly.training.curve import CURVE, rate_share, thin_curve
from painterly.training.evaluation import held_out_crops, split_photos
from painterly.training.machine import load_adam, make_adam, make_fabric, neighbours, set_rates, software
from painterly.training.meter import Interruption, Meter, training_progress
from painterly.training.processes import Processes
from painterly.training.run_log import RunLog, read_measures
from painterly.training.settings import RunSettings, check_shares
from painterly.training.stepping import Stepper, descend
from painterly.training.task import Task

__all__ = ["Task", "as_input", "descend", "fit", "learning_rate"]

log = logging.getLogger(__name__)


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
    keep_freed_memory()
    fabric = make_fabric(config.device, config.devices, config.precision, config.nodes)
    fabric.launch()
    processes = Processes.of(fabric, neighbours(fabric))
    if not processes.first:
        be_quiet()
        log.setLevel(logging.ERROR)
    with processes.one_voice():
        return _fit(config, build, fabric, processes)


def _fit(config: RunSettings, build: Callable[[], Task], fabric: Any, processes: Processes) -> ModelCard:
    folder = config.output.with_suffix(".run")
    usage = UsageMeter(fabric.device)
    torch.manual_seed(config.seed)

    # What to learn from, and what learns.
    state: dict[str, Any] = {}
    with processes.together():
        if processes.first:
            _check_output(config, folder)
        check_shares(config.batch_size, processes.count)
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
            history, first_steps = _begin_with(task, config.init), 0  # it can do more than that already
        if config.resume and processes.first:
            state = load_checkpoint(folder / CHECKPOINT, settings)
    processes.check_alike(settings)
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    if processes.count > 1:
        synchronise_norms(network, fabric.device)
    task.to(fabric.device)
    on_gpu = fabric.device.type == "cuda"
    optimizer: Any = make_adam(task.parameters(), config.learning_rate or 0, fabric.device)
    if config.compile:
        task.compile()
    model, optimizer = fabric.setup(network, optimizer)
    recorded = {"records": on_gpu and processes.count == 1, "compiled": config.compile}
    stepper = Stepper(fabric, task, model, optimizer, clip=config.clip or math.inf, **recorded)

    # Where it stands.
    steps = config.step_count(len(training))
    step, seconds, skipped, total = 0, 0.0, set[str](), first_steps + steps
    if config.resume:
        state = processes.share(state)
        network.load_state_dict(state["network"])
        load_adam(optimizer, state["optimizer"])
        step, seconds, skipped = state["step"], state["seconds"], set(state["skipped"])
        log.info("going on from step %d", step)
    began = step
    run = RunLog(folder, keep=config.resume, active=processes.first)

    def checkpoint() -> None:
        meter.check()
        usage.poll()
        skipped.update(*processes.gather(skipped))
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
    local = config.batch_size // processes.count
    order = SampleOrder(step * config.batch_size, total * config.batch_size, local, processes.rank, processes.count)
    readers = min(8, max(1, (os.cpu_count() or 1) // 2 // processes.neighbours))
    workers = readers if config.workers is None else config.workers
    batches = iter(crop_loader(crops, order, workers=workers, pin=on_gpu))
    if config.resume:
        torch.set_rng_state(state["random"])  # not before: the loader draws a number of its own when it starts
    examples = held_out_crops(photos, unseen if run.active else [], config.size, task.cropping).to(fabric.device)

    def measure() -> None:
        network.eval()
        run.measured(max(0, step - first_steps), task.measure(examples))
        network.train()

    run.start(step)
    if config.measure_every and step == 0 and len(examples):
        measure()
    meter = Meter(run, step, config.batch_size, processes, every=50 if on_gpu else 10)
    try:
        with training_progress(total, step) as progress, Interruption() as interruption:
            for batch in batches:
                set_rates(optimizer, learning_rate(config, step - first_steps, steps))
                terms, norm = stepper(as_input(batch.pixels, fabric.device), step - first_steps, batch.numbers)

                step += 1
                for name in set(batch.skipped) - skipped:
                    log.warning("skipped %s: it cannot be read", name)
                skipped.update(batch.skipped)
                meter.add(step, terms, norm)
                progress(step, meter)
                if config.sample_every and step % config.sample_every == 0 and len(examples):
                    network.eval()
                    run.sample(step, from_tensor(task.sheet(examples[:4])))
                    network.train()
                done = step - first_steps
                if config.measure_every and done > 0 and done % config.measure_every == 0 and len(examples):
                    measure()
                asked = processes.any(interruption.asked)
                if step % config.checkpoint_every == 0 or step == total or asked:
                    checkpoint()
                if asked:
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
    logged = read_measures(folder / CURVE) if run.active else []
    curve = thin_curve(logged, lambda done: rate_share(config.decay or 0.0, done, steps), begins=first_steps)
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
        | ({"curve": curve} if curve else {})
        | {"usage": took.to_dict(images=(step - began) * config.batch_size // fabric.world_size)}
        | (task.measure(examples) if len(examples) else {}),
        software=software(fabric),
    )
    if run.active:
        card = task.save(config.output, card, torch.float16 if config.half else torch.float32)
    if skipped:
        log.warning("%d of %d photographs could not be read", len(skipped), len(training))
    return processes.share(card)


def _check_output(config: RunSettings, folder: Path) -> None:
    check_writable(config.output, overwrite=config.overwrite or config.resume)
    if config.output.suffix != ".safetensors":
        raise UsageError(f"--output {config.output}: a model file's name ends in .safetensors")
    if folder.exists() and not (config.overwrite or config.resume):
        raise OutputError(f"{folder} holds an earlier run; add --resume to go on with it or --overwrite to replace it")


def _begin_with(task: Task, init: Path) -> dict[str, Any]:
    """Give a task's network the weights of another; returns what the card says about it."""
    parent, card = read_model(init)
    try:
        task.begin_with(parent)
    except ValueError as error:
        wanted = "the preset of the network to be trained, and as many styles or one"
        raise UsageError(f"{init} is another kind of network: --init needs {wanted}") from error
    return {"started_from": {"training": card.training, "result": card.result, "software": card.software}}


def learning_rate(config: RunSettings, step: int, total: int) -> float:
    """Constant, then falling to zero along half a cosine over the last `config.decay` of the steps."""
    return (config.learning_rate or 0.0) * rate_share(config.decay or 0.0, step, total)


def as_input(pixels: Tensor, device: torch.device) -> Tensor:
    """uint8 crops (B, 3, S, S) to RGB in [0, 1] on the device, channels last."""
    moved = pixels.to(device, non_blocking=True)
    return moved.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)

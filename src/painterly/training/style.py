"""Training of a style network (paper, sections 3 and 4.1): one loop, from the top to the bottom of this file."""

from __future__ import annotations

import hashlib
import logging
import math
import os
from typing import Any

import torch
from torch import Tensor

from painterly.atomic import check_writable
from painterly.data.crops import CropDataset, SampleOrder, crop_loader
from painterly.data.photos import find_photos
from painterly.encoders.loading import load_loss_network
from painterly.encoders.names import parse_layers
from painterly.errors import Interrupted, OutputError, UsageError
from painterly.images.reading import read_picture, resize_longest
from painterly.images.tensors import from_tensor, to_tensor
from painterly.losses.objective import StyleObjective
from painterly.losses.pixel import pixel_loss
from painterly.memory import keep_freed_memory
from painterly.models.card import ModelCard
from painterly.models.file import load_network, save_network
from painterly.networks.description import STYLE_PRESETS
from painterly.networks.initialization import initialise
from painterly.networks.style import StyleNetwork
from painterly.training.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from painterly.training.config import StyleTraining
from painterly.training.evaluation import held_out_crops, mean_objective, split_photos
from painterly.training.machine import make_fabric, software
from painterly.training.meter import Interruption, Meter, training_progress
from painterly.training.run_log import RunLog

__all__ = ["style_objective", "train_style"]

log = logging.getLogger(__name__)


def learning_rate(config: StyleTraining, step: int, total: int) -> float:
    """Constant, then falling to zero along half a cosine over the last `config.decay` of the steps."""
    falling = (config.decay or 0.0) * total
    if step < total - falling:
        return config.learning_rate
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - (total - falling)) / falling))


def style_objective(config: StyleTraining) -> StyleObjective:
    """The loss that `config` describes: loss network, painting, layers and weights.

    Raises:
        InputError: The painting or the loss network cannot be read.
        UsageError: The painting is too small, or the loss network lacks a layer.
    """
    painting = read_picture(config.style)
    if min(painting.size) < 32:
        raise UsageError(f"{config.style} has {painting.width}x{painting.height} pixels; a style needs at least 32x32")
    assert config.style_size is not None
    painting = resize_longest(painting, config.style_size)
    if min(painting.size) < 16:
        raise UsageError(f"{config.style} is too narrow for --style-size {config.style_size}")
    content = parse_layers(config.content_layers) if config.content_layers else None
    style = parse_layers(config.style_layers) if config.style_layers else None
    loss_network = load_loss_network(config.loss_network, content_layers=content, style_layers=style)
    loss_network = loss_network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return StyleObjective(
        loss_network, to_tensor(painting), config.weights(), content_layers=content, style_layers=style
    )


def train_style(config: StyleTraining) -> ModelCard:
    """Train a style network and write it, with its card, to `config.output`.

    Returns:
        The card of the network.

    Raises:
        PainterlyError: Something cannot be read or written, or the loss is no longer finite.
        Interrupted: Somebody pressed Ctrl-C; a checkpoint was saved first.
    """
    config = config.resolved()
    folder = config.output.with_suffix(".run")
    check_writable(config.output, overwrite=config.overwrite or config.resume)
    if config.output.suffix != ".safetensors":
        raise UsageError(f"--output {config.output}: a model file's name ends in .safetensors")
    if folder.exists() and not (config.overwrite or config.resume):
        raise OutputError(f"{folder} holds an earlier run; add --resume to go on with it or --overwrite to replace it")

    keep_freed_memory()
    fabric = make_fabric(config.device, config.devices, config.precision)
    fabric.launch()
    torch.manual_seed(config.seed)

    # What to learn from.
    photos = find_photos(config.photos)
    training, unseen = split_photos(photos, config.held_out, config.seed)
    objective = style_objective(config).to(fabric.device)
    settings = config.to_dict() | {
        "style_sha256": hashlib.sha256(config.style.read_bytes()).hexdigest(),
        "photographs": hashlib.sha256("\n".join(photos.names).encode()).hexdigest(),
        "loss_network": objective.loss_network.description["name"],
        "precision": str(fabric._precision.precision),
        "weights": config.weights().to_dict(),
    }

    # What learns.
    description = STYLE_PRESETS[config.preset]
    identity_steps = config.identity_steps or 0
    network = StyleNetwork(description)
    initialise(network, description)
    history: dict[str, Any] = {}
    if config.init is not None:
        network, parent = load_network(config.init)
        history = {"started_from": {"training": parent.training, "result": parent.result}}
        if network.description != description:
            raise UsageError(f"{config.init} is not a network of the preset {config.preset}; name its preset")
        identity_steps = 0  # it can do more than that already
    network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    if config.compile:
        network.compile()
        objective.compile()
    model, optimizer = fabric.setup(network, optimizer)

    # Where it stands.
    step, seconds, skipped, total = 0, 0.0, set[str](), identity_steps + config.steps
    if config.resume:
        state = load_checkpoint(folder / CHECKPOINT, settings)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        step, seconds, skipped = state["step"], state["seconds"], set(state["skipped"])
        log.info("going on from step %d", step)
    run = RunLog(folder, keep=config.resume, active=fabric.is_global_zero)

    def checkpoint() -> None:
        meter.check()
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

    crops = CropDataset(photos, training, config.size, seed=config.seed, cropping=config.cropping or "random")  # type: ignore[arg-type]
    local = config.batch_size // fabric.world_size
    order = SampleOrder(
        step * config.batch_size, total * config.batch_size, local, fabric.global_rank, fabric.world_size
    )
    workers = min(8, max(1, (os.cpu_count() or 1) // 2)) if config.workers is None else config.workers
    batches = crop_loader(crops, order, workers=workers, pin=fabric.device.type == "cuda")
    examples = held_out_crops(photos, unseen, config.size).to(fabric.device)

    run.start(step)
    meter = Meter(run, step, config.batch_size)
    try:
        with training_progress(total, step) as progress, Interruption() as interruption:
            for batch in batches:
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(config, step - identity_steps, config.steps)
                photographs = as_input(batch.pixels, fabric.device)

                paintings = model(photographs)
                if step < identity_steps:
                    terms = {"identity": pixel_loss(paintings, photographs)}
                else:
                    with fabric.autocast():
                        terms = objective(paintings, photographs)
                optimizer.zero_grad()
                fabric.backward(torch.stack(list(terms.values())).sum())
                norm = fabric.clip_gradients(
                    model, optimizer, max_norm=config.clip or math.inf, error_if_nonfinite=False
                )
                optimizer.step()

                step += 1
                for name in set(batch.skipped) - skipped:
                    log.warning("skipped %s: it cannot be read", name)
                skipped.update(batch.skipped)
                meter.add(step, terms, norm)
                progress(step, meter)
                if run.active and config.sample_every and step % config.sample_every == 0 and len(examples):
                    run.sample(step, from_tensor(sample_sheet(network, examples[:4])))
                if step % config.checkpoint_every == 0 or step == total or interruption.asked:
                    checkpoint()
                if interruption.asked:
                    raise Interrupted(f"stopped at step {step}; the same command with --resume goes on from there")
    finally:
        run.close()

    # What came of it.
    network.eval()
    card = ModelCard(
        task="style",
        network=description.to_dict(),
        title=config.title or config.style.stem.replace("_", " ").replace("-", " ").title(),
        style={
            "title": config.title or config.style.stem,
            "painter": config.painter,
            "licence": config.licence,
            "file": config.style.name,
            "sha256": settings["style_sha256"],
        },
        training=config.to_dict() | {"weights": settings["weights"]} | history,
        loss_network=objective.loss_network.description
        | {"content_layers": list(objective.content_layers), "style_layers": list(objective.style_layers)},
        data={
            "source": config.photos.name,
            "photographs": len(training),
            "held_out": len(unseen),
            "unreadable": len(skipped),
        },
        result={"steps": step, "seconds": round(seconds + meter.seconds()), "last": run.last()}
        | unseen_objective(objective, network, examples),
        software=software(fabric),
    )
    if run.active:
        save_network(config.output, network, card, dtype=torch.float16 if config.half else torch.float32)
    if skipped:
        log.warning("%d of %d photographs could not be read", len(skipped), len(training))
    return card


def as_input(pixels: Tensor, device: torch.device) -> Tensor:
    """uint8 crops (B, 3, S, S) to RGB in [0, 1] on the device, channels last."""
    moved = pixels.to(device, non_blocking=True)
    return moved.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def sample_sheet(network: StyleNetwork, photographs: Tensor) -> Tensor:
    """Photographs above, their paintings below: RGB in [0, 1], shape (3, 2 H, N W)."""
    network.eval()
    paintings = network(photographs)
    network.train()
    return torch.cat([torch.cat(list(row), 2) for row in (photographs, paintings)], 1)


def unseen_objective(objective: StyleObjective, network: StyleNetwork, photographs: Tensor) -> dict[str, Any]:
    """The objective on unseen photographs, painted and unchanged, and their ratio; empty if there are none."""
    if not len(photographs):
        return {}
    painted = mean_objective(objective, photographs, network)
    unchanged = mean_objective(objective, photographs, lambda batch: batch)
    return {"unseen": painted, "unchanged": unchanged, "ratio": painted["total"] / unchanged["total"]}

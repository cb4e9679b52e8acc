"""Training of a style network (paper, sections 3 and 4.1)."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import Tensor, nn

from painterly.encoders.loading import load_loss_network
from painterly.encoders.names import parse_layers
from painterly.errors import UsageError
from painterly.images.reading import read_picture, resize_longest
from painterly.images.tensors import to_tensor
from painterly.losses.objective import StyleObjective
from painterly.losses.pixel import pixel_loss
from painterly.models.card import ModelCard
from painterly.networks.description import STYLE_PRESETS
from painterly.networks.initialization import initialise
from painterly.networks.style import StyleNetwork
from painterly.training.evaluation import mean_objective
from painterly.training.loop import Task, fit
from painterly.training.style_settings import StyleTraining

__all__ = ["style_objective", "train_style"]


def train_style(config: StyleTraining) -> ModelCard:
    """Train a style network and write it, with its card, to `config.output`.

    Returns:
        The card of the network.

    Raises:
        PainterlyError: Something cannot be read or written, or the loss is no longer finite.
        Interrupted: Somebody pressed Ctrl-C; a checkpoint was saved first.
    """
    config = config.resolved()
    return fit(config, lambda: StyleTask(config))


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


class StyleTask(Task):
    """A style network and the objective of one painting. Takes resolved settings."""

    task = "style"

    def __init__(self, config: StyleTraining) -> None:
        self.config = config
        self.objective = style_objective(config)
        description = STYLE_PRESETS[config.preset]
        self.network = StyleNetwork(description)
        initialise(self.network, description)
        self.cropping = config.cropping or "random"  # type: ignore[assignment]
        self.first_steps = config.identity_steps or 0
        self.settings = {
            "style_sha256": hashlib.sha256(config.style.read_bytes()).hexdigest(),
            "loss_network": self.objective.loss_network.description["name"],
            "weights": config.weights().to_dict(),
        }

    def terms(self, model: nn.Module, photographs: Tensor, step: int) -> dict[str, Tensor]:
        paintings = model(photographs)
        if step < 0:
            return {"identity": pixel_loss(paintings, photographs)}
        terms: dict[str, Tensor] = self.objective(paintings, photographs)
        return terms

    @torch.no_grad()
    def sheet(self, photographs: Tensor) -> Tensor:
        """Photographs above, their paintings below."""
        return torch.cat([torch.cat(list(row), 2) for row in (photographs, self.network(photographs))], 1)

    def measure(self, photographs: Tensor) -> dict[str, Any]:
        """The objective on the photographs, painted and unchanged, and their ratio."""
        painted = mean_objective(self.objective, photographs, self.network)
        unchanged = mean_objective(self.objective, photographs, lambda batch: batch)
        return {"unseen": painted, "unchanged": unchanged, "ratio": painted["total"] / unchanged["total"]}

    def about(self) -> dict[str, Any]:
        config, objective = self.config, self.objective
        return {
            "title": config.title or config.style.stem.replace("_", " ").replace("-", " ").title(),
            "style": {
                "title": config.title or config.style.stem,
                "painter": config.painter,
                "licence": config.licence,
                "file": config.style.name,
                "sha256": self.settings["style_sha256"],
            },
            "training": {"weights": self.settings["weights"]},
            "loss_network": objective.loss_network.description
            | {"content_layers": list(objective.content_layers), "style_layers": list(objective.style_layers)},
        }

    def to(self, device: torch.device) -> None:
        self.objective.to(device)

    def compile(self) -> None:
        super().compile()
        self.objective.compile()

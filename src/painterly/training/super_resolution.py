"""Training of super-resolution networks (paper, sections 3 and 4.2) and of SRCNN, their baseline."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.data.degradation import degrade
from painterly.encoders.loading import choose_super_resolution_loss_network, load_loss_network
from painterly.encoders.names import parse_layers
from painterly.evaluation.metrics import luma_psnr
from painterly.images.histogram import match_histogram
from painterly.images.resampling import enlarge
from painterly.losses.super_resolution import SuperResolutionObjective
from painterly.models.card import ModelCard
from painterly.networks.initialization import initialise_super_resolution
from painterly.networks.srcnn import SRCNN
from painterly.networks.super_resolution import SuperResolutionNetwork
from painterly.training.loop import fit
from painterly.training.processes import mean_over_processes
from painterly.training.super_resolution_settings import SRCNNTraining, SuperResolutionTraining, div2k_folder
from painterly.training.task import Task

__all__ = ["super_resolution_objective", "train_srcnn", "train_super_resolution"]


def train_super_resolution(config: SuperResolutionTraining) -> ModelCard:
    """Train a super-resolution network and write it, with its card, to `config.output`.

    Returns:
        The card of the network.

    Raises:
        PainterlyError: Something cannot be read or written, or the loss is no longer finite.
        Interrupted: Somebody pressed Ctrl-C; a checkpoint was saved first.
    """
    config = config.resolved()
    return fit(dataclasses.replace(config, photos=div2k_folder(config.photos)), lambda: SuperResolutionTask(config))


def train_srcnn(config: SRCNNTraining) -> ModelCard:
    """Train an SRCNN and write it, with its card, to `config.output`; as `train_super_resolution`."""
    config = config.resolved()
    return fit(dataclasses.replace(config, photos=div2k_folder(config.photos)), lambda: SRCNNTask(config))


def super_resolution_objective(config: SuperResolutionTraining) -> SuperResolutionObjective:
    """The loss that resolved settings describe.

    Raises:
        InputError: The loss network cannot be read.
        UsageError: It lacks a layer.
    """
    layers = parse_layers(config.feature_layers or "relu2_2")
    loss_network = None
    if "feature" in config.loss:
        name = choose_super_resolution_loss_network(layers) if config.loss_network == "auto" else config.loss_network
        loss_network = load_loss_network(name, content_layers=layers, style_layers=layers, pooling=config.pooling)  # type: ignore[arg-type]
        loss_network = loss_network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return SuperResolutionObjective(
        loss_network,
        layers,
        feature=config.feature_weight,
        pixel=(config.pixel_weight or 0.0) if "pixel" in config.loss else 0.0,
        grid=(config.grid_weight or 0.0) if "feature" in config.loss else 0.0,
        period=config.scale,
        feature_scale=config.feature_scale,  # type: ignore[arg-type]
        pixel_form=config.pixel_form,  # type: ignore[arg-type]
        shift=config.shift or 0,
        average=mean_over_processes,
    )


class _Enlarging(Task):
    """What both have in common: pairs made on the fly, and PSNR to measure with. Takes resolved settings."""

    task = "super-resolution"

    def __init__(self, config: SuperResolutionTraining | SRCNNTraining) -> None:
        self.config = config
        self.cropping = config.cropping or "patch"  # type: ignore[assignment]
        self.settings = {}

    def given(self, step: int, samples: Sequence[int]) -> dict[str, Tensor] | None:
        """Nothing is needed but the photographs."""
        return {}

    def pair(self, photographs: Tensor) -> tuple[Tensor, Tensor]:
        """Low- and high-resolution pictures."""
        small = degrade(photographs, self.config.scale, self.config.degradation)  # type: ignore[arg-type]
        return small.contiguous(memory_format=torch.channels_last), photographs

    @torch.no_grad()
    def sheet(self, photographs: Tensor) -> Tensor:
        """Rows of bicubic enlargements, the network's, and the photographs themselves."""
        small, large = self.pair(photographs)
        rows = (enlarge(small, self.config.scale).clamp(0, 1), self.network(small), large)
        return torch.cat([torch.cat(list(row), 2) for row in rows], 1)

    @torch.no_grad()
    def measure(self, photographs: Tensor) -> dict[str, Any]:
        """Mean PSNR on luma: of the network, the same with its histogram matched, and bicubic; in decibels."""
        found: dict[str, list[float]] = {"psnr": [], "matched_psnr": [], "bicubic_psnr": []}
        for photograph in photographs.split(1):
            small, large = self.pair(photograph)
            output = self.network(small)
            pictures = (output, match_histogram(output, small), enlarge(small, self.config.scale))
            for values, picture in zip(found.values(), pictures, strict=True):
                values.append(luma_psnr(picture, large, border=self.config.scale))
        return {"unseen": {name: sum(values) / len(values) for name, values in found.items()}}

    def about(self) -> dict[str, Any]:
        return {"title": self.config.title or f"x{self.config.scale} super-resolution"}


class SuperResolutionTask(_Enlarging):
    """The paper's network and its variants, with feature reconstruction, pixel loss, or both."""

    config: SuperResolutionTraining

    def __init__(self, config: SuperResolutionTraining) -> None:
        super().__init__(config)
        self.objective = super_resolution_objective(config)
        self.network = SuperResolutionNetwork(config.description())
        initialise_super_resolution(self.network)
        if self.objective.loss_network is not None:
            self.settings = {"loss_network": self.objective.loss_network.description["name"]}

    def given(self, step: int, samples: Sequence[int]) -> dict[str, Tensor] | None:
        """Nothing, unless the loss network's grid is shifted at random."""
        return None if self.objective.feature and self.objective.shift else {}

    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        small, large = self.pair(photographs)
        terms: dict[str, Tensor] = self.objective(model(small), large)
        return terms

    def about(self) -> dict[str, Any]:
        network = self.objective.loss_network
        return super().about() | {"loss_network": network.description if network is not None else {}}

    def to(self, device: torch.device) -> None:
        self.objective.to(device)

    def compile(self) -> None:
        super().compile()
        self.objective.compile()


class SRCNNTask(_Enlarging):
    """SRCNN, with squared error on luma."""

    network: SRCNN

    def __init__(self, config: SRCNNTraining) -> None:
        super().__init__(config)
        self.network = SRCNN(config.description())

    def parameters(self) -> Iterable[dict[str, Any]]:
        """The last layer learns at a tenth of the rate, as in the original."""
        last = list(self.network.layers[-1].parameters())
        others = [p for p in self.network.parameters() if not any(p is own for own in last)]
        return [{"params": others}, {"params": last, "share": 0.1}]

    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        small, large = self.pair(photographs)
        # The original pads nothing in training; cutting off what padding has touched is the same.
        inner = (..., *(slice(self.network.border, -self.network.border),) * 2)
        found, wanted = self.network.luma(model(small)), self.network.luma(large)
        return {"pixel": F.mse_loss(found[inner].float(), wanted[inner].float())}

"""Distillation of a loss network into one that is small enough to ship (Wang et al. 2020).

The small network learns the activations and the Gram matrices of the large one, over photographs and over paintings.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.data.photos import find_photos
from painterly.encoders.distilled import DISTILLED_LAYERS, DistilledVGG
from painterly.encoders.loading import load_loss_network
from painterly.errors import InputError, UsageError
from painterly.images.reading import UNREADABLE, resize_longest, upright_rgb
from painterly.images.tensors import to_tensor
from painterly.losses.gram import gram_matrix
from painterly.losses.style import style_reconstruction
from painterly.models.card import ModelCard
from painterly.networks.pixels import PixelsIn
from painterly.training.encoder_settings import EncoderTraining
from painterly.training.loop import fit
from painterly.training.processes import mean_over_processes
from painterly.training.task import Task

__all__ = ["EncoderTask", "train_encoder"]

_LAYERS = DISTILLED_LAYERS[:4]
_PAINTING = 1024
"""Longest side at which paintings are kept; crops of them are between a quarter and all of it."""


def train_encoder(config: EncoderTraining) -> ModelCard:
    """Distil a loss network and write the small one, with its card, to `config.output`.

    Returns:
        The card of the network.

    Raises:
        PainterlyError: Something cannot be read or written, or the loss is no longer finite.
        Interrupted: Somebody pressed Ctrl-C; a checkpoint was saved first.
    """
    config = config.resolved()
    return fit(config, lambda: EncoderTask(config))


class EncoderTask(Task):
    """A distilled encoder and the loss network that it learns from. Takes resolved settings."""

    task = "encoder"
    network: DistilledVGG

    def __init__(self, config: EncoderTraining) -> None:
        self.config = config
        description = config.description()
        self.teacher = load_loss_network(config.loss_network, content_layers=_LAYERS, style_layers=_LAYERS)
        self.teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.teacher.description["name"].endswith("compact"):
            raise UsageError("the compact loss network cannot learn from itself; name another with --loss-network")
        self.network = DistilledVGG(until=description.until, width=description.width)
        for module in self.network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        self.pixels_in = PixelsIn("unit")
        self.paintings = _read_paintings(config)
        self.settings = {"teacher": self.teacher.description["name"], "paintings": len(self.paintings)}

    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        pictures = torch.stack(
            [self.varied(photograph, sample) for photograph, sample in zip(photographs, samples, strict=True)]
        ).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            wanted = self.teacher(pictures, _LAYERS)
        found = model(self.pixels_in(pictures), _LAYERS)
        features = [_relative_error(found[name], wanted[name]) for name in _LAYERS]
        grams = [
            style_reconstruction(gram_matrix(found[name]), gram_matrix(wanted[name]), "relative") for name in _LAYERS
        ]
        return {
            "features": torch.stack(features).mean(),
            "grams": self.config.gram_weight * torch.stack(grams).mean(),
        }

    def varied(self, photograph: Tensor, sample: int) -> Tensor:
        """A photograph as it is, or a part of a painting instead, or one of them roughened like unfinished paintings.

        Args:
            photograph: RGB in [0, 1], shape (3, S, S).
            sample: Its place in the stream, which decides.
        """
        chance = random.Random(f"{self.config.seed}/encoder/{sample}")
        picture = photograph
        if self.paintings and chance.random() < 0.25:
            picture = _part(chance.choice(self.paintings), photograph.shape[-1], chance).to(photograph)
        if chance.random() < 0.25:
            generator = torch.Generator().manual_seed(chance.randrange(2**31))
            coarse = chance.choice((1, 2, 4))
            noise = torch.randn(1, 3, *(side // coarse + 1 for side in picture.shape[-2:]), generator=generator)
            noise = F.interpolate(noise, scale_factor=coarse)[0, :, : picture.shape[-2], : picture.shape[-1]]
            picture = (picture + chance.uniform(0, 0.2) * noise.to(picture)).clamp(0, 1)
        return picture

    @torch.no_grad()
    def sheet(self, photographs: Tensor) -> Tensor:
        """Photographs, and the first activations of each layer, the large network's above the small one's."""
        wanted, found = self.teacher(photographs, _LAYERS), self._features(photographs)
        rows = [photographs]
        for name in _LAYERS:
            for features in (wanted[name], found[name]):
                shown = F.interpolate(features[:, :3], photographs.shape[-2:])
                rows.append(shown / wanted[name][:, :3].amax((1, 2, 3), keepdim=True).clamp_min(1e-6))
        return torch.cat([torch.cat(list(row.clamp(0, 1)), 2) for row in rows], 1)

    @torch.no_grad()
    def measure(self, photographs: Tensor) -> dict[str, Any]:
        """How alike the activations are, and whether losses put pictures into the same order.

        Content losses are those of every photograph from every other; style losses those from parts of the paintings,
        or, without paintings, from one another too.
        """
        ours, real = self._features(photographs), self.teacher(photographs, _LAYERS)
        size = photographs.shape[-1]
        parts = [_part(p, size, random.Random(i)).to(photographs) for i, p in enumerate(self.paintings)]
        styles = torch.stack(parts) if parts else photographs
        our_styles, real_styles = self._features(styles), self.teacher(styles, _LAYERS)
        result: dict[str, Any] = {"correlation": {}, "content_rank_correlation": {}, "style_rank_correlation": {}}
        for name in _LAYERS:
            both = torch.stack([ours[name].flatten(), real[name].flatten()])
            result["correlation"][name] = float(torch.corrcoef(both.double())[0, 1])
            contents = [_pairs(f[name].flatten(1)) for f in (ours, real)]
            losses = [
                _pairs(gram_matrix(f[name]).flatten(1), gram_matrix(s[name]).flatten(1) if parts else None)
                for f, s in ((ours, our_styles), (real, real_styles))
            ]
            for kind, pair in (("content", contents), ("style", losses)):
                if len(pair[0]) > 2:  # two values are always in one order or the other
                    result[f"{kind}_rank_correlation"][name] = _rank_correlation(*pair)
        return {key: value for key, value in result.items() if value}

    def about(self) -> dict[str, Any]:
        return {"title": self.config.title or "Compact loss network", "loss_network": self.teacher.description}

    def to(self, device: torch.device) -> None:
        self.teacher.to(device)
        self.pixels_in.to(device)

    def compile(self) -> None:
        super().compile()
        self.teacher.compile()

    def _features(self, pictures: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.network(self.pixels_in(pictures), _LAYERS)
        return found


def _read_paintings(config: EncoderTraining) -> list[Tensor]:
    """All paintings of the folder, RGB in [0, 1], shape (3, H, W)."""
    if config.paintings is None:
        return []
    found, paintings = find_photos(config.paintings), []
    for index in range(len(found)):
        try:
            with found.open(index) as image:
                paintings.append(to_tensor(resize_longest(upright_rgb(image), _PAINTING))[0])
        except UNREADABLE as error:
            raise InputError(f"{found.names[index]} is damaged ({error})") from error
    return paintings


def _part(painting: Tensor, size: int, chance: random.Random) -> Tensor:
    """A random square of a painting, at `size` by `size` pixels."""
    height, width = painting.shape[-2:]
    side = max(1, int(chance.uniform(0.25, 1.0) * min(height, width)))
    top, left = chance.randint(0, height - side), chance.randint(0, width - side)
    part = painting[:, top : top + side, left : left + side].unsqueeze(0)
    return F.interpolate(part, (size, size), mode="bicubic", antialias=True, align_corners=False)[0].clamp(0, 1)


def _relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    wanted = wanted.float()
    return (found.float() - wanted).square().mean() / mean_over_processes(wanted.square().mean()).clamp_min(1e-12)


def _pairs(a: Tensor, b: Tensor | None = None) -> Tensor:
    """Squared distance of every row of `a` from every row of `b`; by default from the rows of `a` that come after."""
    distances = torch.cdist(a.double(), (a if b is None else b).double()).square()
    if b is None:
        return distances[tuple(torch.triu_indices(len(a), len(a), 1))]
    return distances.flatten()


def _rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's."""
    ranks = torch.stack([values.argsort().argsort().double() for values in (a, b)])
    return float(torch.corrcoef(ranks)[0, 1])

"""Training of a style network (paper, sections 3 and 4.1)."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.data.photos import find_photos
from painterly.encoders.loading import load_loss_network
from painterly.encoders.loss_network import LossNetwork
from painterly.encoders.names import parse_layers
from painterly.errors import UsageError
from painterly.images.canvas import canvas
from painterly.images.reading import read_picture, resize_longest
from painterly.images.tensors import to_tensor
from painterly.losses.gallery_objective import GalleryObjective
from painterly.losses.objective import StyleObjective
from painterly.losses.pixel import pixel_loss
from painterly.losses.steadiness import disturb, movements, steadiness
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.models.treat import prime
from painterly.networks.initialization import initialise
from painterly.networks.mixing import norm_layers, take_over, with_styles
from painterly.networks.style import StyleNetwork
from painterly.training.canvases import some_canvases
from painterly.training.dealing import dealt
from painterly.training.evaluation import mean_objective, split_photos
from painterly.training.extra_styles import extra_styles
from painterly.training.loop import fit
from painterly.training.machine import to_device
from painterly.training.processes import several_processes, sum_over_processes
from painterly.training.style_settings import StyleTraining, check_style_name, style_name
from painterly.training.task import Task

__all__ = ["StyleTask", "style_loss_network", "style_objective", "train_style"]


def train_style(config: StyleTraining) -> ModelCard:
    """Train a style network and write it, with its card, to `config.output`.

    Returns:
        The card of the network.

    Raises:
        PainterlyError: Something cannot be read or written, or the loss is no longer finite.
        Interrupted: Somebody pressed Ctrl-C; a checkpoint was saved first.
    """
    config = config.resolved()
    for path in config.style:
        check_style_name(style_name(path), f"rename {path}")
    return fit(config, lambda: StyleTask(config))


def style_loss_network(config: StyleTraining) -> LossNetwork:
    """The loss network that `config` names, as deep as its layers.

    Raises:
        InputError: It cannot be read.
        UsageError: It lacks a layer.
    """
    content = parse_layers(config.content_layers) if config.content_layers else None
    style = parse_layers(config.style_layers) if config.style_layers else None
    loss_network = load_loss_network(config.loss_network, content_layers=content, style_layers=style)
    return loss_network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def style_objective(config: StyleTraining, style: int = 0, loss_network: LossNetwork | None = None) -> StyleObjective:
    """The loss that `config` describes: loss network, painting, layers and weights.

    Args:
        config: The settings.
        style: Which of its paintings.
        loss_network: What `style_loss_network` made of the same settings, if it is there already.

    Raises:
        InputError: The painting or the loss network cannot be read.
        UsageError: The painting is too small, or the loss network lacks a layer.
    """
    path = config.style[style]
    painting = read_picture(path)
    if min(painting.size) < 32:
        raise UsageError(f"{path} has {painting.width}x{painting.height} pixels; a style needs at least 32x32")
    assert config.style_size is not None
    painting = resize_longest(painting, config.style_size)
    if min(painting.size) < 16:
        raise UsageError(f"{path} is too narrow for --style-size {config.style_size}")
    return StyleObjective(loss_network or style_loss_network(config), to_tensor(painting), config.weights(style))


class StyleTask(Task):
    """A style network and the objectives of its paintings. Takes resolved settings."""

    task = "style"
    network: StyleNetwork

    def __init__(self, config: StyleTraining) -> None:
        self.config = config
        loss_network = style_loss_network(config)
        objectives = [style_objective(config, index, loss_network) for index in range(len(config.style))]
        if config.extra_styles:
            photos = find_photos(config.photos)
            training, _ = split_photos(photos, config.held_out, config.seed)
            size = config.style_size or 256
            more = extra_styles(config.extra_styles, config.style, photos, training, size, config.seed)
            objectives += [StyleObjective(loss_network, picture, config.weights()) for picture in more]
        self.objective = GalleryObjective(objectives)
        description = config.description()
        self.network = StyleNetwork(description)
        initialise(self.network, description)
        self.cropping = config.cropping or "random"  # type: ignore[assignment]
        self.first_steps = config.identity_steps or 0
        weights = [config.weights(index).to_dict() for index in range(len(config.style))]
        self.settings = {
            "style_sha256": [hashlib.sha256(path.read_bytes()).hexdigest() for path in config.style],
            "loss_network": loss_network.description["name"],
            "weights": weights[0] if len(weights) == 1 else weights,
        }

    def begin_with(self, parent: nn.Module) -> None:
        """As `Task.begin_with`, and every style may begin with the only one of another network."""
        if not isinstance(parent, StyleNetwork):
            raise ValueError("networks of different kinds")
        take_over(self.network, parent)

    def parameters(self) -> Iterable[dict[str, Any]]:
        if not self.config.only_identity:
            return super().parameters()
        self.network.requires_grad_(False)
        norms = [parameter for _, norm in norm_layers(self.network) for parameter in norm.parameters()]
        for parameter in norms:  # rows of other styles get no gradient, and Adam leaves them alone
            parameter.requires_grad_(True)
        return [{"params": norms}]

    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        given = {name: to_device(value, photographs.device) for name, value in self._choices(samples).items()}
        mix = self._mix(given["styles"])
        if step < 0:
            return {"identity": pixel_loss(model(photographs, *mix), photographs)}
        laid = self._laid(photographs, given)
        paintings = model(laid, *mix)
        terms = self._painted(paintings, photographs, given)
        if self.config.steady_weight:
            how = movements(samples, self.config.seed)
            again = model(disturb(laid, how), *mix)
            terms["steady"] = self.config.steady_weight * steadiness(paintings, again, how)
        return terms

    def given(self, step: int, samples: Sequence[int]) -> dict[str, Tensor] | None:
        """The styles, except while the network learns to give the photograph back, and where films are to be steady."""
        return None if step < 0 or self.config.steady_weight else self._choices(samples)

    def fixed_terms(self, model: nn.Module, photographs: Tensor, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        laid = self._laid(photographs, given)
        return self._painted(model(laid, *self._mix(given["styles"])), photographs, given)

    def _mix(self, styles: Tensor) -> tuple[Tensor, ...]:
        """What a network of several styles is told besides the photographs."""
        count = self.network.description.styles
        return () if count == 1 else (F.one_hot(styles, count).float(),)

    def _choices(self, samples: Sequence[int]) -> dict[str, Tensor]:
        """A style for each sample; where the photograph itself is one, which samples have another and which it."""
        d = self.network.description
        last = self.config.only_identity
        chosen = [0] * len(samples) if d.styles == 1 else [d.styles - 1] * len(samples) if last else self._deal(samples)
        found = {"styles": torch.tensor(chosen)}
        if d.identity:
            kept = found["styles"] == d.styles - 1
            found |= {"painted": (~kept).nonzero()[:, 0], "kept": kept.nonzero()[:, 0]}
        if self.config.canvas:
            bare = found.get("kept", torch.tensor([], dtype=torch.long))
            canvases = some_canvases(samples, self.config.seed, self.config.size, self.config.canvas)
            found["canvas"] = canvases.index_fill(0, bare, 0.0)  # it must not come back with a photograph
        return found

    def _laid(self, photographs: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """The photographs on their canvases."""
        return (photographs + given["canvas"]).clamp(0, 1) if "canvas" in given else photographs

    def _painted(self, paintings: Tensor, photographs: Tensor, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The objectives of the styles, and of the photograph itself."""
        styles = given["styles"]
        if not self.network.description.identity:
            return dict(self.objective(paintings, photographs, styles, self._count(styles)))
        # Every picture of the batch weighs the same; one that is to stay as it is needs no loss network.
        painted, kept = given["painted"], given["kept"]
        terms: dict[str, Tensor] = {}
        count = self._count(painted)
        if len(painted):
            found = self.objective(paintings[painted], photographs[painted], styles[painted], count)
            terms = {name: value * (len(painted) / len(styles)) for name, value in found.items()}
        if len(kept):
            loss = pixel_loss(paintings[kept], photographs[kept]) * (len(kept) / len(styles))
            terms["identity"] = self.config.identity_weight * loss
        return terms

    @torch.no_grad()
    def sheet(self, photographs: Tensor) -> Tensor:
        """Photographs above, their paintings below, a row for each style."""
        shown = [*range(len(self.config.style)), *([-1] if self.network.description.identity else [])]
        rows = [photographs, *(self._paint(index, photographs) for index in shown)]
        return torch.cat([torch.cat(list(row.clamp(0, 1)), 2) for row in rows], 1)

    @torch.no_grad()
    def measure(self, photographs: Tensor) -> dict[str, Any]:
        """The objective on the photographs, painted and unchanged, and their ratio: for each style, and on average."""
        found: dict[str, dict[str, Any]] = {}
        for index, path in enumerate(self.config.style):
            objective = self.objective.objectives[index]
            painted = mean_objective(objective, photographs, partial(self._paint, index))  # type: ignore[arg-type]
            unchanged = mean_objective(objective, photographs, lambda batch: batch)  # type: ignore[arg-type]
            ratio = painted["total"] / unchanged["total"]
            found[style_name(path)] = {"unseen": painted, "unchanged": unchanged, "ratio": ratio}
        if self._single:
            return next(iter(found.values()))
        result: dict[str, Any] = {"styles": found}
        result["ratio"] = sum(one["ratio"] for one in found.values()) / len(found)
        if self.network.description.identity:
            errors = (self._paint(-1, photographs) - photographs).square().mean((1, 2, 3))
            result["identity_psnr"] = float((-10 * errors.log10()).mean())
        return result

    def about(self) -> dict[str, Any]:
        config, network = self.config, self.objective.loss_network
        styles = [
            {
                "name": style_name(path),
                "title": config.style_title[index] if config.style_title else _title(path),
                "painter": config.painter[index] if config.painter else "",
                "licence": config.licence,
                "file": path.name,
                "sha256": self.settings["style_sha256"][index],
            }
            for index, path in enumerate(config.style)
        ]
        about: dict[str, Any] = (
            {"styles": styles} if len(styles) + self.network.description.identity > 1 else {"style": styles[0]}
        )
        if len(styles) == 1 and config.title:
            styles[0]["title"] = config.title
        return about | {
            "title": config.title or (styles[0]["title"] if len(styles) == 1 else f"{len(styles)} styles"),
            "training": {"weights": self.settings["weights"]},
            "loss_network": network.description
            | {
                "content_layers": list(self.objective.first.content_layers),
                "style_layers": list(self.objective.first.style_layers),
            },
        }

    def save(self, path: Path, card: ModelCard, dtype: torch.dtype) -> ModelCard:
        """Without the extra styles."""
        d = self.network.description
        if not self.config.extra_styles:
            return super().save(path, card, dtype)
        rows = [*range(len(self.config.style)), *([d.styles - 1] if d.identity else [])]
        network = with_styles(self.network, rows)
        card = dataclasses.replace(card, network=network.description.to_dict())
        save_network(path, network, card, dtype=dtype)
        return card

    def to(self, device: torch.device) -> None:
        self.objective.to(device)

    def compile(self) -> None:
        super().compile()
        self.objective.compile()

    def _count(self, pictures: Tensor) -> int | None:
        """How many pictures there are over all processes, where that makes a difference."""
        if not self.objective.counts:
            return None
        if not several_processes():
            return len(pictures)
        return int(sum_over_processes(torch.tensor(len(pictures), device=pictures.device)))

    def _deal(self, samples: Sequence[int]) -> list[int]:
        d = self.network.description
        return dealt(samples, d.styles, self.config.seed, self.config.identity_times if d.identity else 1)

    @property
    def _single(self) -> bool:
        """Whether what is learnt is one style, and nothing else that is kept."""
        return len(self.config.style) == 1 and not self.network.description.identity

    def _paint(self, style: int, photographs: Tensor) -> Tensor:
        """In one style, on the canvas if it is trained on one."""
        count = self.network.description.styles
        if self.config.canvas and style != -1:
            rows, columns = ((0, side) for side in photographs.shape[-2:])
            photographs = prime(photographs, torch.from_numpy(canvas(rows, columns)), self.config.canvas)
        if count == 1:
            return self.network(photographs)  # type: ignore[no-any-return]
        mix = torch.zeros(count, device=photographs.device)
        mix[style] = 1.0
        return self.network(photographs, mix)  # type: ignore[no-any-return]


def _title(path: Path) -> str:
    return path.stem.replace("_", " ").replace("-", " ").title()

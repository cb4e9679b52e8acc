"""How many iterations of optimisation a style network is worth (paper, figure 5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from painterly.data.photos import find_photos
from painterly.errors import InputError, UsageError
from painterly.folders import data_folder
from painterly.losses.objective import StyleObjective
from painterly.memory import keep_freed_memory
from painterly.models.card import ModelCard
from painterly.models.painter import Painter, load
from painterly.optimisation.descent import Descent
from painterly.optimisation.terms import picture_terms
from painterly.training.evaluation import held_out_crops
from painterly.training.style import style_objective
from painterly.training.style_settings import StyleTraining

__all__ = ["StyleEvaluation", "evaluate_style", "find_painting", "objective_of"]


@dataclass(frozen=True)
class StyleEvaluation:
    """Objectives, averaged over the photographs.

    Attributes:
        model: Title of the network.
        size: Side of the photographs in pixels.
        photographs: How many there were.
        content: The objective of the unchanged photograph.
        network: That of the network's painting.
        optimisation: That of the optimised picture before the first iteration, after it, and so on.
    """

    model: str
    size: int
    photographs: int
    content: float
    network: float
    optimisation: list[float]

    @property
    def equivalent_iterations(self) -> int | None:
        """The first iteration at which optimisation is as good as the network; None if it never was."""
        reached = (number for number, value in enumerate(self.optimisation) if value <= self.network)
        return next(reached, None)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "model": self.model,
            "size": self.size,
            "photographs": self.photographs,
            "equivalent_iterations": self.equivalent_iterations,
            "objective": {"content": self.content, "network": self.network, "optimisation": self.optimisation},
        }


def evaluate_style(
    model: str | Path,
    photos: str | Path,
    *,
    style: str | Path | None = None,
    size: int = 256,
    iterations: int = 500,
    count: int = 10,
    start: str = "noise",
    loss_network: str | None = None,
    device: str = "auto",
    report: Callable[[int, int], object] = lambda photograph, iteration: None,
) -> StyleEvaluation:
    """Compare a network's paintings with those of L-BFGS on the very objective that the network was trained on.

    Args:
        model: A style network's name or file.
        photos: A folder or tar of photographs, which it should not have seen.
        style: The painting that it learnt; by default it is looked for among the data folder's styles.
        size: Side of the centred squares that the photographs are cut to.
        iterations: Iterations of L-BFGS.
        count: How many photographs, the first of the folder.
        start: What optimisation starts from: "noise", as in the paper, or "content".
        loss_network: Instead of the one that the network was trained with.
        device: Where to compute.
        report: Called with the number of the photograph and of the iteration.

    Raises:
        InputError: The model, the painting or a photograph cannot be read.
        UsageError: The model does not paint, or does not say how it was trained.
    """
    if start not in ("noise", "content"):
        raise UsageError(f"--start must be noise or content, not '{start}'")
    keep_freed_memory()
    painter = load(model, device=device, backend="torch", precision="float32")
    objective = objective_of(painter.card, style, loss_network).to(painter.device)
    found = find_photos(photos)
    crops = held_out_crops(found, range(min(count, len(found))), size).to(painter.device)
    if not len(crops):
        raise InputError(f"none of the photographs in {photos} can be read")
    curves, contents, networks = [], [], []
    for index, photograph in enumerate(crops.split(1)):
        wanted = objective.contents(photograph)
        contents.append(_total(objective, photograph, wanted))
        networks.append(_total(objective, _paint(painter, photograph), wanted))
        noise = torch.randn(photograph.shape, generator=torch.Generator().manual_seed(index)).to(photograph.device)
        begin = photograph if start == "content" else (0.5 + 0.1 * noise).clamp(0, 1)
        descent = Descent(picture_terms(objective, photograph), begin)
        curve = []
        for iteration in descent.run(iterations):
            curve.append(iteration.total)
            report(index, iteration.number)
        curves.append(curve)
    mean = [sum(values) / len(values) for values in zip(*curves, strict=True)]
    return StyleEvaluation(
        painter.card.title or str(model),
        size,
        len(crops),
        sum(contents) / len(contents),
        sum(networks) / len(networks),
        mean,
    )


@torch.inference_mode()
def _paint(painter: Painter, photograph: Tensor) -> Tensor:
    return painter.paint(photograph)


@torch.no_grad()
def _total(objective: StyleObjective, picture: Tensor, wanted: dict[str, Tensor]) -> float:
    return float(torch.stack(list(objective(picture, wanted).values())).sum())


def objective_of(card: ModelCard, style: str | Path | None = None, loss_network: str | None = None) -> StyleObjective:
    """The objective that a style network was trained on, from its card.

    Args:
        card: Of the network.
        style: The painting; by default it is looked for among the data folder's styles.
        loss_network: Instead of the one that it was trained with.

    Raises:
        InputError: The painting or the loss network cannot be read.
        UsageError: The painting is not found, or the card does not say how the network was trained.
    """
    training, weights = dict(card.training), dict(card.training.get("weights", {}))
    if not weights:
        raise UsageError(f"the card of {card.title or 'this network'} does not say how it was trained")
    painting = Path(style) if style is not None else find_painting(card)
    settings = StyleTraining(
        style=[painting],
        photos=painting,
        output=painting,
        preset=str(training["preset"]),
        weighting=training.get("weighting"),
        content_weight=weights["content"],
        style_weight=[weights["style"]],
        variation_weight=weights["variation"],
        style_size=training["style_size"],
        loss_network=loss_network or str(card.loss_network["name"]),
        content_layers=",".join(card.loss_network["content_layers"]),
        style_layers=",".join(card.loss_network["style_layers"]),
    )
    return style_objective(settings.resolved())


def find_painting(card: ModelCard) -> Path:
    """The painting that a network learnt, among the data folder's styles.

    Raises:
        UsageError: It is not there.
    """
    name, digest = str(card.style.get("file", "")), card.style.get("sha256")
    folder = data_folder()
    if name and folder is not None:
        path = folder / "styles" / name
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path
    raise UsageError(f"name the painting that the network learnt ({name or 'unknown'}) with --style")

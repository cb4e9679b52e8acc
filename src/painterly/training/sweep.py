"""A contact sheet of style weights: pictures optimised under each, instead of networks trained for hours."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from rich.progress import Progress
from torch import Tensor

from painterly.images.reading import read_picture, resize_longest
from painterly.images.sheet import contact_sheet
from painterly.images.tensors import from_tensor, to_tensor
from painterly.losses.objective import StyleObjective
from painterly.memory import keep_freed_memory
from painterly.progress import console
from painterly.training.machine import make_fabric
from painterly.training.style import style_objective
from painterly.training.style_settings import STYLE_RECIPES, StyleTraining

__all__ = ["optimise_pixels", "sweep_weights"]


def optimise_pixels(
    objective: StyleObjective, photograph: Tensor, *, iterations: int, learning_rate: float = 0.03
) -> tuple[Tensor, dict[str, float]]:
    """Change a photograph by Adam until it fits an objective, kept within [0, 1].

    Args:
        objective: What to lower.
        photograph: Where to start, RGB in [0, 1], shape (1, 3, H, W).
        iterations: Steps of Adam.
        learning_rate: In pixel values.

    Returns:
        The picture, same shape, and the last values of the objective's terms.
    """
    picture = photograph.clone(memory_format=torch.channels_last).requires_grad_()
    optimizer = torch.optim.Adam([picture], learning_rate)
    terms: dict[str, Tensor] = {}
    for _ in range(iterations):
        optimizer.zero_grad()
        terms = objective(picture, photograph)
        torch.stack(list(terms.values())).sum().backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
    return picture.detach(), {name: float(value.detach()) for name, value in terms.items()}


def sweep_weights(
    style: Path,
    photos: Sequence[Path],
    *,
    weights: Sequence[float] | None = None,
    style_sizes: Sequence[int] | None = None,
    preset: str = "modern",
    loss_network: str = "auto",
    size: int = 256,
    iterations: int = 100,
    device: str = "auto",
) -> tuple[Image.Image, list[dict[str, Any]]]:
    """Optimise every photograph under every style weight and style size.

    Args:
        style: The painting.
        photos: Photographs.
        weights: Style weights; by default the preset's over 9, over 3, itself, times 3 and times 9.
        style_sizes: Longest sides of the painting; by default the preset's.
        preset: Whose weighting to vary.
        loss_network: A loss network's name or file.
        size: Longest side of the pictures.
        iterations: Steps of Adam a picture.
        device: Where to compute.

    Returns:
        The contact sheet, with the photographs in its first column, and a row of figures for each cell.

    Raises:
        InputError: A picture or the loss network cannot be read.
        UsageError: The preset, the device or the loss network is unknown.
    """
    keep_freed_memory()
    fabric = make_fabric(device, 1, "auto")
    plan = StyleTraining(style=style, photos=style, output=style, preset=preset, loss_network=loss_network).resolved()
    named = plan.weights()
    weights = weights or [named.style * factor for factor in (1 / 9, 1 / 3, 1, 3, 9)]
    sizes = style_sizes or [STYLE_RECIPES[preset]["style_size"]]
    photographs = [to_tensor(resize_longest(read_picture(path), size)).to(fabric.device) for path in photos]

    rows: list[dict[str, Any]] = []
    grid: list[list[tuple[str, Image.Image]]] = []
    with Progress(console=console()) as progress:
        task = progress.add_task("optimising", total=len(sizes) * len(weights) * len(photographs))
        for style_size in sizes:
            lines = [
                [(path.stem, from_tensor(photograph))] for path, photograph in zip(photos, photographs, strict=True)
            ]
            objective = style_objective(dataclasses.replace(plan, style_size=style_size)).to(fabric.device)
            for weight in weights:
                objective.weighting = dataclasses.replace(named, style=weight)
                for path, photograph, line in zip(photos, photographs, lines, strict=True):
                    with fabric.autocast():
                        picture, terms = optimise_pixels(objective, photograph, iterations=iterations)
                    line.append((f"weight {weight:.3g}, style {style_size} px", from_tensor(picture)))
                    rows.append({"photo": str(path), "style_size": style_size, "style_weight": weight, **terms})
                    progress.advance(task)
            grid += lines
    return contact_sheet(grid), rows

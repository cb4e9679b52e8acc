"""A contact sheet of style weights: pictures optimised under each, instead of networks trained for hours."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from rich.progress import Progress

from painterly.images.reading import read_picture, resize_longest
from painterly.images.sheet import contact_sheet
from painterly.images.tensors import from_tensor, to_tensor
from painterly.memory import keep_freed_memory
from painterly.models.device import choose_device, fast_bfloat16
from painterly.optimisation.descent import Descent
from painterly.optimisation.terms import picture_terms
from painterly.progress import console
from painterly.training.style import style_objective
from painterly.training.style_settings import STYLE_RECIPES, StyleTraining

__all__ = ["sweep_weights"]


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
    where = choose_device(device)
    mixes = fast_bfloat16(where)
    plan = StyleTraining(style=[style], photos=style, output=style, preset=preset, loss_network=loss_network).resolved()
    named = plan.weights()
    weights = weights or [named.style * factor for factor in (1 / 9, 1 / 3, 1, 3, 9)]
    sizes = style_sizes or [STYLE_RECIPES[preset]["style_size"]]
    photographs = [to_tensor(resize_longest(read_picture(path), size)).to(where) for path in photos]

    rows: list[dict[str, Any]] = []
    grid: list[list[tuple[str, Image.Image]]] = []
    with Progress(console=console()) as progress:
        task = progress.add_task("optimising", total=len(sizes) * len(weights) * len(photographs))
        for style_size in sizes:
            lines = [
                [(path.stem, from_tensor(photograph))] for path, photograph in zip(photos, photographs, strict=True)
            ]
            objective = style_objective(dataclasses.replace(plan, style_size=style_size)).to(where)
            for weight in weights:
                objective.weighting = dataclasses.replace(named, style=weight)
                for path, photograph, line in zip(photos, photographs, lines, strict=True):
                    *_, last = Descent(picture_terms(objective, photograph, mixes), photograph, method="adam").run(
                        iterations
                    )
                    line.append((f"weight {weight:.3g}, style {style_size} px", from_tensor(last.picture)))
                    rows.append({"photo": str(path), "style_size": style_size, "style_weight": weight, **last.terms})
                    progress.advance(task)
            grid += lines
    return contact_sheet(grid), rows

"""A gallery beside what it stands in for: a network for each style, and optimisation (paper, figures 5 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from painterly.data.photos import find_photos
from painterly.errors import InputError, UsageError
from painterly.evaluation.style import objective_of
from painterly.images.sheet import contact_sheet
from painterly.images.tensors import from_tensor
from painterly.losses.objective import StyleObjective
from painterly.memory import keep_freed_memory
from painterly.models.look import Look
from painterly.models.painter import Painter, load
from painterly.models.resolve import card_for, resolve_look
from painterly.optimisation.descent import Descent
from painterly.optimisation.terms import picture_terms
from painterly.training.evaluation import held_out_crops

__all__ = ["GalleryEvaluation", "evaluate_gallery"]


@dataclass(frozen=True)
class GalleryEvaluation:
    """Objectives by style, averaged over the photographs.

    Attributes:
        size: Side of the photographs in pixels.
        photographs: How many there were.
        iterations: Iterations of L-BFGS.
        rows: A row for each style: `style`, and the objective of `unchanged` photographs, of the `gallery`, of the
            network `alone` (None where there is none) and of `optimisation`; and `equivalent_iterations` of the
            gallery, None if the optimisation never was as good.
        sheet: For each style a line of pictures: photograph, gallery, alone, optimisation.
    """

    size: int
    photographs: int
    iterations: int
    rows: list[dict[str, Any]]
    sheet: Image.Image

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        return {
            "size": self.size,
            "photographs": self.photographs,
            "iterations": self.iterations,
            "rows": self.rows,
        }


def evaluate_gallery(
    model: str | Path,
    photos: str | Path,
    *,
    alone: Mapping[str, str | Path] | None = None,
    styles: list[str] | None = None,
    size: int = 256,
    iterations: int = 300,
    count: int = 4,
    canvas: float | None = None,
    loss_network: str | None = None,
    device: str = "auto",
    report: Callable[[str, int], object] = lambda style, photograph: None,
) -> GalleryEvaluation:
    """Judge every style of a gallery by the objective that it was trained on.

    Args:
        model: A network of several styles.
        photos: A folder or tar of photographs, which it should not have seen.
        alone: By style, the name or file of a network that knows that style only.
        styles: Which to judge; by default all.
        size: Side of the centred squares that the photographs are cut to.
        iterations: Iterations of L-BFGS from noise, 0 for none.
        count: How many photographs, the first of the folder.
        canvas: How uneven the gallery's canvas is, in grey levels; by default as it was trained.
        loss_network: Instead of the one that the gallery was trained with.
        device: Where to compute.
        report: Called with style and number of the photograph before each is optimised.

    Raises:
        InputError: A model, a painting or a photograph cannot be read.
        UsageError: The model is no gallery, or does not say how it was trained, or a style is unknown.
    """
    keep_freed_memory()
    painter = load(model, device=device, backend="torch", precision="float32")
    if painter.gallery is None:
        raise UsageError(f"{model} has one style only: painterly evaluate style")
    others = {
        name: load(path, device=device, backend="torch", precision="float32") for name, path in (alone or {}).items()
    }
    found = find_photos(photos)
    crops = held_out_crops(found, range(min(count, len(found))), size).to(painter.device)
    if not len(crops):
        raise InputError(f"none of the photographs in {photos} can be read")
    rows, lines = [], []
    for style in styles or list(painter.gallery.book.own):
        look = resolve_look(painter.gallery.card, str(model), style)
        assert look is not None
        objective = objective_of(card_for(painter.gallery.card, look), None, loss_network).to(painter.device)
        ways: dict[str, Callable[[Tensor], Tensor]] = {"gallery": partial(_paint, painter, look, canvas)}
        if style in others:
            ways["alone"] = others[style].paint
        row, line = _style(objective, crops, ways, iterations, partial(report, style))
        rows.append({"style": style, **row})
        lines.append([(f"{style}: {caption}", picture) for caption, picture in line])
    return GalleryEvaluation(size, len(crops), iterations, rows, contact_sheet(lines, letters=14))


def _paint(painter: Painter, look: Look, canvas: float | None, photograph: Tensor) -> Tensor:
    return painter(photograph, style=look, canvas=canvas, tile="off")


def _style(
    objective: StyleObjective,
    crops: Tensor,
    ways: Mapping[str, Callable[[Tensor], Tensor]],
    iterations: int,
    report: Callable[[int], object],
) -> tuple[dict[str, Any], list[tuple[str, Image.Image]]]:
    """The row of one style, and its pictures of the first photograph."""
    line = [("photograph", from_tensor(crops[0]))]
    row: dict[str, Any] = {"unchanged": 0.0, "gallery": None, "alone": None, "optimisation": None}
    paintings = {way: torch.cat([paint(crop).clone() for crop in crops.split(1)]) for way, paint in ways.items()}
    line += [(way, from_tensor(painting[0])) for way, painting in paintings.items()]
    with torch.no_grad():
        for way, pictures in {"unchanged": crops, **paintings}.items():
            totals = [
                float(torch.stack(list(objective(picture, crop).values())).sum())
                for picture, crop in zip(pictures.split(1), crops.split(1), strict=True)
            ]
            row[way] = sum(totals) / len(totals)
    if iterations:
        curves = []
        for index, crop in enumerate(crops.split(1)):
            report(index)
            noise = torch.randn(crop.shape, generator=torch.Generator().manual_seed(index)).to(crop.device)
            descent = Descent(picture_terms(objective, crop), (0.5 + 0.1 * noise).clamp(0, 1))
            curve = []
            for iteration in descent.run(iterations):
                curve.append(iteration.total)
                if index == 0:
                    last = iteration.picture
            if index == 0:
                line.append((f"{iterations} iterations", from_tensor(last)))
            curves.append(curve)
        mean = [sum(values) / len(values) for values in zip(*curves, strict=True)]
        row["optimisation"] = mean[-1]
        row["equivalent_iterations"] = next((n for n, value in enumerate(mean) if value <= row["gallery"]), None)
    return row, line

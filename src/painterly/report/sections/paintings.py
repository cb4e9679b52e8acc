"""Pictures: the photograph, optimisation of the same objective, and the network (figures 6 and 7)."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import Tensor

from painterly.evaluation.style import find_painting, objective_of
from painterly.images.reading import read_picture, resize_longest
from painterly.images.sheet import contact_sheet
from painterly.images.tensors import from_tensor, to_tensor
from painterly.losses.objective import StyleObjective
from painterly.models.painter import Painter, load
from painterly.optimisation.descent import Descent
from painterly.optimisation.terms import picture_objective
from painterly.report.context import Context, Section

__all__ = ["draw"]


def draw(context: Context) -> Section:
    """Figure 6 at 256 pixels, figure 7 at 512 from the same network."""
    settings, budget = context.settings, context.budget
    section = Section(
        "Paintings",
        "figures 6 and 7",
        f"painterly stylize PHOTO --model {settings.model} --size 256; painterly optimize PHOTO PAINTING --size 256",
    )
    painter = load(settings.model, device=settings.device, backend="torch", precision="float32")
    painting = settings.style or find_painting(painter.card)
    objective = objective_of(painter.card, painting).to(painter.device)
    style = resize_longest(read_picture(painting).convert("RGB"), 256)
    rows: list[dict[str, Any]] = []
    for figure, size, photos, iterations in (
        (6, 256, budget.painting_photos, budget.painting_iterations),
        (7, 512, budget.large_photos, budget.large_iterations),
    ):
        lines: list[list[tuple[str, Image.Image]]] = [[("style", style)]] if figure == 6 else []
        for name, photograph in context.photographs(photos):
            context.say(f"figure {figure}: {name}")
            cells, row = _line(painter, objective, resize_longest(photograph, size), iterations, budget.painting_start)
            lines.append([(name, resize_longest(photograph, size)), *cells])
            rows.append({"figure": figure, "photograph": name, **row})
        against = (
            f"in the middle {iterations} iterations of L-BFGS on the network's own objective, from "
            f"{'the photograph' if budget.painting_start == 'content' else 'noise'}; "
            if iterations
            else ""
        )
        file = context.keep_picture(f"figure-{figure}.jpg", contact_sheet(lines))
        section.picture(file, f"Figure {figure}, {size} pixels: left the photograph, {against}right the network.")
    section.table(
        ["figure", "photograph", "objective: photograph", "optimisation", "network"],
        [
            [r["figure"], r["photograph"], *(_figure(r[k]) for k in ("unchanged", "optimisation", "network"))]
            for r in rows
        ],
    )
    section.data["objectives"] = rows
    return section


def _line(
    painter: Painter, objective: StyleObjective, photograph: Image.Image, iterations: int, start: str
) -> tuple[list[tuple[str, Image.Image]], dict[str, float | None]]:
    """The pictures of one photograph, and their objectives."""
    pixels = to_tensor(photograph).to(painter.device)
    with torch.inference_mode():
        painted = painter.paint(pixels).clone()
    wanted = objective.contents(pixels)

    def total(picture: Tensor) -> float:
        with torch.no_grad():
            return float(torch.stack(list(objective(picture, wanted).values())).sum())

    cells = [("network", from_tensor(painted))]
    row: dict[str, float | None] = {"unchanged": total(pixels), "optimisation": None, "network": total(painted)}
    if iterations:
        noise = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(0)).to(pixels.device)
        begin = pixels if start == "content" else (0.5 + 0.1 * noise).clamp(0, 1)
        descent = Descent(picture_objective(objective, pixels), begin)
        for _ in descent.run(iterations):
            pass
        cells.insert(0, (f"{iterations} iterations", from_tensor(descent.picture)))
        row["optimisation"] = descent.state().total
    return cells, row


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"

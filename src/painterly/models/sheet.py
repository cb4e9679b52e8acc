"""One photograph in every style, on one sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from painterly.images.reading import read_picture, resize_longest
from painterly.images.sheet import contact_sheet
from painterly.models.painter import load
from painterly.models.resolve import Style

__all__ = ["style_sheet"]

_LETTERS = 18


def style_sheet(
    picture: str | Path | Image.Image,
    *,
    styles: Sequence[Style] | None = None,
    size: int = 480,
    strength: float = 1.0,
    color: str = "style",
    stroke: str = "medium",
    canvas: float | None = None,
    model: str | Path | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    report: Callable[[str], object] = lambda style: None,
) -> Image.Image:
    """Paint a photograph in many styles and lay the paintings out.

    Args:
        picture: The photograph, which comes first.
        styles: By default all that the network has, those that were learnt on this machine included.
        size: Longest side of each painting in pixels.
        strength: See `painterly.Painter`.
        color: Likewise.
        stroke: Likewise.
        canvas: Likewise.
        model: A network of several styles; by default the gallery.
        device: Where it runs.
        backend: What runs it.
        precision: Of its arithmetic.
        report: Called with each style's name before it is painted.

    Raises:
        PainterlyError: The photograph or the model cannot be read, or a style is unknown.
    """
    photograph = picture if isinstance(picture, Image.Image) else read_picture(picture)
    photograph = resize_longest(photograph.convert("RGB"), size)
    painter = load("gallery" if model is None else model, device=device, backend=backend, precision=precision)
    wanted = list(painter.styles) if styles is None else list(styles)
    cells = [("the photograph", photograph)]
    for style in wanted:
        report(str(style))
        painting = painter(photograph, style=style, strength=strength, color=color, stroke=stroke, canvas=canvas)
        cells.append((str(style), painting))
    columns = _columns(len(cells), photograph.width / photograph.height)
    lines = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    return contact_sheet(lines, letters=_LETTERS)


def _columns(count: int, shape: float) -> int:
    """How many to a line, so that lines are full if they can be and the sheet is no wider than it has to be."""
    best = max(1, round(math.sqrt(count / shape)))
    near = [columns for columns in (best, best + 1, best - 1, best + 2) if 1 < columns <= count]
    return next((columns for columns in near if count % columns == 0), min(best, count))

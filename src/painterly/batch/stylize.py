"""Files, folders and globs of photographs to paintings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from painterly.batch.files import work_on_files
from painterly.batch.run import Outcome
from painterly.errors import UsageError
from painterly.images.mask_count import check_masks
from painterly.inference.light import LightPainter, find_light_painter, keep_light_model
from painterly.models.look import Look
from painterly.models.resolve import Style, resolve
from painterly.models.treatment import Treatment

if TYPE_CHECKING:
    from painterly.models.painter import Painter

__all__ = ["stylize"]


def stylize(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    style: Style | Sequence[Style] | None = None,
    strength: float = 1.0,
    color: str = "style",
    stroke: str = "medium",
    mask: str | Path | Sequence[str | Path] | None = None,
    model: str | Path | None = None,
    size: int | None = None,
    format: str | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    report: Callable[[Outcome], object] = lambda outcome: None,
) -> list[Outcome]:
    """Paint photographs in the style of a painting, from files to files.

    Args:
        inputs: Files, folders and glob patterns.
        output: A file for a single picture, or a folder; by default each painting lies beside its photograph.
        style: A style's name or a mixture (`starry-night:0.6,the-scream:0.4`); several, each for its mask.
        strength: From 0, the photograph, to 1, the style.
        color: "style", "content" or "luminance"; see `painterly.Painter`.
        stroke: "small", "medium" or "large".
        mask: Where to paint, white inside; several for several styles.
        model: A model's name or file; by default the gallery.
        size: Longest side of the paintings; by default that of the photographs.
        format: "png", "jpg", ... for paintings in folders; by default that of the photograph.
        device: "auto", "cpu", "cuda" or "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32", "bfloat16" or "int8" (in OpenVINO, for style networks).
        overwrite: Whether existing files are replaced.
        report: Called with each outcome as it comes.

    Returns:
        An outcome for every picture; one that failed says why, and stops none of the others.

    Raises:
        UsageError: It was asked for wrongly: an unknown model, device or format, one file for several pictures.
        InputError: The model cannot be read, or there are no pictures.
    """
    styles: list[Style | None] = list(style) if isinstance(style, (list, tuple)) else [style]  # type: ignore[list-item]
    masks = [] if mask is None else [mask] if isinstance(mask, (str, Path)) else list(mask)
    found = [resolve(model, one, strength) for one in styles or [None]]
    path, look = found[0]
    if len({file for file, _ in found}) > 1:
        raise UsageError("the styles belong to different networks, so that one picture cannot have them all")
    check_masks(len(found), len(masks))
    Treatment(color, stroke)
    looks = [one for _, one in found if one is not None]
    plain = len(found) == 1 and not masks and color == "style" and stroke == "medium"
    painter = _painter(path, look, device, backend, precision, plain=plain)

    def work(picture: Image.Image) -> Image.Image:
        if isinstance(painter, LightPainter):
            return painter(picture, size=size)
        return painter(picture, size=size, style=looks or None, color=color, stroke=stroke, mask=masks or None)

    return work_on_files(
        inputs,
        output,
        work,
        suffix="-".join(one.title for one in looks) or path.stem,
        format=format,
        overwrite=overwrite,
        report=report,
    )


def _painter(
    model: Path, look: Look | None, device: str, backend: str, precision: str, *, plain: bool
) -> LightPainter | Painter:
    """Without torch where that is possible: its import takes longer than a picture."""
    if plain:
        light = find_light_painter(model, look, device=device, backend=backend, precision=precision)
        if light is not None:
            return light
    from painterly.models.painter import load

    painter = load(
        model,
        style=look,
        strength=1.0 if look is None else look.strength,
        device=device,
        backend=backend,
        precision=precision,
    )
    if plain:
        keep_light_model(painter, model)
    return painter

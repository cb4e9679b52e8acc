"""Files, folders and globs of photographs to paintings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from painterly.batch.files import work_on_files
from painterly.batch.run import Outcome
from painterly.inference.light import LightPainter, find_light_painter, keep_light_model
from painterly.models.catalogue import DEFAULT_MODEL, find_model

if TYPE_CHECKING:
    from painterly.models.painter import Painter

__all__ = ["stylize"]


def stylize(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    model: str | Path = DEFAULT_MODEL,
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
        model: A model's name or file.
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
    path = find_model(model)
    painter = _painter(path, device, backend, precision)
    return work_on_files(
        inputs,
        output,
        lambda picture: painter(picture, size=size),
        suffix=path.stem,
        format=format,
        overwrite=overwrite,
        report=report,
    )


def _painter(model: Path, device: str, backend: str, precision: str) -> LightPainter | Painter:
    """Without torch where that is possible: its import takes longer than a picture."""
    light = find_light_painter(model, device=device, backend=backend, precision=precision)
    if light is not None:
        return light
    from painterly.models.painter import load

    painter = load(model, device=device, backend=backend, precision=precision)
    keep_light_model(painter, model)
    return painter

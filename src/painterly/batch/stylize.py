"""Files, folders and globs of photographs to paintings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from painterly.batch.files import work_on_files
from painterly.batch.run import Outcome
from painterly.models.catalogue import DEFAULT_MODEL, find_model
from painterly.models.painter import load

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
        precision: "auto", "float32" or "bfloat16".
        overwrite: Whether existing files are replaced.
        report: Called with each outcome as it comes.

    Returns:
        An outcome for every picture; one that failed says why, and stops none of the others.

    Raises:
        UsageError: It was asked for wrongly: an unknown model, device or format, one file for several pictures.
        InputError: The model cannot be read, or there are no pictures.
    """
    path = find_model(model)
    painter = load(path, device=device, backend=backend, precision=precision)
    return work_on_files(
        inputs,
        output,
        lambda picture: painter(picture, size=size),
        suffix=path.stem,
        format=format,
        overwrite=overwrite,
        report=report,
    )

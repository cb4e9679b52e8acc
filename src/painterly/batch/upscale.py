"""Files, folders and globs of pictures to larger ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from painterly.batch.files import work_on_files
from painterly.batch.run import Outcome
from painterly.models.upscaler import load_upscaler

__all__ = ["upscale"]


def upscale(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path | None = None,
    *,
    model: str | Path | None = None,
    scale: int | None = None,
    match_histogram: bool | None = None,
    format: str | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    overwrite: bool = False,
    report: Callable[[Outcome], object] = lambda outcome: None,
) -> list[Outcome]:
    """Enlarge pictures, from files to files.

    Args:
        inputs: Files, folders and glob patterns.
        output: A file for a single picture, or a folder; by default each result lies beside its picture.
        model: A model's name or file; by default the one that ships for `scale`.
        scale: How many times larger; by default what the model does, or 4.
        match_histogram: Whether results get their pictures' own distribution of colours; by default where it helps.
        format: "png", "jpg", ... for results in folders; by default that of the picture.
        device: "auto", "cpu", "cuda" or "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32" or "bfloat16".
        overwrite: Whether existing files are replaced.
        report: Called with each outcome as it comes.

    Returns:
        An outcome for every picture; one that failed says why, and stops none of the others.

    Raises:
        UsageError: It was asked for wrongly: an unknown model, scale, device or format, one file for several pictures.
        InputError: The model cannot be read, or there are no pictures.
    """
    upscaler = load_upscaler(model, scale=scale, device=device, backend=backend, precision=precision)
    return work_on_files(
        inputs,
        output,
        lambda picture: upscaler(picture, match_histogram=match_histogram),
        suffix=f"x{upscaler.scale}",
        format=format,
        overwrite=overwrite,
        report=report,
    )

"""`painterly stylize`: photographs in, paintings out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Backend, Device, Json, Overwrite, Precision, Quiet, Verbose
from painterly.commands.outcomes import conclude, report
from painterly.models.catalogue import DEFAULT_MODEL

__all__ = ["stylize"]


def stylize(
    inputs: Annotated[list[str], typer.Argument(metavar="IN...", help="Pictures, folders or globs.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, or a folder; otherwise beside each picture.")
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="A model's name or file.")] = DEFAULT_MODEL,
    size: Annotated[
        int | None, typer.Option("--size", "-s", min=16, help="Longest side of the painting in pixels.")
    ] = None,
    format: Annotated[str | None, typer.Option("--format", help="png, jpg, ... for paintings in folders.")] = None,
    device: Device = "auto",
    backend: Backend = "auto",
    precision: Precision = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint photographs in the style of a painting."""
    from painterly.batch.stylize import stylize as paint

    outcomes = paint(
        inputs,
        output,
        model=model,
        size=size,
        format=format,
        device=device,
        backend=backend,
        precision=precision,
        overwrite=overwrite,
        report=report,
    )
    conclude(outcomes, {"model": model}, json=json)

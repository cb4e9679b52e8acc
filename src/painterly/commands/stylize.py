"""`painterly stylize`: photographs in, paintings out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say
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
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint photographs in the style of a painting."""
    from painterly.batch.plan import plan_jobs
    from painterly.models.catalogue import find_model

    path = find_model(model)
    jobs = plan_jobs(inputs, output, suffix=path.stem, format=format)

    from painterly.batch.run import run_jobs
    from painterly.models.painter import load

    painter = load(path, device=device)
    if verbose:
        say(f"model {painter.card.title} ({path.name}) on {painter.device}, float32, {len(jobs)} pictures")
    outcomes = []
    for outcome in run_jobs(jobs, lambda picture: painter(picture, size=size), overwrite=overwrite):
        outcomes.append(outcome)
        if outcome.error:
            typer.echo(f"painterly: {outcome.error}", err=True)
        else:
            width, height = outcome.size
            say(f"{outcome.source} -> {outcome.target}  {width}x{height}  {outcome.seconds:.2f} s")
    failed = sum(bool(outcome.error) for outcome in outcomes)
    if json:
        print_json({"model": path.stem, "device": str(painter.device), "results": [o.to_dict() for o in outcomes]})
    if failed:
        if len(outcomes) > 1:
            typer.echo(f"painterly: {failed} of {len(outcomes)} pictures failed", err=True)
        raise typer.Exit(1)

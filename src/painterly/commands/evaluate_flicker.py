"""`painterly evaluate flicker`: how much painted clips flicker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Quiet, Verbose, print_json, say
from painterly.commands.tables import markdown

__all__ = ["flicker"]


def flicker(
    photos: Annotated[
        list[Path] | None, typer.Option("--photos", help="A photograph; again for more. Clips are made of them.")
    ] = None,
    clip: Annotated[
        Path | None, typer.Option("--clip", help="A clip instead: how much paintings change where it does not.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A network's name or file; by default the gallery.")
    ] = None,
    styles: Annotated[
        list[str] | None, typer.Option("--style", help="A style; again for more. By default all.")
    ] = None,
    motions: Annotated[
        list[str] | None, typer.Option("--motion", help="still, pan, light or zoom; again for more. By default all.")
    ] = None,
    smooth: Annotated[float, typer.Option("--smooth", help="As for painterly video.")] = 0.8,
    norms: Annotated[float, typer.Option("--steady-norms", help="Likewise.")] = 0.9,
    count: Annotated[int, typer.Option("--count", min=2, help="Frames of each clip.")] = 12,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """How much paintings flicker, followed along a motion that is known exactly, in levels of 255."""
    from painterly.video.evaluate import evaluate_flicker
    from painterly.video.flicker import MOTIONS

    rows = evaluate_flicker(
        photos or [],
        clip=clip,
        model=model,
        styles=styles,
        motions=motions or MOTIONS,
        smooth=smooth,
        norms=norms,
        count=count,
        device=device,
        report=lambda row: say(f"{row.network}, {row.clip}: {row.alone:.2f}, steadied {row.smooth:.2f}"),
    )
    if json:
        print_json([row.to_dict() for row in rows])
        return
    head, cells = ["network", "clip", "frames", "alone", f"norms {norms:g}", f"smooth {smooth:g}", "of alone"], []
    for row in rows:
        values = [f"{value:.2f}" for value in (row.frames, row.alone, row.norms, row.smooth)]
        cells.append([row.network, row.clip, *values, f"{row.share:.0%}"])
    typer.echo("\n".join(markdown(head, cells)))

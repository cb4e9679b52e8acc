"""`painterly evaluate gallery`: every style of a gallery, beside networks of one style."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.tables import markdown

__all__ = ["gallery"]


def gallery(
    photos: Annotated[Path, typer.Argument(help="Photographs that the networks have not seen: a folder or a tar.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A network of several styles.")] = "gallery",
    alone: Annotated[
        list[str] | None,
        typer.Option("--alone", help="STYLE=MODEL: a network that knows that style only; once for each."),
    ] = None,
    style: Annotated[list[str] | None, typer.Option("--style", help="Which styles; by default all.")] = None,
    size: Annotated[int, typer.Option("--size", min=32, help="Side of the photographs in pixels.")] = 256,
    iterations: Annotated[int, typer.Option("--iterations", min=0, help="Of L-BFGS; 0 for none.")] = 300,
    count: Annotated[int, typer.Option("--count", min=1, help="How many photographs.")] = 4,
    canvas: Annotated[
        float | None, typer.Option(help="How uneven the gallery's canvas is, in grey levels; see stylize.")
    ] = None,
    loss_network: Annotated[
        str | None, typer.Option("--loss-network", help="Instead of the one that it was trained with.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="Draw the pictures into this file.")] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare a gallery's styles with networks of one style and with optimisation."""
    from painterly.atomic import check_writable
    from painterly.errors import UsageError
    from painterly.evaluation.gallery import evaluate_gallery
    from painterly.images.writing import check_format, save_picture

    if sheet is not None:
        check_format(sheet)
        check_writable(sheet, overwrite=overwrite)
    pairs = [entry.partition("=") for entry in alone or []]
    if not all(name and path for name, _, path in pairs):
        raise UsageError("--alone takes STYLE=MODEL, such as starry-night=starry-night.safetensors")
    result = evaluate_gallery(
        model,
        photos,
        alone={name: path for name, _, path in pairs},
        styles=style,
        size=size,
        iterations=iterations,
        count=count,
        canvas=canvas,
        loss_network=loss_network,
        device=device,
        report=lambda name, photograph: say(f"{name}: optimising photograph {photograph + 1} of {count}"),
    )
    if sheet is not None:
        save_picture(result.sheet, sheet, overwrite=overwrite)
        say(f"wrote {sheet}")
    if json:
        print_json(result.to_dict())
        return
    head, cells = ["style", "unchanged", "gallery", "alone", f"{iterations} iterations", "worth (iterations)"], []
    for row in result.rows:
        values = [row[name] for name in ("unchanged", "gallery", "alone", "optimisation")]
        figures = ["" if value is None else f"{value:.4g}" for value in values]
        worth = row.get("equivalent_iterations")
        cells.append([row["style"], *figures, "" if worth is None else str(worth)])
    typer.echo(f"objective on {result.photographs} photographs at {size}x{size}")
    typer.echo("\n".join(markdown(head, cells)))

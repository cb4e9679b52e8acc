"""`painterly styles`: what the gallery can paint, as a list or as a sheet of one photograph in every style."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from painterly.commands.common import Backend, Device, Json, Overwrite, Precision, Quiet, Verbose, print_json, say
from painterly.folders import DEMO_PICTURE

__all__ = ["styles"]


def styles(
    photo: Annotated[
        Path | None, typer.Argument(help="A photograph; with -o alone, the one that ships with painterly.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The sheet to write; PNG or JPEG.")] = None,
    style: Annotated[
        list[str] | None, typer.Option(help="A style or a mixture to show, again for more; by default all.")
    ] = None,
    size: Annotated[int, typer.Option("--size", "-s", min=16, help="Longest side of each painting in pixels.")] = 480,
    strength: Annotated[float, typer.Option(help="From 0, the photograph, to 1, the style.")] = 1.0,
    color: Annotated[str, typer.Option(help="style, content or luminance; see stylize.")] = "style",
    stroke: Annotated[str, typer.Option(help="How large strokes are: small, medium or large.")] = "medium",
    canvas: Annotated[float | None, typer.Option(help="How uneven the canvas is, in grey levels; see stylize.")] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="A network of several styles.")] = "gallery",
    device: Device = "auto",
    backend: Backend = "auto",
    precision: Precision = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the styles, or draw a sheet of one photograph in every style."""
    entries = _entries(model)
    if photo is not None or output is not None:
        from painterly.atomic import check_writable
        from painterly.images.writing import check_format, save_picture
        from painterly.models.sheet import style_sheet

        target = output or Path(f"{photo.stem}-styles.jpg" if photo is not None else "styles.jpg")
        check_format(target)
        check_writable(target, overwrite=overwrite)
        sheet = style_sheet(
            photo or DEMO_PICTURE,
            styles=style,
            size=size,
            strength=strength,
            color=color,
            stroke=stroke,
            canvas=canvas,
            model=model,
            device=device,
            backend=backend,
            precision=precision,
            report=lambda name: say(f"painting {name}"),
        )
        save_picture(sheet, target, overwrite=overwrite)
        say(f"wrote {target}")
    if json:
        print_json(entries)
    elif photo is None and output is None:
        for entry in entries:
            by = f"  {entry['title']}, {entry['painter']}" if entry.get("painter") else f"  {entry.get('title', '')}"
            typer.echo(f"{entry['name']:20}{by}{'  (learnt here)' if entry.get('learnt') else ''}")


def _entries(model: str) -> list[dict[str, Any]]:
    from painterly.errors import InputError, UsageError
    from painterly.models.catalogue import find_model
    from painterly.models.header import read_card
    from painterly.models.style_book import learnt_styles

    card = read_card(find_model(model))
    if not card.styles:
        raise UsageError(f"{model} has one style only: {card.title}")
    found: list[dict[str, Any]] = [{**entry} for entry in card.styles]
    for name, path in learnt_styles().items():
        with contextlib.suppress(InputError):  # what cannot be read is told when it is asked for
            found.append({**read_card(path).style, "name": name, "learnt": str(path)})
    return found

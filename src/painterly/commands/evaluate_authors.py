"""`painterly evaluate authors`: our paintings beside those that the authors of the paper published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.tables import markdown

__all__ = ["authors"]

_MEASURES = ("style", "content", "ssim", "grid", "objective")


def authors(
    output: Annotated[Path, typer.Option("--output", "-o", help="The page, an .html file that needs no other.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A network of several styles.")] = "gallery",
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A folder with content, styles and reference/authors_outputs; or PAINTERLY_DATA."),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option("--size", min=64, help="Longest side of both; by default that of the authors' picture."),
    ] = None,
    canvas: Annotated[
        float | None, typer.Option(help="How uneven the canvas of ours is, in grey levels; see stylize.")
    ] = None,
    pair: Annotated[
        list[str] | None,
        typer.Option("--pair", help="PUBLISHED=STYLE: our style beside that picture, such as chicago_candy=udnie."),
    ] = None,
    loss_network: Annotated[str, typer.Option("--loss-network", help="What judges style and content.")] = "vgg19-mixed",
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Our paintings beside those that the authors published, as one page, with what can be measured of both.

    The page holds the authors' pictures: it is for looking, not for passing on. Needs the extra evaluate.
    """
    from painterly.evaluation.authors import compare_with_authors, pairs_with
    from painterly.report.authors import check_page, save_authors, shown
    from painterly.resources.describe import describe_machine

    check_page(output, overwrite=overwrite)
    found = compare_with_authors(
        data,
        model=model,
        pairs=pairs_with(pair or []),
        size=size,
        canvas=canvas,
        loss_network=loss_network,
        device=device,
        report=say if verbose else (lambda text: None),
    )
    network = f"{model} --canvas {canvas:g}" if canvas is not None else model
    about = {"model": network, "loss_network": loss_network, "machine": describe_machine()}
    save_authors(found, about, output, overwrite=overwrite)
    say(f"wrote {output}")
    if json:
        print_json([one.to_dict() for one in found])
        return
    head = ["theirs", "ours", "size", *_MEASURES]
    cells = []
    for one in found:
        theirs, ours = one.measures["theirs"], one.measures["ours"]
        size_of = "x".join(map(str, one.pictures["ours"].size))
        both = [" / ".join(filter(None, (shown(key, theirs[key]), shown(key, ours[key])))) for key in _MEASURES]
        cells.append([one.pair.published, one.pair.style, size_of, *both])
    typer.echo("each figure: theirs / ours")
    typer.echo("\n".join(markdown(head, cells)))

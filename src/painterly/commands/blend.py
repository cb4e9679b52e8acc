"""`painterly blend`: a network between two networks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Json, Overwrite, Quiet, Verbose, print_json, say

__all__ = ["blend"]


def blend(
    first: Annotated[str, typer.Argument(help="A model's name or file.")],
    second: Annotated[
        str, typer.Argument(help="Another of the same kind, trained on from the first, or from what that began with.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model file to write.")],
    weight: Annotated[float, typer.Option("--weight", help="Share of the second, from 0 to 1.")] = 0.5,
    title: Annotated[str, typer.Option("--title", help="A title for the card; by default the second's.")] = "",
    half: Annotated[bool, typer.Option("--half", help="Store the weights in half precision.")] = False,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Mix the weights of two networks, one of which was trained on from the other."""
    from painterly.models.blend import blend as mix

    card = mix(first, second, output, weight=weight, title=title, half=half, overwrite=overwrite)
    say(f"wrote {output}")
    if json:
        print_json(card.to_dict())

"""`painterly models`: the networks that ship."""

from __future__ import annotations

import typer

from painterly.commands.common import Json, Quiet, Verbose, print_json

__all__ = ["models"]


def models(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List the networks that ship with painterly."""
    from painterly.models.catalogue import shipped_models
    from painterly.models.file import read_card

    cards = {name: (path, read_card(path)) for name, path in shipped_models().items()}
    if json:
        print_json([{"name": name, "file": str(path), **card.to_dict()} for name, (path, card) in cards.items()])
        return
    for name, (path, card) in cards.items():
        by = f" by {card.style['painter']}" if card.style.get("painter") else ""
        if card.styles:
            by = f": {', '.join(str(entry['name']) for entry in card.styles)}"
        typer.echo(f"{name:20}  {card.task:16}  {path.stat().st_size / 1e6:5.1f} MB  {card.title}{by}")

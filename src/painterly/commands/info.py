"""`painterly info`: what a model file says about itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from painterly.commands.common import Json, Quiet, Verbose, print_json

__all__ = ["info"]


def info(
    model: Annotated[str, typer.Argument(help="A model's name or file.")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print a model's card: architecture, training, loss network, data, licence."""
    from painterly.models.reading import info as read
    from painterly.models.resolve import resolve

    card, path = read(model), Path(model).expanduser()
    if not path.is_file():
        path = resolve(model)[0]
    values = {"file": str(path), "bytes": path.stat().st_size, **card.to_dict()}
    if json:
        print_json(values)
    else:
        for line in _lines(values):
            typer.echo(line)


def _lines(values: dict[str, Any], indent: str = "") -> list[str]:
    width = max((len(name) for name in values), default=0)
    lines = []
    for name, value in values.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            lines += [f"{indent}{name}", *(line for item in value for line in _lines(item, indent + "  "))]
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            lines.append(f"{indent}{name:{width}}  {_short(shown)}")
    return lines


def _short(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)

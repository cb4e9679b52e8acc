"""`painterly info`: what a model file says about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    """Print a model's card: architecture, training, loss network, data, licence.

    Earlier stages of training are a line each; `--json` has all of them whole.
    """
    from painterly.evaluation.stages import short_card
    from painterly.models.reading import info as read
    from painterly.models.resolve import resolve

    card, path = read(model), Path(model).expanduser()
    if not path.is_file():
        path = resolve(model)[0]
    about = {"file": str(path), "bytes": path.stat().st_size}
    if json:
        print_json({**about, **card.to_dict()})
    else:
        for line in _lines({**about, **short_card(card)}):
            typer.echo(line)


def _lines(values: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        if name == "styles" and isinstance(value, Mapping):  # measures of each: a line a style
            yield f"{indent}{name}"
            yield from _lines({style: _inline(found) for style, found in value.items()}, indent + "  ")
        elif isinstance(value, Mapping):
            yield f"{indent}{name}"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            yield f"{indent}{name}"
            yield from (f"{indent}  {_inline(item)}" for item in _counted(value))
        else:
            yield f"{indent}{name:{width}}  {_inline(value)}"


def _counted(items: list[Any]) -> list[Any]:
    """The items, or what all of them are, if there are several and all are alike."""
    return [{"each of": len(items), **items[0]}] if len(items) > 1 and all(one == items[0] for one in items) else items


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        inner = (
            (name, f"({_inline(one)})" if isinstance(one, Mapping) else _inline(one)) for name, one in value.items()
        )
        return ", ".join(f"{name} {shown}" for name, shown in inner)
    if isinstance(value, list):
        return ", ".join(map(_inline, value))
    return f"{value:.5g}" if isinstance(value, float) else str(value)

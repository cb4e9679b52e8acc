"""Command-line options made from a dataclass, so that they cannot differ from the Python interface."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

__all__ = ["with_options_of"]


def with_options_of(settings: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command an option for every field of a dataclass.

    The command is called with an instance as its first argument, followed by its own options. Names, types, defaults
    and help come from the fields (see `painterly.training.settings.option`).

    Args:
        settings: The dataclass.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        types = get_type_hints(settings)
        parameters = []
        own_fields = settings.__annotations__
        order = sorted(  # what must be given first, then what this command alone has, then what all of its kind have
            dataclasses.fields(settings), key=lambda f: (f.default is not dataclasses.MISSING, f.name not in own_fields)
        )
        for field in order:
            flag = "--" + field.name.replace("_", "-")
            if types[field.name] == bool | None:  # neither yes nor no unless said
                flag += "/--no-" + field.name.replace("_", "-")
            flags = [flag, field.metadata["short"]] if field.metadata.get("short") else [flag]
            required = field.default is dataclasses.MISSING
            parameters.append(
                inspect.Parameter(
                    field.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=inspect.Parameter.empty if required else field.default,
                    annotation=Annotated[types[field.name], typer.Option(*flags, help=field.metadata["help"])],
                )
            )
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        names = {field.name for field in dataclasses.fields(settings)}

        def wrapped(**values: Any) -> Any:
            chosen = settings(**{name: values.pop(name) for name in names})
            return command(chosen, **values)

        wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
        own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        wrapped.__signature__ = inspect.Signature([*parameters, *own])  # type: ignore[attr-defined]
        wrapped.__annotations__ = {p.name: p.annotation for p in [*parameters, *own]}
        return wrapped

    return decorate

"""The card of a model file, read without torch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError, safe_open

from painterly.errors import InputError
from painterly.models.card import ModelCard

__all__ = ["CARD", "opened", "read_card"]

CARD: Final = "painterly"
"""Key of the card in the file's metadata."""


@contextlib.contextmanager
def opened(path: Path, framework: str = "np") -> Iterator[Any]:
    """A model file, open.

    Raises:
        InputError: The file is missing, or not a model file.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    try:
        with safe_open(path, framework=framework) as file:
            if CARD not in (file.metadata() or {}):
                raise InputError(
                    f"{path} is a safetensors file, but not a painterly model (it has no card); "
                    "painterly import reads other people's"
                )
            yield file
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f"{path} is not a model file: painterly's are .safetensors, and nothing is unpickled"
        ) from error


def read_card(path: Path) -> ModelCard:
    """The card of a model file, without its weights.

    Raises:
        InputError: The file is missing, or not a model file.
    """
    with opened(path) as file:
        text = file.metadata()[CARD]
    return ModelCard.from_json(text, str(path))

"""Names of the networks that ship with the package."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

from painterly.errors import UsageError
from painterly.folders import SHIPPED
from painterly.models.look import plain_name

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_UPSCALERS",
    "GALLERY",
    "QUICK_GALLERY",
    "QUICK_MODEL",
    "find_model",
    "shipped_models",
]

DEFAULT_MODEL = "starry-night"
"""What paints unless another is named."""

GALLERY = "gallery"
"""The network of several styles that ships."""

QUICK_MODEL, QUICK_GALLERY = "starry-night-small", "gallery-small"
"""The small twins of both, of a fifth of the arithmetic, for what has to keep pace."""

DEFAULT_UPSCALERS: Final[dict[int, str]] = {4: "upscale-x4", 8: "upscale-x8"}
"""What enlarges unless another is named, by scale."""


def shipped_models() -> dict[str, Path]:
    """The networks that ship with the package: file by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}


def find_model(name: str | Path) -> Path:
    """The file that a name or a path means.

    Args:
        name: A shipped model's name (`starry-night`, `starry_night` and `Starry Night` are one), or a file.

    Raises:
        UsageError: It is neither; the nearest names are given.
    """
    text = str(name)
    models = shipped_models()
    plain = plain_name(text)
    if plain in models:
        return models[plain]
    path = Path(text).expanduser()
    if path.exists() or path.suffix or len(path.parts) > 1:
        return path  # reading it says what is wrong with it
    near = difflib.get_close_matches(plain, models, 3, 0.4) or list(models)
    raise UsageError(f"there is no model '{text}'; did you mean {' or '.join(near)}? (painterly models lists them)")

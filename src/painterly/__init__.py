"""painterly: perceptual losses for real-time style transfer and super-resolution.

    import painterly

    painting = painterly.load("starry-night")("photo.jpg")
    painting.save("painting.png")

Everything is loaded when it is first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from painterly.errors import InputError, OutputError, PainterlyError, TrainingError, UsageError
    from painterly.models.card import ModelCard
    from painterly.models.catalogue import shipped_models
    from painterly.models.painter import Painter, load
    from painterly.training.config import StyleTraining
    from painterly.training.style import train_style

_HOMES = {
    "InputError": "errors",
    "ModelCard": "models.card",
    "OutputError": "errors",
    "Painter": "models.painter",
    "PainterlyError": "errors",
    "StyleTraining": "training.config",
    "TrainingError": "errors",
    "UsageError": "errors",
    "load": "models.painter",
    "shipped_models": "models.catalogue",
    "train_style": "training.style",
}

__all__ = [
    "InputError",
    "ModelCard",
    "OutputError",
    "Painter",
    "PainterlyError",
    "StyleTraining",
    "TrainingError",
    "UsageError",
    "load",
    "shipped_models",
    "train_style",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'painterly' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"painterly.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

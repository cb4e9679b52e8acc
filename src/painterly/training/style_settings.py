"""Everything that decides how a style network is trained. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from painterly.losses.weighting import WEIGHTINGS, Weighting
from painterly.networks.description import STYLE_PRESETS
from painterly.training.settings import RunSettings, option

__all__ = ["STYLE_RECIPES", "StyleTraining"]

# Ours: crops at several scales, a start from a network that gives the photograph back, a falling learning rate.
_MODERN: Final[dict[str, Any]] = {
    "weighting": "modern",
    "cropping": "random",
    "style_size": 384,
    "identity_steps": 150,
    "steps": 40_000,
    "learning_rate": 1e-3,
    "decay": 0.3,
    "clip": 10.0,
}

STYLE_RECIPES: Final[dict[str, dict[str, Any]]] = {
    # Section 4.1: photographs squeezed to 256 x 256, constant learning rate, nothing else.
    "paper": {
        "weighting": "paper",
        "cropping": "squash",
        "style_size": 256,
        "identity_steps": 0,
        "steps": 40_000,
        "learning_rate": 1e-3,
        "decay": 0.0,
        "clip": 0.0,
    },
    "authors": {
        "weighting": "authors",
        "cropping": "squash",
        "style_size": 256,
        "identity_steps": 0,
        "steps": 40_000,
        "learning_rate": 1e-3,
        "decay": 0.0,
        "clip": 0.0,
    },
    "modern": _MODERN,
    "small": _MODERN,
}
"""What a preset sets wherever the user leaves a choice to it."""


@dataclass(frozen=True, kw_only=True)
class StyleTraining(RunSettings):
    """Settings of `painterly train style`. The defaults are the paper's schedule (section 4.1)."""

    recipes = STYLE_RECIPES
    least = RunSettings.least | {
        "identity_steps": 0,
        "style_size": 32,
        "content_weight": 0.0,
        "style_weight": 0.0,
        "variation_weight": 0.0,
    }
    choices = RunSettings.choices | {
        "preset": tuple(STYLE_PRESETS),
        "weighting": tuple(WEIGHTINGS),
        "cropping": ("random", "squash"),
    }

    style: Path = option("The painting to learn.")
    preset: str = option(f"Network and recipe: {', '.join(STYLE_PRESETS)}.", "modern")
    identity_steps: int | None = option("Steps before that which only teach it to give the photograph back.", None)
    style_size: int | None = option("Longest side of the painting in pixels: larger makes larger strokes.", None)
    cropping: str | None = option("random parts at random scales, or squash the whole photograph to a square.", None)
    weighting: str | None = option(f"Scales and weights of the loss: {', '.join(WEIGHTINGS)}.", None)
    content_weight: float | None = option("Weight of feature reconstruction, instead of the weighting's.", None)
    style_weight: float | None = option("Weight of style reconstruction, instead of the weighting's.", None)
    variation_weight: float | None = option("Weight of total variation, instead of the weighting's.", None)
    loss_network: str = option("Loss network: a name, a file of VGG weights, or auto for the best at hand.", "auto")
    content_layers: str | None = option(
        "Layers of feature reconstruction, such as relu3_3 (relu2_2 in arXiv v1).", None
    )
    style_layers: str | None = option("Layers of style reconstruction, separated by commas.", None)
    painter: str = option("The painting's painter, for the card.", "")
    licence: str = option("The painting's licence, or 'public domain', for the card.", "")

    def weights(self) -> Weighting:
        """The weighting, with single weights replaced where they were given."""
        named = WEIGHTINGS[self.weighting or STYLE_RECIPES[self.preset]["weighting"]]
        given: dict[str, Any] = {
            "content": self.content_weight,
            "style": self.style_weight,
            "variation": self.variation_weight,
        }
        return dataclasses.replace(named, **{name: value for name, value in given.items() if value is not None})

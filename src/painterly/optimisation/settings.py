"""Everything that decides how a picture is optimised. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Final

from painterly.errors import UsageError
from painterly.losses.weighting import WEIGHTINGS, Weighting
from painterly.training.settings import option

__all__ = ["COLORS", "OptimizationSettings"]

COLORS: Final = ("style", "luminance", "statistics")
"""Colours of the painting; luminance from the painting and colours from the photograph; or colours of the painting
changed to the photograph's mean and covariance beforehand (Gatys et al. 2017)."""


@dataclass(frozen=True, kw_only=True)
class OptimizationSettings:
    """Settings of `painterly optimize`."""

    size: int = option("Longest side of the result in pixels.", 512)
    iterations: int = option("Iterations at each size.", 300)
    scales: int = option("Sizes to work at, each 1.41 times the one before; coarse ones make large strokes.", 3)
    method: str = option("lbfgs (the paper) or adam.", "lbfgs")
    formula: str = option(f"Scales and weights of the loss: {', '.join(WEIGHTINGS)}.", "modern")
    content_weight: float | None = option("Weight of feature reconstruction, instead of the formula's.", None)
    style_weight: float | None = option("Weight of style reconstruction, instead of the formula's.", None)
    variation_weight: float | None = option("Weight of total variation, instead of the formula's.", None)
    shares: str | None = option("How much each of several styles counts, separated by commas.", None)
    masks: str | None = option("Where each style belongs: white in one picture a style, separated by commas.", None)
    style_scale: float = option("Size of the paintings relative to the result: larger makes larger strokes.", 1.0)
    start: str = option("content, noise, or a picture.", "content")
    color: str = option("style, or the photograph's colours: luminance or statistics.", "style")
    refine: str | None = option("Start from what this model paints; its name or file.", None)
    loss_network: str = option("Loss network: a name, a file of VGG weights, or auto for the best at hand.", "auto")
    content_layers: str | None = option("Layers of feature reconstruction, separated by commas.", None)
    style_layers: str | None = option("Layers of style reconstruction, separated by commas.", None)
    pooling: str | None = option("max, or average as Gatys et al. have it; by default what the formula's have.", None)
    learning_rate: float = option("Step of Adam in pixel values.", 0.03)
    precision: str = option("auto, 32-true or bf16-mixed; bfloat16 only with adam unless asked for.", "auto")
    tile: str = option("Side of the tiles for large pictures, a multiple of 16, or off; only memory differs.", "auto")
    seed: int = option("Decides the noise.", 0)
    device: str = option("auto, cpu, cuda or mps.", "auto")

    def __post_init__(self) -> None:
        for name, low in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not low <= value < math.inf:
                raise UsageError(f"--{name.replace('_', '-')} must be at least {low}, not {value}")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise UsageError(f"--{name} must be one of {', '.join(choices)}, not '{value}'")
        side = int(self.tile) if self.tile.isdecimal() else 0
        if self.tile not in ("auto", "off") and (side == 0 or side % 16):
            raise UsageError(f"--tile must be auto, off or a multiple of 16, not '{self.tile}'")

    def weights(self) -> Weighting:
        """The weighting, with single weights replaced where they were given."""
        given: dict[str, Any] = {
            "content": self.content_weight,
            "style": self.style_weight,
            "variation": self.variation_weight,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        return dataclasses.replace(WEIGHTINGS[self.formula], **changes)

    def sizes(self) -> list[int]:
        """Longest sides to work at, the last of them the result's."""
        sizes = [round(self.size / 2 ** (step / 2)) for step in reversed(range(self.scales))]
        return [size for size in sizes if size >= 64 or size == self.size]


_LEAST: Final[dict[str, float]] = {
    "size": 32,
    "iterations": 1,
    "scales": 1,
    "content_weight": 0.0,
    "style_weight": 0.0,
    "variation_weight": 0.0,
    "style_scale": 0.05,
    "learning_rate": 1e-6,
}

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "method": ("lbfgs", "adam"),
    "formula": tuple(WEIGHTINGS),
    "color": COLORS,
    "pooling": ("max", "average"),
    "precision": ("auto", "32-true", "bf16-mixed"),
}

"""Everything that decides how a compact loss network is distilled. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from painterly.networks.description import EncoderDescription
from painterly.training.settings import RunSettings, option

__all__ = ["ENCODER_RECIPE", "EncoderTraining"]

ENCODER_RECIPE: Final[dict[str, Any]] = {"steps": 20_000, "learning_rate": 1e-3, "decay": 0.5, "clip": 5.0}


@dataclass(frozen=True, kw_only=True)
class EncoderTraining(RunSettings):
    """Settings of `painterly train encoder`: a small network that stands in for the loss network."""

    least = RunSettings.least | {"gram_weight": 0.0, "width": 1}

    paintings: Path | None = option("A folder of paintings, of which every fourth picture is made.", None)
    loss_network: str = option("The network to learn from: a name, or auto for the best at hand.", "auto")
    width: int = option("Channels of the first group of layers.", 32)
    gram_weight: float = option("Weight of the Gram matrices beside the activations.", 1.0)
    size: int = option("Side of the training crops in pixels.", 192)

    def recipe(self) -> Mapping[str, Any]:
        return ENCODER_RECIPE

    def description(self) -> EncoderDescription:
        """The network to be trained."""
        return EncoderDescription(self.width)

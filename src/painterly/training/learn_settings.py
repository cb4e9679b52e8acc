"""Everything that decides how a new style is learnt. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from painterly.errors import UsageError
from painterly.models.catalogue import GALLERY
from painterly.training.settings import option

__all__ = ["PHOTOGRAPHS", "LearnSettings"]

PHOTOGRAPHS = Path(__file__).parent.parent / "assets" / "photographs"
"""The photographs that ship, which are enough for a few thousand numbers."""


@dataclass(frozen=True, kw_only=True)
class LearnSettings:
    """Settings of `painterly learn`."""

    name: str | None = option("What to call the style; by default, what the painting's file is called.", None)
    steps: int = option("Steps that fit the style's own numbers, all else fixed.", 200)
    deep: bool = option("Go on from there with all weights of the network: a better picture, a file of its own.", False)
    deep_steps: int = option("Steps of --deep.", 2000)
    base: str = option("The network of several styles to which it is added: a name or a file.", GALLERY)
    start: str = option("Begin with the nearest style (auto), with the mean of all, or with the one named.", "auto")
    photos: Path | None = option("Photographs to learn on: a folder or a tar; by default those that ship.", None)
    size: int = option("Side of the training crops in pixels.", 256)
    batch_size: int = option("Photographs a step.", 4)
    learning_rate: float = option("Adam's learning rate for the style's own numbers.", 1e-2)
    style_size: int | None = option(
        "Longest side of the painting in pixels; by default as the network was taught.", None
    )
    style_weight: float | None = option("Weight of style reconstruction; by default as the network was taught.", None)
    loss_network: str = option("Loss network: a name, a file of VGG weights, or auto for the best at hand.", "auto")
    title: str = option("The painting's title, for the card.", "")
    painter: str = option("The painting's painter, for the card.", "")
    licence: str = option("The painting's licence, or 'public domain', for the card.", "")
    output: Path | None = option("The file to write; by default in the folder where --style looks.", None)
    overwrite: bool = option("Replace a style of the same name.", False)
    measure_every: int = option("Steps between measurements on unseen photographs; keeps the run's folder.", 0)
    seed: int = option("Decides the order of the photographs and the crops.", 0)
    device: str = option("auto, cpu, cuda or mps.", "auto")
    precision: str = option("auto, 32-true or bf16-mixed.", "auto")

    def __post_init__(self) -> None:
        for name, low in (
            ("steps", 1),
            ("deep_steps", 1),
            ("size", 32),
            ("batch_size", 1),
            ("style_size", 32),
            ("measure_every", 0),
        ):
            value = getattr(self, name)
            if value is not None and value < low:
                raise UsageError(f"--{name.replace('_', '-')} must be at least {low}, not {value}")
        for name in ("learning_rate", "style_weight"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise UsageError(f"--{name.replace('_', '-')} must be at least 0, not {value}")
        if self.output is not None and self.output.suffix != ".safetensors":
            raise UsageError(f"--output {self.output}: a style's file name ends in .safetensors")

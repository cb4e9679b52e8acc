"""Everything that decides how a style network is trained. Imports nothing heavy.

The command line's options are made from the fields below, with their defaults and help, so that the two cannot differ.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from painterly.errors import UsageError
from painterly.losses.weighting import WEIGHTINGS, Weighting
from painterly.networks.description import STYLE_PRESETS

__all__ = ["STYLE_RECIPES", "StyleTraining", "option"]


def option(help: str, default: Any = dataclasses.MISSING, *, short: str = "") -> Any:
    """A dataclass field that is also a command-line option."""
    return dataclasses.field(default=default, metadata={"help": help, "short": short})


STYLE_RECIPES: Final[dict[str, dict[str, Any]]] = {
    # Section 4.1: photographs squeezed to 256 x 256, constant learning rate, nothing else.
    "paper": {
        "weighting": "paper",
        "cropping": "squash",
        "style_size": 256,
        "identity_steps": 0,
        "decay": 0.0,
        "clip": 0.0,
    },
    "authors": {
        "weighting": "authors",
        "cropping": "squash",
        "style_size": 256,
        "identity_steps": 0,
        "decay": 0.0,
        "clip": 0.0,
    },
    # Ours: crops at several scales, a start from a network that gives the photograph back, a falling learning rate.
    "modern": {
        "weighting": "modern",
        "cropping": "random",
        "style_size": 384,
        "identity_steps": 150,
        "decay": 0.3,
        "clip": 10.0,
    },
}
"""What a preset sets wherever the user leaves a choice to it."""


@dataclass(frozen=True, kw_only=True)
class StyleTraining:
    """Settings of `painterly train style`. The defaults are the paper's schedule (section 4.1)."""

    style: Path = option("The painting to learn.")
    photos: Path = option("Photographs: a folder, nested or flat, or an uncompressed tar.")
    output: Path = option("The model file to write.", short="-o")
    preset: str = option(f"Network and recipe: {', '.join(STYLE_PRESETS)}.", "modern")
    steps: int = option("Steps of gradient descent.", 40_000)
    batch_size: int = option("Photographs a step (in all, over all processes).", 4)
    size: int = option("Side of the training crops in pixels.", 256)
    learning_rate: float = option("Adam's learning rate.", 1e-3)
    decay: float | None = option("Share of the steps, at the end, over which the learning rate falls to zero.", None)
    clip: float | None = option("Largest norm of the gradient; 0 for no limit.", None)
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
    init: Path | None = option("Start from the weights of this model file.", None)
    resume: bool = option("Go on from the run's last checkpoint.", False)
    overwrite: bool = option("Replace the model file and the run folder if they exist.", False)
    title: str = option("The painting's title, for the model's card.", "")
    painter: str = option("Its painter.", "")
    licence: str = option("Its licence, or 'public domain'.", "")
    half: bool = option("Store the weights in half precision: half the size, the same picture to the eye.", False)
    held_out: int = option("Photographs kept out of training, to measure the objective on.", 16)
    checkpoint_every: int = option("Steps between checkpoints.", 250)
    sample_every: int = option("Steps between sample pictures; 0 for none.", 500)
    seed: int = option("Decides the first weights, the order of the photographs and the crops.", 0)
    device: str = option("auto, cpu, cuda or mps.", "auto")
    devices: int = option("Number of devices or processes.", 1)
    precision: str = option("auto, 32-true or bf16-mixed.", "auto")
    compile: bool = option("Compile the network and the loss (minutes at the start, faster steps).", False)
    workers: int | None = option("Processes that read photographs ahead; by default half the cores, at most 8.", None)

    def __post_init__(self) -> None:
        for name, low in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not value >= low:
                raise UsageError(f"--{name.replace('_', '-')} must be at least {low}, not {value}")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise UsageError(f"--{name} must be one of {', '.join(choices)}, not '{value}'")
        if self.decay is not None and self.decay > 1:
            raise UsageError(f"--decay is a share of the steps, at most 1, not {self.decay}")
        if self.batch_size % self.devices:
            raise UsageError(f"--batch-size {self.batch_size} cannot be shared out to {self.devices} devices")

    def resolved(self) -> StyleTraining:
        """The same settings with every open choice filled in from the preset's recipe."""
        recipe = STYLE_RECIPES[self.preset]
        return dataclasses.replace(self, **{k: v for k, v in recipe.items() if getattr(self, k) is None})

    def weights(self) -> Weighting:
        """The weighting, with single weights replaced where they were given."""
        named = WEIGHTINGS[self.weighting or STYLE_RECIPES[self.preset]["weighting"]]
        given: dict[str, Any] = {
            "content": self.content_weight,
            "style": self.style_weight,
            "variation": self.variation_weight,
        }
        return dataclasses.replace(named, **{name: value for name, value in given.items() if value is not None})

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values; of files only the name is kept."""
        values = dataclasses.asdict(self)
        return {key: value.name if isinstance(value, Path) else value for key, value in values.items()}


_LEAST: Final[dict[str, float]] = {
    "steps": 1,
    "batch_size": 1,
    "size": 32,
    "learning_rate": 0.0,
    "decay": 0.0,
    "clip": 0.0,
    "identity_steps": 0,
    "style_size": 32,
    "content_weight": 0.0,
    "style_weight": 0.0,
    "variation_weight": 0.0,
    "held_out": 0,
    "checkpoint_every": 1,
    "sample_every": 0,
    "devices": 1,
    "workers": 0,
}

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "preset": tuple(STYLE_PRESETS),
    "weighting": tuple(WEIGHTINGS),
    "cropping": ("random", "squash"),
    "precision": ("auto", "32-true", "bf16-mixed"),
}

"""Everything that decides how super-resolution networks are trained. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from painterly.errors import UsageError
from painterly.networks.description import (
    SCALES,
    SRCNN_PRESETS,
    SUPER_RESOLUTION_PRESETS,
    SRCNNDescription,
    SuperResolutionDescription,
)
from painterly.training.settings import RunSettings, option

__all__ = ["SRCNN_RECIPE", "SUPER_RESOLUTION_RECIPES", "SRCNNTraining", "SuperResolutionTraining"]

_CROPPINGS: Final = ("patch", "reduced")

_PAPER: Final[dict[str, Any]] = {
    "degradation": "paper",
    "cropping": "patch",
    "steps": 200_000,
    "learning_rate": 1e-3,
    "decay": 0.0,
    "clip": 0.0,
    "feature_layers": "relu2_2",
    "feature_scale": "mean",
    "pixel_form": "squared",
    "pixel_weight": 255.0**2,  # beside features of a network that sees pixels in 0..255, the same pixels count
    "pooling": "max",
    "shift": 0,
    "grid_weight": 0.0,
}

SUPER_RESOLUTION_RECIPES: Final[dict[str, dict[str, Any]]] = {
    # Section 4.2: 288-pixel patches, blur and bicubic, batches of 4, Adam at 1e-3, 200k steps, nothing else.
    "paper": _PAPER,
    # The DIV2K report: the paper's network but for kernels of 4, several layers weighed alike, five epochs.
    "div2k": {
        **{key: value for key, value in _PAPER.items() if key != "steps"},
        "epochs": 5.0,
        "feature_layers": "relu1_2,relu2_2,relu3_3,relu4_3",
    },
    # Ours: the benchmarks' degradation; a lower rate, since nothing normalises; terms on one scale.
    "modern": {
        **_PAPER,
        "degradation": "bicubic",
        "cropping": "reduced",
        "steps": 20_000,
        "learning_rate": 5e-4,
        "decay": 0.5,
        "clip": 1.0,
        "feature_scale": "relative",
        "pixel_form": "absolute",
        "pixel_weight": 1.0,
        "shift": 1,
        "grid_weight": 3000.0,
    },
}
"""What a preset sets wherever the user leaves a choice to it."""

_LOSSES: Final = ("feature", "pixel", "feature+pixel")
_SCALES: Final = tuple(str(scale) for scale in SCALES)


@dataclass(frozen=True, kw_only=True)
class SuperResolutionTraining(RunSettings):
    """Settings of `painterly train super-resolution` (paper, section 4.2)."""

    recipes = SUPER_RESOLUTION_RECIPES
    least = RunSettings.least | {"size": 48, "feature_weight": 0.0, "pixel_weight": 0.0, "grid_weight": 0.0, "shift": 0}
    choices = RunSettings.choices | {
        "preset": tuple(SUPER_RESOLUTION_RECIPES),
        "loss": _LOSSES,
        "degradation": ("paper", "bicubic"),
        "cropping": _CROPPINGS,
        "feature_scale": ("mean", "relative"),
        "pixel_form": ("squared", "absolute"),
        "pooling": ("max", "average"),
        "upsampling": ("transposed", "transposed4", "resize", "subpixel"),
    }

    scale: int = option("How many times larger the network makes a picture: 2, 3, 4 or 8.", 4)
    loss: str = option("feature, pixel or feature+pixel.", "feature")
    preset: str = option(f"Network and recipe: {', '.join(SUPER_RESOLUTION_RECIPES)}.", "modern")
    size: int = option("Side of the patches in pixels, a multiple of the scale.", 288)
    degradation: str | None = option("paper (blur, then bicubic) or bicubic, as the test sets are made.", None)
    cropping: str | None = option("patch: pixels as they are; or reduced: made smaller, so sharper and cleaner.", None)
    feature_layers: str | None = option("Layers of feature reconstruction, separated by commas, weighed alike.", None)
    feature_weight: float = option("Weight of feature reconstruction.", 1.0)
    pixel_weight: float | None = option("Weight of the pixel loss, on pixels in 0..1.", None)
    grid_weight: float | None = option("Weight against the grid that feature reconstruction draws.", None)
    feature_scale: str | None = option("mean (equation 2), or relative to the target's own activations.", None)
    pixel_form: str | None = option("squared or absolute differences.", None)
    pooling: str | None = option("Pooling of the loss network: max or average.", None)
    shift: int | None = option("Largest random shift of the loss network's pooling grid, in pixels.", None)
    upsampling: str | None = option("transposed, transposed4, resize or subpixel, instead of the preset's.", None)
    loss_network: str = option("Loss network: a name, a file of VGG weights, or auto for the paper's.", "auto")

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_scale(self.scale, self.size)

    def description(self) -> SuperResolutionDescription:
        """The network to be trained."""
        network = SUPER_RESOLUTION_PRESETS["modern" if self.preset == "modern" else "paper"]
        changes: dict[str, Any] = {"scale": self.scale}
        if self.preset == "div2k":
            changes["upsampling"] = "transposed4"
        if self.upsampling is not None:
            changes["upsampling"] = self.upsampling
        return dataclasses.replace(network, **changes)


SRCNN_RECIPE: Final[dict[str, Any]] = {
    "degradation": "bicubic",
    "cropping": "reduced",
    "steps": 20_000,
    # Dong et al. have stochastic gradient descent with 1e-4 (1e-5 for the last layer) and 10^8 steps and more; Adam
    # comes close in a small part of them.
    "learning_rate": 1e-3,
    "decay": 0.5,
    "clip": 0.1,
}


@dataclass(frozen=True, kw_only=True)
class SRCNNTraining(RunSettings):
    """Settings of `painterly train srcnn`: the paper's baseline (Dong et al. 2014, 2016)."""

    least = RunSettings.least | {"size": 33}
    choices = RunSettings.choices | {
        "preset": tuple(SRCNN_PRESETS),
        "degradation": ("paper", "bicubic"),
        "cropping": _CROPPINGS,
    }

    scale: int = option("How many times larger the network makes a picture: 2, 3, 4 or 8.", 4)
    preset: str = option(f"Sides of the three kernels: {', '.join(SRCNN_PRESETS)}.", "9-5-5")
    size: int = option("Side of the patches in pixels, a multiple of the scale.", 96)
    batch_size: int = option("Patches a step (in all, over all processes).", 16)
    degradation: str | None = option("paper (blur, then bicubic) or bicubic, as the test sets are made.", None)
    cropping: str | None = option("patch: pixels as they are; or reduced: made smaller, so sharper and cleaner.", None)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_scale(self.scale, self.size)

    def recipe(self) -> Mapping[str, Any]:
        return SRCNN_RECIPE

    def description(self) -> SRCNNDescription:
        """The network to be trained."""
        return dataclasses.replace(SRCNN_PRESETS[self.preset], scale=self.scale)


def _check_scale(scale: int, size: int) -> None:
    if scale not in SCALES:
        raise UsageError(f"--scale must be one of {', '.join(_SCALES)}, not {scale}")
    if size % scale:
        raise UsageError(f"--size {size} is not a multiple of --scale {scale}; {size - size % scale} is")


def div2k_folder(photos: Path) -> Path:
    """The training pictures in a folder laid out as DIV2K is (DIV2K_train_HR), else the folder itself."""
    inner = photos / "DIV2K_train_HR"
    return inner if inner.is_dir() else photos

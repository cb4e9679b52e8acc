"""Everything that decides how a style network is trained. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from painterly.errors import UsageError
from painterly.losses.weighting import WEIGHTINGS, Weighting
from painterly.models.card import CANVAS_MOST
from painterly.networks.description import STYLE_PRESETS, StyleDescription
from painterly.training.settings import RunSettings, option

__all__ = ["STYLE_RECIPES", "StyleTraining", "check_style_name", "style_name"]

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
        "identity_weight": 0.0,
        "identity_times": 1,
        "extra_styles": 0,
        "steady_weight": 0.0,
        "canvas": 0.0,
        "content_weight": 0.0,
        "variation_weight": 0.0,
    }
    choices = RunSettings.choices | {
        "preset": tuple(STYLE_PRESETS),
        "weighting": tuple(WEIGHTINGS),
        "cropping": ("random", "squash"),
    }

    style: list[Path] = option("The painting to learn; give it several times for one network of several styles.")
    preset: str = option(f"Network and recipe: {', '.join(STYLE_PRESETS)}.", "modern")
    identity: bool | None = option(
        "Whether the photograph itself is one more style; by default if there are several.", None
    )
    extra_styles: int = option(
        "Further styles, made of parts of the paintings and of photographs, that are trained along and then left out: "
        "new styles are learnt sooner on such a network.",
        0,
    )
    identity_times: int = option("How many times as often as a painting that style is practised.", 1)
    only_identity: bool = option(
        "Fit the scales and shifts of that style alone, after --init; paintings stay what they are.", False
    )
    identity_weight: float = option("Weight of that style's loss, the mean squared error of pixels in 0..1.", 30.0)
    identity_steps: int | None = option("Steps before that which only teach it to give the photograph back.", None)
    steady_weight: float = option(
        "Weight of painting alike what is hardly different, so that films do not flicker: the mean squared difference "
        "between the paintings of a photograph and of the same one moved a little; 0 leaves it out. 100 is much.",
        0.0,
    )
    canvas: float = option(
        "Lay three photographs of four on an uneven canvas, of so many grey levels, and judge by the photographs "
        "without, for strokes to begin somewhere; what the network paints later gets one too, unless told otherwise.",
        0.0,
    )
    style_size: int | None = option("Longest side of the painting in pixels: larger makes larger strokes.", None)
    cropping: str | None = option("random parts at random scales, or squash the whole photograph to a square.", None)
    weighting: str | None = option(f"Scales and weights of the loss: {', '.join(WEIGHTINGS)}.", None)
    content_weight: float | None = option("Weight of feature reconstruction, instead of the weighting's.", None)
    style_weight: list[float] | None = option(
        "Weight of style reconstruction, instead of the weighting's; one for all paintings or one for each.", None
    )
    variation_weight: float | None = option("Weight of total variation, instead of the weighting's.", None)
    loss_network: str = option("Loss network: a name, a file of VGG weights, or auto for the best at hand.", "auto")
    content_layers: str | None = option(
        "Layers of feature reconstruction, such as relu3_3 (relu2_2 in arXiv v1).", None
    )
    style_layers: str | None = option("Layers of style reconstruction, separated by commas.", None)
    style_title: list[str] | None = option("The painting's title, for the card; once for each painting.", None)
    painter: list[str] | None = option("The painting's painter, for the card; once for each painting.", None)
    licence: str = option("The paintings' licence, or 'public domain', for the card.", "")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, several in (("style", False), ("style_weight", True), ("style_title", False), ("painter", False)):
            values = getattr(self, name)
            if isinstance(values, (str, Path, int, float)):
                values = [values]
                object.__setattr__(self, name, values)
            if name != "style" and values and len(values) != len(self.style) and not (several and len(values) == 1):
                flag, given = f"--{name.replace('_', '-')}", len(values)
                raise UsageError(f"give {flag} once for each painting: {len(self.style)} times, not {given}")
        if not self.style:
            raise UsageError("name the painting to learn with --style")
        for weight in self.style_weight or ():
            if not weight >= 0:
                raise UsageError(f"--style-weight must be at least 0.0, not {weight}")
        if self.canvas > CANVAS_MOST:
            raise UsageError(f"--canvas must be at most {CANVAS_MOST:g} grey levels, not {self.canvas:g}")
        names = [style_name(path) for path in self.style]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"two paintings are called '{name}'; rename the file of one")
        if len(names) + self.extra_styles > 1 and STYLE_PRESETS[self.preset].normalization != "instance":
            raise UsageError(f"--preset {self.preset} has batch normalisation, which knows one style only")

        if self.only_identity and not self.with_identity:
            raise UsageError("--only-identity needs a network that has the photograph itself as a style: --identity")

    @property
    def with_identity(self) -> bool:
        """Whether the photograph itself is one more style."""
        return len(self.style) + self.extra_styles > 1 if self.identity is None else self.identity

    def description(self) -> StyleDescription:
        """The network to be trained, extra styles included."""
        preset = STYLE_PRESETS[self.preset]
        count = len(self.style) + self.extra_styles + self.with_identity
        return dataclasses.replace(preset, styles=count, identity=self.with_identity)

    def weights(self, style: int = 0) -> Weighting:
        """The weighting for one of the styles, with single weights replaced where they were given."""
        named = WEIGHTINGS[self.weighting or STYLE_RECIPES[self.preset]["weighting"]]
        given: dict[str, Any] = {
            "content": self.content_weight,
            "style": self.style_weight[style % len(self.style_weight)] if self.style_weight else None,
            "variation": self.variation_weight,
        }
        return dataclasses.replace(named, **{name: value for name, value in given.items() if value is not None})


def style_name(path: Path) -> str:
    """The name by which a painting's style is called: `The_Scream.jpg` becomes `the-scream`."""
    return "-".join(path.stem.lower().replace("_", " ").replace("-", " ").split())


def check_style_name(name: str, remedy: str) -> None:
    """Make sure that a style can be called by its name, which mixtures and files have to tell from all else.

    Raises:
        UsageError: It is empty or has slashes, dots, colons or commas in it.
    """
    if not name or any(character in name for character in "/\\.:,"):
        why = "slashes, dots, colons and commas mean other things"
        raise UsageError(f"a style cannot be called '{name}', for {why}; {remedy}")

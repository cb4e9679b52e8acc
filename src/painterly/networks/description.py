"""What a network is, in a few words that are saved with its weights.

A description is all that is needed to build the network again; it imports nothing heavy, so that commands can offer
presets without loading torch.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from painterly.errors import InputError

__all__ = ["STYLE_PRESETS", "Normalization", "Padding", "Pixels", "StyleDescription", "Upsampling"]

Normalization = Literal["batch", "instance"]
"""Batch normalisation (the paper) or instance normalisation (Ulyanov et al. 2016; the authors' released code)."""

Upsampling = Literal["transposed", "resize"]
"""Stride-1/2 transposed convolution (the paper) or nearest up-sampling and a convolution (Odena et al. 2016)."""

Padding = Literal["reflect-start", "reflect"]
"""Reflect once before the first layer with unpadded residual blocks (the paper's supplement), or in every layer."""

Pixels = Literal["vgg", "unit"]
"""What the layers see and give: BGR in 0..255 less VGG's mean, out through 150 tanh (the authors' code); or RGB
normalised by ImageNet's mean and deviation, in and out. At the boundary it is RGB in [0, 1] either way."""


@dataclass(frozen=True)
class StyleDescription:
    """The style-transfer network of the paper (section 3.1, supplement table 1) and its variants.

    Attributes:
        width: Channels of the first layer; the others have two and four times as many (paper 32, authors 16).
        blocks: Number of residual blocks.
        normalization: Batch or instance normalisation after every convolution but the last.
        upsampling: How the two up-sampling layers work.
        padding: Where pixels beyond the border come from.
        pixels: The space in which the layers work.
    """

    width: int = 32
    blocks: int = 5
    normalization: Normalization = "instance"
    upsampling: Upsampling = "resize"
    padding: Padding = "reflect"
    pixels: Pixels = "unit"

    def __post_init__(self) -> None:
        for name, low, high in (("width", 1, 1024), ("blocks", 0, 64)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise InputError(f"a style network's {name} must be a whole number from {low} to {high}, not {value!r}")
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise InputError(f"a style network's {name} must be one of {', '.join(choices)}, not {value!r}")

    @property
    def stride(self) -> int:
        """Ratio of the picture's resolution to that of the residual blocks; sizes are padded to a multiple of it."""
        return 4

    @property
    def start_padding(self) -> int:
        """Pixels reflected before the first layer: two per residual block and side, at the blocks' resolution."""
        return 2 * self.blocks * self.stride if self.padding == "reflect-start" else 0

    def to_dict(self) -> dict[str, Any]:
        """The description as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> StyleDescription:
        """Inverse of `to_dict`.

        Raises:
            InputError: A key is unknown or a value is out of range.
        """
        unknown = set(values) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise InputError(f"a style network has no {', '.join(sorted(unknown))}; a newer painterly may know it")
        return cls(**values)


_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "normalization": get_args(Normalization),
    "upsampling": get_args(Upsampling),
    "padding": get_args(Padding),
    "pixels": get_args(Pixels),
}

STYLE_PRESETS: Final[dict[str, StyleDescription]] = {
    # The camera-ready paper and its supplement: 1,679,235 parameters.
    "paper": StyleDescription(32, 5, "batch", "transposed", "reflect-start", "vgg"),
    # The instance-norm networks that the authors released: half the filters.
    "authors": StyleDescription(16, 5, "instance", "transposed", "reflect-start", "vgg"),
    # Ours: no checkerboard (resize convolution), no border (reflection everywhere), outputs that never saturate.
    "modern": StyleDescription(32, 5, "instance", "resize", "reflect", "unit"),
}
"""Named descriptions: `paper`, `authors` and `modern` (the default)."""

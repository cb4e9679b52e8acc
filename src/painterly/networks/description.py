"""What a network is, in a few words that are saved with its weights.

A description is all that is needed to build the network again; it imports nothing heavy, so that commands can offer
presets without loading torch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, Self, get_args

from painterly.errors import InputError

__all__ = [
    "SCALES",
    "SRCNN_PRESETS",
    "STYLE_PRESETS",
    "SUPER_RESOLUTION_PRESETS",
    "EncoderDescription",
    "Normalization",
    "Padding",
    "Pixels",
    "SRCNNDescription",
    "StyleDescription",
    "SuperResolutionDescription",
    "Upsampling",
]

Normalization = Literal["batch", "instance", "none"]
"""Batch normalisation (the paper), instance normalisation (Ulyanov et al. 2016; the authors' released code) or none."""

Upsampling = Literal["transposed", "transposed4", "resize", "subpixel"]
"""Stride-1/2 transposed convolution (the paper), the same with a kernel of 4 instead of 3, nearest up-sampling and a
convolution (Odena et al. 2016), or a convolution to four times the channels that are then laid out as pixels (Shi et
al. 2016)."""

Padding = Literal["reflect-start", "reflect", "zero"]
"""Reflect once before the first layer with unpadded residual blocks (the paper's style network), reflect in every
layer, or surround every layer with zeros (the paper's super-resolution network)."""

Pixels = Literal["vgg", "unit", "tanh"]
"""What the layers see and give: BGR in 0..255 less VGG's mean, out through 150 tanh (the authors' code); RGB
normalised by ImageNet's mean and deviation, in and out; or RGB in [0, 1], out through 150 tanh around the middle of
0..255 (Engstrom's fast-style-transfer). At the boundary it is RGB in [0, 1] in any case."""

SCALES: Final[dict[int, tuple[int, ...]]] = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}
"""Factors of super-resolution, and the up-sampling layers that each is made of."""


class _Description:
    """Checks and JSON, for the dataclasses below."""

    what: ClassVar[str]
    ranges: ClassVar[Mapping[str, tuple[int, int]]] = {}
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}

    def __post_init__(self) -> None:
        for name, (low, high) in self.ranges.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise InputError(f"{self.what}'s {name} must be a whole number from {low} to {high}, not {value!r}")
        for name, choices in self.choices.items():
            value = getattr(self, name)
            if not any(value == choice and type(value) is type(choice) for choice in choices):  # 4.0 is not 4
                raise InputError(f"{self.what}'s {name} must be one of {', '.join(map(str, choices))}, not {value!r}")

    def to_dict(self) -> dict[str, Any]:
        """The description as plain JSON values."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Inverse of `to_dict`.

        Raises:
            InputError: A key is unknown or a value is out of range.
        """
        unknown = set(values) - {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        if unknown:
            raise InputError(f"{cls.what} has no {', '.join(sorted(unknown))}; a newer painterly may know it")
        return cls(**values)


@dataclass(frozen=True)
class StyleDescription(_Description):
    """The style-transfer network of the paper (section 3.1, supplement table 1) and its variants.

    Attributes:
        width: Channels of the first layer; the others have two and four times as many (paper 32, authors 16).
        blocks: Number of residual blocks.
        normalization: Batch or instance normalisation after every convolution but the last.
        upsampling: How the two up-sampling layers work: "transposed", "transposed4" or "resize".
        padding: Where pixels beyond the border come from: "reflect-start", "reflect" or "zero".
        pixels: The space in which the layers work.
        styles: How many styles the network paints. With more than one, every instance normalisation has a scale and a
            shift for each (Dumoulin et al. 2017), and all else is shared.
        identity: Whether the last of the styles is the photograph itself, unchanged.
        carry: How much of the photograph's own brightness and contrast is carried round the layers, from 0 to 1; see
            `painterly.networks.carry.carry_round`. A network with `identity` carries as much as that style weighs.
        down_kernel: Side of the kernel of the two down-sampling layers: 3, or 4, which holds TensorFlow's lopsided
            padding as a row and a column of zeros.
        last_norm: Whether the last convolution is normalised too.
    """

    what = "a style network"
    ranges = {"width": (1, 1024), "blocks": (0, 64), "styles": (1, 4096)}
    choices = {
        "normalization": ("batch", "instance"),
        "upsampling": ("transposed", "transposed4", "resize"),
        "padding": ("reflect-start", "reflect", "zero"),
        "pixels": get_args(Pixels),
        "identity": (True, False),
        "down_kernel": (3, 4),
        "last_norm": (True, False),
    }

    width: int = 32
    blocks: int = 5
    normalization: Normalization = "instance"
    upsampling: Upsampling = "resize"
    padding: Padding = "reflect"
    pixels: Pixels = "unit"
    styles: int = 1
    identity: bool = False
    carry: float = 0.0
    # Not part of the text from which `painterly.networks.mixing.shared_digest` is made: learnt styles go on fitting.
    down_kernel: int = field(default=3, repr=False)
    last_norm: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.styles > 1 and self.normalization != "instance":
            raise InputError("a style network of several styles needs instance normalisation")
        if self.identity and self.styles < 2:
            raise InputError("a style network whose only style is the photograph paints nothing")
        if type(self.carry) not in (int, float) or not 0 <= self.carry <= 1:
            raise InputError(f"a style network's carry must be a number from 0 to 1, not {self.carry!r}")

    @property
    def stride(self) -> int:
        """Ratio of the picture's resolution to that of the residual blocks; sizes are padded to a multiple of it."""
        return 4

    @property
    def start_padding(self) -> int:
        """Pixels reflected before the first layer: two per residual block and side, at the blocks' resolution."""
        return 2 * self.blocks * self.stride if self.padding == "reflect-start" else 0


@dataclass(frozen=True)
class SuperResolutionDescription(_Description):
    """The super-resolution network of the paper (section 3.1, supplement table 2) and its variants.

    Attributes:
        scale: How many times wider and higher the picture becomes: 2, 3, 4 or 8.
        width: Channels of the first layer and of the residual blocks.
        up_width: Channels of the up-sampling layers; the paper has as many as in the blocks.
        blocks: Number of residual blocks, all at the low resolution.
        normalization: After every convolution but the last: "batch" or "none".
        upsampling: How the up-sampling layers work.
        padding: Where pixels beyond the border come from: "zero" or "reflect".
        pixels: The space in which the layers work.
        residual: Whether the last layer's output is added to the bicubic enlargement instead of standing alone.
    """

    what = "a super-resolution network"
    ranges = {"width": (1, 1024), "up_width": (1, 1024), "blocks": (0, 64)}
    choices = {
        "scale": tuple(SCALES),
        "normalization": ("batch", "none"),
        "upsampling": get_args(Upsampling),
        "padding": ("zero", "reflect"),
        "pixels": get_args(Pixels),
        "residual": (True, False),
    }

    scale: int = 4
    width: int = 64
    up_width: int = 32
    blocks: int = 12
    normalization: Normalization = "none"
    upsampling: Upsampling = "subpixel"
    padding: Padding = "reflect"
    pixels: Pixels = "unit"
    residual: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.residual and self.pixels != "unit":
            raise InputError("a super-resolution network that adds to the bicubic picture cannot end in 150 tanh")


@dataclass(frozen=True)
class SRCNNDescription(_Description):
    """Dong et al.'s SRCNN: three convolutions on the luma of the bicubic enlargement.

    Attributes:
        scale: How many times wider and higher the picture becomes: 2, 3, 4 or 8.
        kernels: Sides of the three kernels, odd: 9-1-5 or 9-5-5.
        widths: Channels of the two hidden layers.
        architecture: "srcnn", by which a model file's reader knows it.
    """

    what = "an SRCNN"
    choices = {"scale": tuple(SCALES), "architecture": ("srcnn",)}

    scale: int = 4
    kernels: tuple[int, int, int] = (9, 5, 5)
    widths: tuple[int, int] = (64, 32)
    architecture: Literal["srcnn"] = "srcnn"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, count in (("kernels", 3), ("widths", 2)):
            values = getattr(self, name)  # a list, if it comes from JSON
            if not isinstance(values, (tuple, list)) or len(values) != count:
                raise InputError(f"an SRCNN has {count} {name}, not {values!r}")
            if not all(type(value) is int and 1 <= value <= 1024 for value in values):
                raise InputError(f"an SRCNN's {name} must be whole numbers from 1 to 1024, not {values!r}")
            object.__setattr__(self, name, tuple(values))
        if not all(kernel % 2 for kernel in self.kernels):
            raise InputError(f"an SRCNN's kernels must be odd, not {self.kernels!r}")


@dataclass(frozen=True)
class EncoderDescription(_Description):
    """A narrow VGG-19 with maps to the real one's channels, `painterly.encoders.distilled.DistilledVGG`.

    Attributes:
        width: Channels of the first group; the others have two, four and eight times as many.
        until: Deepest layer.
    """

    what = "a distilled encoder"
    ranges = {"width": (1, 64)}
    choices = {"until": tuple(f"relu{group}_1" for group in range(1, 6))}

    width: int = 32
    until: str = "relu4_1"


STYLE_PRESETS: Final[dict[str, StyleDescription]] = {
    # The camera-ready paper and its supplement: 1,679,235 parameters.
    "paper": StyleDescription(32, 5, "batch", "transposed", "reflect-start", "vgg"),
    # The instance-norm networks that the authors released: half the filters.
    "authors": StyleDescription(16, 5, "instance", "transposed", "reflect-start", "vgg"),
    # Ours: no checkerboard (resize convolution), no border (reflection everywhere), outputs that never saturate.
    "modern": StyleDescription(32, 5, "instance", "resize", "reflect", "unit"),
    # Half as wide and three blocks deep: 33,000 multiplications a pixel where `modern` has 154,000.
    "small": StyleDescription(16, 3, "instance", "resize", "reflect", "unit"),
}
"""Named descriptions: `paper`, `authors`, `modern` (the default) and `small`."""

SUPER_RESOLUTION_PRESETS: Final[dict[str, SuperResolutionDescription]] = {
    # The supplement's table 2: 401,859 parameters for x4 and 438,915 for x8.
    "paper": SuperResolutionDescription(4, 64, 64, 4, "batch", "transposed", "zero", "vgg", residual=False),
    # Ours: no normalisation, most layers at the low resolution, learns only what bicubic enlargement lacks.
    "modern": SuperResolutionDescription(4, 64, 32, 12, "none", "subpixel", "reflect", "unit", residual=True),
}
"""Named descriptions for x4, `paper` and `modern` (the default); `dataclasses.replace` makes them for other scales."""

SRCNN_PRESETS: Final[dict[str, SRCNNDescription]] = {
    "9-1-5": SRCNNDescription(kernels=(9, 1, 5)),
    "9-5-5": SRCNNDescription(kernels=(9, 5, 5)),
}
"""SRCNN as first published (9-1-5: 8,129 parameters) and its best variant (9-5-5: 57,281), which the paper compares."""

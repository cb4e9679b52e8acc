"""Where other people's style networks keep which layer, and in which pixels they work.

Every layout was read off the repository that it is named after: names of modules, padding, steps, and what is done to
pixels before and after. Names of layers on our side are those of `painterly.networks.StyleNetwork`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from painterly.networks.description import StyleDescription

__all__ = ["LAYOUTS", "Layout", "Names"]

Names = dict[str, str]
"""What a layer is called in the file, without ".weight" and ".bias", by what it is called here."""


@dataclass(frozen=True)
class Layout:
    """How one repository stores its style network.

    Attributes:
        name: The repository, and which of its networks where there are several.
        description: The network; width and number of blocks are read off the file.
        names: The file's names of all layers, for a number of residual blocks.
        blocks: How many there are in a file with these names.
        pixels: What the layers take and give: RGB normalised as `StyleDescription.pixels` says ("own"), RGB in 0..255
            ("rgb"), or BGR in 0..255 ("bgr").
        scale: What scale and shift of a normalisation are called.
        epsilon: What is added to the variance in normalisation.
        past: What old versions stored and nobody needs.
        tensorflow: Whether kernels are stored and padded as TensorFlow does.
    """

    name: str
    description: StyleDescription
    names: Callable[[int], Names]
    blocks: Callable[[Iterable[str]], int]
    pixels: Literal["own", "rgb", "bgr"] = "own"
    scale: tuple[str, str] = ("weight", "bias")
    epsilon: float = 1e-5
    past: str = "$^"
    tensorflow: bool = False


_RESIZE: Final = StyleDescription(normalization="instance", upsampling="resize", padding="reflect", pixels="unit")


def _numbers(pattern: str) -> Callable[[Iterable[str]], int]:
    """Counts the different numbers in names that match."""

    def count(names: Iterable[str]) -> int:
        return len({match[1] for name in names if (match := re.match(pattern, name))})

    return count


def _pytorch_examples(blocks: int, ups: tuple[str, str, str] = ("deconv1", "deconv2", "deconv3.conv2d")) -> Names:
    names = {"first.conv": "conv1.conv2d", "down1.conv": "conv2.conv2d", "down2.conv": "conv3.conv2d"}
    names |= {"first.norm": "in1", "down1.norm": "in2", "down2.norm": "in3", "up1.norm": "in4", "up2.norm": "in5"}
    for block in range(1, blocks + 1):
        for half in (1, 2):
            names[f"block{block}.layers.conv{half}"] = f"res{block}.conv{half}.conv2d"
            names[f"block{block}.layers.norm{half}"] = f"res{block}.in{half}"
    return names | {"up1.conv": f"{ups[0]}.conv2d", "up2.conv": f"{ups[1]}.conv2d", "last.conv": ups[2]}


def _gordicaleksa(blocks: int) -> Names:
    return _pytorch_examples(blocks, ("up1.conv2d", "up2.conv2d", "up3.conv2d"))


def _rrmina(blocks: int) -> Names:
    names = {}
    for index, layer in enumerate(("first", "down1", "down2")):
        names[f"{layer}.conv"] = f"ConvBlock.{2 * index}.conv_layer"
        names[f"{layer}.norm"] = f"ConvBlock.{2 * index}.norm_layer"
    for block in range(1, blocks + 1):
        for half in (1, 2):
            names[f"block{block}.layers.conv{half}"] = f"ResidualBlock.{block - 1}.conv{half}.conv_layer"
            names[f"block{block}.layers.norm{half}"] = f"ResidualBlock.{block - 1}.conv{half}.norm_layer"
    for index, layer in enumerate(("up1", "up2")):
        names[f"{layer}.conv"] = f"DeconvBlock.{2 * index}.conv_transpose"
        names[f"{layer}.norm"] = f"DeconvBlock.{2 * index}.norm_layer"
    return names | {"last.conv": "DeconvBlock.4.conv_layer"}


def _eriklindernoren(blocks: int) -> Names:
    names = {}
    places = {"first": 0, "down1": 1, "down2": 2, "up1": 3 + blocks, "up2": 4 + blocks}
    for layer, place in places.items():
        names[f"{layer}.conv"], names[f"{layer}.norm"] = f"model.{place}.block.1", f"model.{place}.norm"
    for block in range(1, blocks + 1):
        for half in (1, 2):
            inside = f"model.{2 + block}.block.{half - 1}"
            names[f"block{block}.layers.conv{half}"] = f"{inside}.block.1"
            names[f"block{block}.layers.norm{half}"] = f"{inside}.norm"
    return names | {"last.conv": f"model.{5 + blocks}.block.1"}


def _lengstrom(blocks: int) -> Names:
    """TensorFlow numbers variables in the order in which they are made: kernel, shift, scale of every layer."""
    halves = [f"block{block}.layers.{{}}{half}" for block in range(1, blocks + 1) for half in (1, 2)]
    layers = ["first.{}", "down1.{}", "down2.{}", *halves, "up1.{}", "up2.{}", "last.{}"]
    names = {}
    for index, layer in enumerate(layers):
        for offset, part in enumerate(("conv", "norm.bias", "norm.weight")):
            kind, _, parameter = part.partition(".")
            number = 3 * index + offset
            key = layer.format(kind) + (f".{parameter}" if parameter else "")
            names[key] = f"Variable_{number}" if number else "Variable"
    return names


def _lengstrom_blocks(names: Iterable[str]) -> int:
    return (sum(bool(re.fullmatch(r"Variable(_\d+)?", name)) for name in names) - 18) // 6


_RUNNING: Final = r".*\bin\d\.(running_(mean|var)|num_batches_tracked)$"

LAYOUTS: Final[tuple[Layout, ...]] = (
    Layout(
        "pytorch/examples fast_neural_style",
        _RESIZE,
        _pytorch_examples,
        _numbers(r"res(\d+)\."),
        pixels="rgb",
        past=_RUNNING,
    ),
    Layout(
        "pytorch/examples fast_neural_style of 2017",
        _RESIZE,
        _pytorch_examples,
        _numbers(r"res(\d+)\."),
        pixels="bgr",
        scale=("scale", "shift"),
        epsilon=1e-9,
    ),
    Layout(
        "gordicaleksa/pytorch-neural-style-transfer-johnson",
        _RESIZE,
        _gordicaleksa,
        _numbers(r"res(\d+)\."),
        past=_RUNNING,
    ),
    Layout(
        "rrmina/fast-neural-style-pytorch TransformerNetwork",
        StyleDescription(normalization="instance", upsampling="transposed", padding="reflect", pixels="unit"),
        _rrmina,
        _numbers(r"ResidualBlock\.(\d+)\."),
        pixels="bgr",
    ),
    Layout(
        "eriklindernoren/Fast-Neural-Style-Transfer",
        _RESIZE,
        _eriklindernoren,
        _numbers(r"model\.(\d+)\.block\.0\.block\."),
    ),
    Layout(
        "lengstrom/fast-style-transfer",
        StyleDescription(
            normalization="instance",
            upsampling="transposed4",
            padding="zero",
            pixels="tanh",
            down_kernel=4,
            last_norm=True,
        ),
        _lengstrom,
        _lengstrom_blocks,
        pixels="rgb",
        epsilon=1e-3,
        past=r"Variable(_\d+)?/|beta\d_power$|global_step$",
        tensorflow=True,
    ),
)
"""All that are known."""

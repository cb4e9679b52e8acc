"""Layer names of VGG networks: `conv4_2` is the second convolution of the fourth group, `relu4_2` what follows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from painterly.errors import UsageError

__all__ = ["LayerName", "deepest", "parse_layer", "parse_layers", "reach"]


class LayerName(NamedTuple):
    """A layer's place. Tuples compare by depth: group, then position, then convolution before ReLU."""

    group: int
    position: int
    kind: Literal["conv", "relu"]

    def __str__(self) -> str:
        return f"{self.kind}{self.group}_{self.position}"

    @property
    def stride(self) -> int:
        """Pixels of the picture between neighbouring activations."""
        return 1 << (self.group - 1)


def parse_layer(name: str) -> LayerName:
    """Read a layer's name.

    Raises:
        UsageError: The name is not of the form `relu3_3` or `conv4_2`.

    Example:
        >>> parse_layer("relu3_3")
        LayerName(group=3, position=3, kind='relu')
    """
    match = re.fullmatch(r"(conv|relu)([1-5])_([1-4])", name.strip())
    if match is None:
        raise UsageError(f"'{name}' is not a layer: write relu3_3 or conv4_2 (groups 1 to 5, positions 1 to 4)")
    kind: Literal["conv", "relu"] = "relu" if match[1] == "relu" else "conv"
    return LayerName(int(match[2]), int(match[3]), kind)


def parse_layers(names: str) -> tuple[str, ...]:
    """Read a comma-separated list of layer names; returns them, checked, as strings."""
    return tuple(str(parse_layer(name)) for name in names.split(",") if name.strip())


def deepest(names: list[str] | tuple[str, ...]) -> LayerName:
    """The deepest of some layers."""
    return max(parse_layer(name) for name in names)


def reach(kernels: Sequence[Sequence[int]], layer: LayerName) -> int:
    """How many pixels away a layer sees, at most.

    Args:
        kernels: Sides of the kernels of each group's convolutions, with a pooling of 2x2 between groups.
        layer: Which layer.

    Raises:
        UsageError: There is no such layer.

    Example:
        >>> [reach([(3, 3), (3, 3)], parse_layer(name)) for name in ("relu1_1", "relu1_2", "relu2_1")]
        [1, 2, 5]
    """
    if layer.group > len(kernels) or layer.position > len(kernels[layer.group - 1]):
        raise UsageError(f"there is no layer {layer} in this network")
    pixels = 0
    for group, sides in enumerate(kernels[: layer.group], 1):
        stride = 1 << (group - 1)
        counted = sides[: layer.position] if group == layer.group else sides
        pixels += stride * sum(side // 2 for side in counted)
        pixels += stride if group < layer.group else 0  # the pooling's own window
    return pixels

"""The convolutional part of all six VGG networks (Simonyan and Zisserman 2014, table 1), cut where it is needed."""

from __future__ import annotations

from typing import Final, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from painterly.encoders.names import LayerName, deepest, parse_layer, reach
from painterly.errors import UsageError
from painterly.networks.padding import reflection_pad

__all__ = ["VGG", "VGG_CONFIGURATIONS", "Configuration", "Pooling", "VGGPadding", "layer_names"]

Configuration = Literal["A", "A-LRN", "B", "C", "D", "E"]
Pooling = Literal["max", "average"]
VGGPadding = Literal["zero", "reflect"]

# Kernel sizes of the convolutions of each of the five groups; groups have 64, 128, 256, 512 and 512 channels.
VGG_CONFIGURATIONS: Final[dict[str, tuple[tuple[int, ...], ...]]] = {
    "A": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "A-LRN": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "B": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "C": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "D": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "E": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""The one table from which every VGG is built: D is VGG-16, E is VGG-19."""

_CHANNELS: Final = (64, 128, 256, 512, 512)


def layer_names(configuration: Configuration) -> tuple[str, ...]:
    """Every layer that a configuration has, from the picture up.

    Example:
        >>> layer_names("A")[:4]
        ('conv1_1', 'relu1_1', 'conv2_1', 'relu2_1')
    """
    return tuple(
        f"{kind}{group}_{position}"
        for group, kernels in enumerate(VGG_CONFIGURATIONS[configuration], 1)
        for position in range(1, len(kernels) + 1)
        for kind in ("conv", "relu")
    )


class VGG(nn.Module):
    """VGG features, computed only as deep as asked for, all layers in one pass.

    Weights are named as torchvision names them (`features.0.weight`, ...), so its files load unchanged. Input is
    already normalised; `painterly.encoders.LossNetwork` does that.

    Args:
        configuration: A letter of the paper's table 1.
        until: Deepest layer that will ever be asked for; nothing below it is built.
        pooling: Max pooling (the networks as trained) or average pooling (Gatys et al.).
        padding: Zeros (as trained) or reflection (no border in what is optimised).

    Raises:
        UsageError: The configuration has no such layer.
    """

    def __init__(
        self,
        configuration: Configuration = "D",
        *,
        until: str = "relu5_1",
        pooling: Pooling = "max",
        padding: VGGPadding = "zero",
    ) -> None:
        super().__init__()
        if until not in layer_names(configuration):
            raise UsageError(
                f"VGG {configuration} has no layer {until}; it has {', '.join(layer_names(configuration))}"
            )
        self.configuration = configuration
        self.pooling: Pooling = pooling
        self.padding: VGGPadding = padding
        last = parse_layer(until)
        features: dict[str, nn.Module] = {}
        places: list[tuple[str, LayerName]] = []
        index, inputs = 0, 3
        for group, kernels in enumerate(VGG_CONFIGURATIONS[configuration], 1):
            for position, kernel in enumerate(kernels, 1):
                if (group, position) > (last.group, last.position):
                    continue
                outputs = _CHANNELS[group - 1]
                features[str(index)] = nn.Conv2d(inputs, outputs, kernel)
                places.append((str(index), LayerName(group, position, "conv")))
                inputs = outputs
                # torchvision counts the ReLU, and A-LRN's normalisation after its first one, as entries of their own.
                index += 3 if configuration == "A-LRN" and index == 0 else 2
            index += 1  # the pooling layer
        self.features = nn.ModuleDict(features)
        self._places = places
        # Krizhevsky et al. divide nothing by the window, torch does: 5 * 1e-4 here is their 1e-4.
        self._lrn = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0) if configuration == "A-LRN" else None

    def forward(self, x: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Activations of the layers named, from one pass that ends at the deepest of them.

        Args:
            x: Normalised pictures, shape (B, 3, H, W).
            layers: Names such as `relu3_3`.

        Returns:
            One tensor (B, C, H / 2^(group - 1), W / 2^(group - 1)) a layer, in the order asked for.
        """
        found: dict[str, Tensor] = {}
        last = deepest(layers)
        group = 1
        for index, place in self._places:
            if place > last:
                break
            if place.group != group:
                x = F.max_pool2d(x, 2) if self.pooling == "max" else F.avg_pool2d(x, 2)
                group = place.group
            x = self._convolve(self.features[index], x)
            if str(place) in layers:
                found[str(place)] = x
            relu = place._replace(kind="relu")
            # The convolution's own output must survive where somebody asked for it.
            x = F.relu(x, inplace=str(place) not in found)
            if str(relu) in layers:
                found[str(relu)] = x
            if self._lrn is not None and place.group == 1:
                x = self._lrn(x)
        missing = [name for name in layers if name not in found]
        if missing:
            raise UsageError(f"this VGG {self.configuration} was built without {', '.join(missing)}")
        return {name: found[name] for name in layers}

    def reach(self, layer: str) -> int:
        """How many pixels away a layer sees, at most."""
        return reach(VGG_CONFIGURATIONS[self.configuration], parse_layer(layer))

    def _convolve(self, conv: nn.Module, x: Tensor) -> Tensor:
        assert isinstance(conv, nn.Conv2d)
        reach = conv.kernel_size[0] // 2
        if reach and self.padding == "reflect":
            return conv(reflection_pad(x, reach, reach, reach, reach))  # type: ignore[no-any-return]
        return F.conv2d(x, conv.weight, conv.bias, padding=reach)

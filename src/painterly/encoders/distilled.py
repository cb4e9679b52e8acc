"""A narrow VGG-19 distilled from the real one, with 1x1 maps back to its channels (Wang et al. 2020)."""

from __future__ import annotations

from typing import Final

import torch.nn.functional as F
from torch import Tensor, nn

from painterly.encoders.names import deepest, parse_layer, reach
from painterly.encoders.vgg import Pooling, VGGPadding
from painterly.errors import UsageError
from painterly.networks.description import EncoderDescription
from painterly.networks.padding import reflection_pad

__all__ = ["DISTILLED_LAYERS", "DistilledVGG"]

_CONVOLUTIONS: Final = (2, 2, 4, 4, 1)
_REAL_CHANNELS: Final = (64, 128, 256, 512, 512)

DISTILLED_LAYERS: Final = tuple(f"relu{group}_1" for group in range(1, 6))
"""The layers for which a distilled encoder has a map to the real network's channels."""


class DistilledVGG(nn.Module):
    """Stands in for VGG-19's relu1_1 to relu5_1 at a fraction of the cost ("Collaborative Distillation").

    Weights are named as its authors name them: `conv11` to `conv51`, and `conv11_aux` to `conv51_aux` for the maps.

    Args:
        until: Deepest layer that will be asked for.
        width: Channels of the first group (4 for the 16 times smaller network of the first group's 64).
        pooling: See `VGG`.
        padding: See `VGG`; the published weights were trained with reflection.

    Raises:
        UsageError: A layer other than `relu1_1` to `relu5_1` is asked for.
    """

    def __init__(
        self,
        *,
        until: str = "relu5_1",
        width: int = 16,
        pooling: Pooling = "max",
        padding: VGGPadding = "reflect",
    ) -> None:
        super().__init__()
        self.groups = self._depth((until,))
        self.description = EncoderDescription(width, until)
        self.pooling: Pooling = pooling
        self.padding: VGGPadding = padding
        channels = (width, 2 * width, 4 * width, 8 * width, 8 * width)
        inputs = 3
        for group in range(1, self.groups + 1):
            positions = _CONVOLUTIONS[group - 1] if group < self.groups else 1
            for position in range(1, positions + 1):
                self.add_module(f"conv{group}{position}", nn.Conv2d(inputs, channels[group - 1], 3))
                inputs = channels[group - 1]
            self.add_module(f"conv{group}1_aux", nn.Conv2d(inputs, _REAL_CHANNELS[group - 1], 1))

    def forward(self, x: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """As `VGG.forward`: activations in the real network's channels."""
        depth = self._depth(layers)
        found: dict[str, Tensor] = {}
        for group in range(1, depth + 1):
            if group > 1:
                x = F.max_pool2d(x, 2) if self.pooling == "max" else F.avg_pool2d(x, 2)
            positions = _CONVOLUTIONS[group - 1] if group < depth else 1
            for position in range(1, positions + 1):
                conv = self.get_submodule(f"conv{group}{position}")
                assert isinstance(conv, nn.Conv2d)
                if self.padding == "reflect":
                    x = F.relu(conv(reflection_pad(x, 1, 1, 1, 1)))
                else:
                    x = F.relu(F.conv2d(x, conv.weight, conv.bias, padding=1))
                if position == 1 and (name := f"relu{group}_1") in layers:
                    found[name] = F.relu(self.get_submodule(f"conv{group}1_aux")(x))
        return {name: found[name] for name in layers}

    def reach(self, layer: str) -> int:
        """How many pixels away a layer sees, at most."""
        return reach([(3,) * count for count in _CONVOLUTIONS], parse_layer(layer))

    @staticmethod
    def _depth(layers: tuple[str, ...]) -> int:
        wrong = [name for name in layers if name not in DISTILLED_LAYERS]
        if wrong:
            raise UsageError(f"a distilled encoder has only {', '.join(DISTILLED_LAYERS)}, not {', '.join(wrong)}")
        return deepest(layers).group

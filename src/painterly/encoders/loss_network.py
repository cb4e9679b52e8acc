"""The loss network of the paper (section 3): a fixed classifier whose activations measure likeness and style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from painterly.encoders.distilled import DistilledVGG
from painterly.encoders.vgg import VGG
from painterly.errors import UsageError
from painterly.networks.pixels import IMAGENET_MEAN, IMAGENET_STD

__all__ = ["Encoder", "LossNetwork"]


class Encoder(nn.Module):
    """A frozen feature extractor together with the normalisation that it was trained with.

    Args:
        extractor: `VGG` or `DistilledVGG`.
        layers: The layers that it serves.
        mean: Subtracted from RGB in [0, 1].
        std: Divided by afterwards.
    """

    def __init__(
        self,
        extractor: VGG | DistilledVGG,
        layers: Sequence[str],
        *,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
    ) -> None:
        super().__init__()
        self.extractor = extractor
        self.layers = tuple(layers)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1))

    mean: Tensor
    std: Tensor

    def forward(self, pictures: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.extractor((pictures - self.mean) / self.std, layers)
        return found


class LossNetwork(nn.Module):
    """Several encoders as one, each serving the layers it has; frozen, and always in evaluation mode.

    One pass of each encoder serves all layers asked of it, and goes no deeper than the deepest.

    Args:
        encoders: Searched in order for each layer.
        description: What it was put together from; saved with every network trained by it.

    Example:
        >>> network = LossNetwork([Encoder(VGG("D", until="relu2_2"), ["relu1_2", "relu2_2"])], {"name": "random"})
        >>> features = network(torch.rand(1, 3, 32, 32), ("relu1_2", "relu2_2"))
        >>> {name: tuple(f.shape) for name, f in features.items()}
        {'relu1_2': (1, 64, 32, 32), 'relu2_2': (1, 128, 16, 16)}
    """

    def __init__(self, encoders: Sequence[Encoder], description: dict[str, Any]) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.description = description
        self.requires_grad_(False)
        self.eval()

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer that can be asked for."""
        return tuple(dict.fromkeys(name for encoder in self._encoders() for name in encoder.layers))

    def forward(self, pictures: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Activations of the layers named.

        Args:
            pictures: RGB in [0, 1], shape (B, 3, H, W).
            layers: Names such as `relu3_3`.

        Returns:
            One tensor (B, C, h, w) a layer, in the order asked for.

        Raises:
            UsageError: No encoder has one of the layers.
        """
        found: dict[str, Tensor] = {}
        for encoder, served in self._assign(layers):
            found.update(encoder(pictures, served))
        return {name: found[name] for name in layers}

    def reach(self, layers: tuple[str, ...]) -> int:
        """How many pixels away the layers named see, at most.

        Raises:
            UsageError: No encoder has one of the layers.
        """
        return max(encoder.extractor.reach(name) for encoder, served in self._assign(layers) for name in served)

    def train(self, mode: bool = True) -> LossNetwork:
        """Stays in evaluation mode, whatever the network around it does."""
        return super().train(False)

    def _encoders(self) -> list[Encoder]:
        return [encoder for encoder in self.encoders if isinstance(encoder, Encoder)]

    def _assign(self, layers: tuple[str, ...]) -> list[tuple[Encoder, tuple[str, ...]]]:
        missing = [name for name in layers if name not in self.layers]
        if missing:
            name = self.description.get("name", "this loss network")
            raise UsageError(f"{name} has no {', '.join(missing)}; it has {', '.join(self.layers)}")
        left, plan = list(layers), []
        for encoder in self._encoders():
            served = tuple(name for name in left if name in encoder.layers)
            left = [name for name in left if name not in served]
            if served:
                plan.append((encoder, served))
        return plan

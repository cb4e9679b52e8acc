"""Distance of two pictures as a loss network sees them, so that PSNR is not the only judge."""

from __future__ import annotations

import torch
from torch import Tensor

from painterly.encoders.loading import choose_super_resolution_loss_network, load_loss_network
from painterly.encoders.loss_network import LossNetwork
from painterly.errors import InputError, UsageError
from painterly.losses.feature import feature_reconstruction

__all__ = ["Judge", "load_judge"]


class Judge:
    """A loss network and the layers at which it compares.

    Args:
        loss_network: Where activations come from.
        layers: Layers, weighed alike.
    """

    def __init__(self, loss_network: LossNetwork, layers: tuple[str, ...]) -> None:
        self.loss_network = loss_network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.layers = layers

    @property
    def title(self) -> str:
        """Loss network and layers in words."""
        return f"{self.loss_network.description['name']} {', '.join(self.layers)}"

    @torch.inference_mode()
    def features(self, picture: Tensor) -> dict[str, Tensor]:
        """Activations of a picture, RGB in [0, 1], shape (B, 3, H, W)."""
        found: dict[str, Tensor] = self.loss_network(picture.contiguous(memory_format=torch.channels_last), self.layers)
        return found

    @torch.inference_mode()
    def distance(self, picture: Tensor, wanted: dict[str, Tensor]) -> float:
        """Equation 2 over the mean square of the wanted activations, averaged over the layers; 0 for equal pictures."""
        found = self.features(picture)
        distances = [float(feature_reconstruction(found[name], wanted[name], "relative")) for name in self.layers]
        return sum(distances) / len(distances)


def load_judge(name: str, layers: tuple[str, ...]) -> Judge | None:
    """A judge by its loss network: a name, a file, "none", or "auto" for the paper's where it is at hand.

    Raises:
        UsageError: There is no such loss network, or it lacks a layer.
        InputError: Its weights cannot be read.
    """
    if name == "none":
        return None
    if not layers:
        raise UsageError("the feature distance needs a layer, such as relu2_2")
    if name != "auto":
        return Judge(load_loss_network(name, content_layers=layers, style_layers=layers), layers)
    chosen = choose_super_resolution_loss_network(layers)
    try:
        # A benchmark should not begin by downloading half a gigabyte that nobody asked for.
        network = load_loss_network(chosen, content_layers=layers, style_layers=layers, download_missing=False)
    except InputError:
        return None
    return Judge(network, layers)

"""Feature reconstruction at several depths as one module, for training anything whose output is a picture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from painterly.encoders.loading import load_loss_network
from painterly.encoders.loss_network import LossNetwork
from painterly.errors import UsageError
from painterly.losses.feature import feature_reconstruction

__all__ = ["PerceptualLoss"]


class PerceptualLoss(nn.Module):
    """How different two pictures look to a loss network: the mean over its layers of their relative distances.

    Each layer's distance (equation 2) is over the mean square of the target's own activations, so that all layers
    count alike, and a number means the same for every loss network: 0 for equal pictures, about 1 for a blank one.
    The loss network is frozen, stays in evaluation mode, and goes along with `.to(device)`.

    Args:
        loss_network: The network, or what `painterly.encoders.load_loss_network` takes: "vgg19-compact" ships and
            needs no network connection, "vgg16" is the paper's, "auto" the best that is at hand.
        layers: Where to compare; by default the network's style layers, of which there is one at each depth.

    Raises:
        UsageError: There is no such loss network, or it lacks a layer.

    Example:
        >>> loss = PerceptualLoss("vgg19-compact")
        >>> picture = torch.rand(1, 3, 32, 32)
        >>> loss(picture, picture)
        tensor(0.)
        >>> blurred = torch.nn.functional.avg_pool2d(picture, 5, 1, 2).requires_grad_()
        >>> loss(blurred, picture).backward()
        >>> blurred.grad.shape
        torch.Size([1, 3, 32, 32])
    """

    def __init__(self, loss_network: LossNetwork | str = "auto", layers: Sequence[str] | None = None) -> None:
        super().__init__()
        if isinstance(loss_network, str):
            loss_network = load_loss_network(loss_network, content_layers=tuple(layers) if layers else None)
        self.loss_network = loss_network
        self.layers = tuple(layers or loss_network.description["style_layers"])
        missing = [name for name in self.layers if name not in loss_network.layers]
        if missing:
            raise UsageError(f"the loss network has no {', '.join(missing)}; it has {', '.join(loss_network.layers)}")

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss.

        Args:
            output: RGB in [0, 1], shape (B, 3, H, W); values a little outside do no harm.
            target: What it should look like, same shape. No gradient flows to it.

        Returns:
            A scalar, in float32 at least.
        """
        with torch.no_grad():
            wanted = self.loss_network(target, self.layers)
        found = self.loss_network(output, self.layers)
        distances = [feature_reconstruction(found[name], wanted[name], "relative") for name in self.layers]
        return torch.stack(distances).mean()

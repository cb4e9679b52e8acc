"""First weights of a network."""

from __future__ import annotations

from torch import nn

from painterly.networks.description import StyleDescription
from painterly.networks.normalization import InstanceNorm

__all__ = ["initialise"]


def initialise(network: nn.Module, description: StyleDescription) -> None:
    """Draw the first weights, as Torch7 does for the networks of the paper and its authors.

    Convolutions are uniform within 1 / sqrt(fan in) in Torch7 and torch alike and stay as they were built, except that
    torch takes a transposed convolution's fan in from its outputs. Scales of normalisation are uniform in [0, 1] in
    Torch7; the modern network keeps torch's ones.
    """
    if description.pixels != "vgg":
        return
    for module in network.modules():
        if isinstance(module, nn.ConvTranspose2d):
            reach = (module.in_channels * module.kernel_size[0] * module.kernel_size[1]) ** -0.5
            nn.init.uniform_(module.weight, -reach, reach)
            if module.bias is not None:
                nn.init.uniform_(module.bias, -reach, reach)
        elif isinstance(module, (nn.BatchNorm2d, InstanceNorm)):
            nn.init.uniform_(module.weight, 0, 1)

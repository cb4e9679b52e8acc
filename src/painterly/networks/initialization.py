"""First weights of a network."""

from __future__ import annotations

import torch
from torch import nn

from painterly.networks.description import StyleDescription, SuperResolutionDescription
from painterly.networks.normalization import ConditionalInstanceNorm, InstanceNorm
from painterly.networks.super_resolution import SuperResolutionNetwork

__all__ = ["initialise", "initialise_super_resolution"]


def initialise(network: nn.Module, description: StyleDescription | SuperResolutionDescription) -> None:
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
        elif isinstance(module, (nn.BatchNorm2d, InstanceNorm, ConditionalInstanceNorm)):
            nn.init.uniform_(module.weight, 0, 1)


def initialise_super_resolution(network: SuperResolutionNetwork) -> None:
    """Draw the first weights of a super-resolution network.

    The paper's is drawn as its style network is. In one without normalisation the blocks and the last layer start at a
    tenth of that, so that signals neither grow from block to block nor leave the bicubic picture at once: Adam at 1e-3
    otherwise kills every ReLU within a few steps.
    """
    initialise(network, network.description)
    if network.description.normalization != "none":
        return
    with torch.no_grad():
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d) and (name.endswith("conv2") or name.startswith("layers.last")):
                module.weight.mul_(0.1)
                if module.bias is not None:
                    module.bias.zero_()

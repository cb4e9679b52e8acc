"""Networks of one style out of networks of several, and the other way round."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from painterly.networks.normalization import ConditionalInstanceNorm, InstanceNorm, mixed
from painterly.networks.style import StyleNetwork

__all__ = ["norm_layers", "take_over", "with_mix"]


def norm_layers(network: nn.Module) -> Iterator[tuple[str, InstanceNorm | ConditionalInstanceNorm]]:
    """The instance normalisations of a network, by name, in the order in which they run."""
    for name, module in network.named_modules():
        if isinstance(module, (InstanceNorm, ConditionalInstanceNorm)):
            yield name, module


@torch.no_grad()
def with_mix(network: StyleNetwork, mix: Tensor) -> StyleNetwork:
    """A network of one style that paints what `network` paints with a mixture of its styles.

    Scales and shifts are mixed once and for all (Dumoulin et al. 2017, section 3.2), so that every back end, tiling and
    export need know nothing of styles. Convolutions are shared with `network`, not copied.

    Args:
        network: A network of several styles; one of a single style is returned as it is.
        mix: How much each style counts, shape (S,).

    Returns:
        The network, in the mode of `network`.
    """
    description = network.description
    if description.styles == 1:
        return network
    carry = float(mix[-1].clamp(0, 1)) if description.identity else description.carry
    memo = {id(parameter): parameter for name, parameter in network.named_parameters()}
    single = copy.deepcopy(network, memo)  # what is in the memo is shared
    single.description = dataclasses.replace(description, styles=1, identity=False, carry=carry)
    for name, norm in list(norm_layers(single)):
        assert isinstance(norm, ConditionalInstanceNorm)
        plain = InstanceNorm(norm.weight.shape[1], norm.epsilon).to(norm.weight.device)
        plain.weight.copy_(mixed(mix.to(norm.weight), norm.weight))
        plain.bias.copy_(mixed(mix.to(norm.bias), norm.bias))
        single.set_submodule(name, plain.train(network.training))
    return single


@torch.no_grad()
def take_over(network: StyleNetwork, parent: StyleNetwork) -> None:
    """Give a network the weights of another that differs from it, if at all, in the number of its styles.

    Every style begins with the parent's only one; a parent of several styles must have as many.

    Args:
        network: Is changed.
        parent: Where the weights come from.

    Raises:
        ValueError: They differ in more than that.
    """
    alike = dataclasses.replace(parent.description, styles=1, identity=False, carry=0.0)
    if alike != dataclasses.replace(network.description, styles=1, identity=False, carry=0.0):
        raise ValueError("networks of different kinds")
    if parent.description.styles not in (1, network.description.styles):
        raise ValueError("networks of different numbers of styles")
    weights = parent.state_dict()
    network.load_state_dict(
        {name: weights[name].expand(value.shape).clone() for name, value in network.state_dict().items()}
    )

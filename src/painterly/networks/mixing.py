"""Styles as the scales and shifts of a network's normalisation: taken out, mixed, and put in (Dumoulin et al. 2017)."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from painterly.networks.normalization import ConditionalInstanceNorm, InstanceNorm
from painterly.networks.style import StyleNetwork

__all__ = [
    "StyleParameters",
    "mix_parameters",
    "norm_layers",
    "shared_digest",
    "style_parameters",
    "take_over",
    "with_mix",
    "with_parameters",
    "with_styles",
]

StyleParameters = Mapping[str, Tensor]
"""What makes a style: scale and shift of every normalisation, shape (C,), by the names they have in a network."""


def norm_layers(network: nn.Module) -> Iterator[tuple[str, InstanceNorm | ConditionalInstanceNorm]]:
    """The instance normalisations of a network, by name, in the order in which they run."""
    for name, module in network.named_modules():
        if isinstance(module, (InstanceNorm, ConditionalInstanceNorm)):
            yield name, module


def style_parameters(network: StyleNetwork, style: int = 0) -> dict[str, Tensor]:
    """One of a network's styles.

    Args:
        network: A network of one style or several.
        style: Which; negative numbers count from the last.

    Returns:
        Copies of its parameters.
    """
    found = {}
    for name, norm in norm_layers(network):
        for kind, value in (("weight", norm.weight), ("bias", norm.bias)):
            row = value[style] if isinstance(norm, ConditionalInstanceNorm) else value
            found[f"{name}.{kind}"] = row.detach().clone()
    return found


def mix_parameters(parts: Sequence[tuple[float, StyleParameters]]) -> dict[str, Tensor]:
    """A weighted sum of styles; a mixture between them where weights are positive and add up to one.

    Example:
        >>> a, b = {"norm.bias": torch.zeros(2)}, {"norm.bias": torch.ones(2)}
        >>> mix_parameters([(0.75, a), (0.25, b)])["norm.bias"].tolist()
        [0.25, 0.25]
    """
    return {
        name: torch.stack([weight * parameters[name] for weight, parameters in parts]).sum(0) for name in parts[0][1]
    }


@torch.no_grad()
def with_parameters(network: StyleNetwork, parameters: StyleParameters, carry: float | None = None) -> StyleNetwork:
    """A network of one style, with the convolutions of another and a style of its own.

    Scales and shifts are settled once and for all, so that back ends, tiling and export need know nothing of styles.
    Convolutions are shared with `network`, not copied.

    Args:
        network: A network of one style or several.
        parameters: The style.
        carry: See `painterly.networks.StyleDescription`; by default the network's own.

    Returns:
        The network, in the mode of `network`.

    Raises:
        ValueError: The parameters are not those of such a network.
    """
    memo = {id(parameter): parameter for parameter in network.parameters()}
    single = copy.deepcopy(network, memo)  # what is in the memo is shared
    share = network.description.carry if carry is None else carry
    single.description = dataclasses.replace(network.description, styles=1, identity=False, carry=share)
    for name, norm in list(norm_layers(single)):
        plain = InstanceNorm(norm.weight.shape[-1], norm.epsilon).to(norm.weight)
        for kind, value in (("weight", plain.weight), ("bias", plain.bias)):
            given = parameters.get(f"{name}.{kind}")
            if given is None or given.shape != value.shape:
                raise ValueError(f"the style has no {name}.{kind} of shape {tuple(value.shape)}")
            value.copy_(given)
        single.set_submodule(name, plain.train(network.training))
    return single


def with_mix(network: StyleNetwork, mix: Tensor) -> StyleNetwork:
    """A network of one style that paints what `network` paints with a mixture of its styles; see `with_parameters`.

    Args:
        network: A network of several styles; one of a single style is returned as it is.
        mix: How much each style counts, shape (S,).

    Raises:
        ValueError: The mixture is not of the network's styles.
    """
    description = network.description
    if description.styles == 1:
        return network
    if tuple(mix.shape) != (description.styles,) or not bool(mix.isfinite().all()) or not bool(mix.any()):
        raise ValueError(f"a network of {description.styles} styles takes a mixture ({description.styles},) of numbers")
    carry = float(mix[-1].clamp(0, 1)) if description.identity else description.carry
    parts = [(float(weight), style_parameters(network, index)) for index, weight in enumerate(mix) if weight]
    return with_parameters(network, mix_parameters(parts), carry)


@torch.no_grad()
def with_styles(network: StyleNetwork, styles: Sequence[int]) -> StyleNetwork:
    """A network with some of another's styles, in a given order; convolutions are shared.

    Args:
        network: A network of several styles.
        styles: Which; if it has `identity` and the result is to have it too, the last of them is the last.

    Returns:
        The network, of one style if only one is named, in the mode of `network`.

    Raises:
        ValueError: There is no such style.
    """
    description = network.description
    if not all(-description.styles <= style < description.styles for style in styles):
        raise ValueError(f"a network of {description.styles} styles has no {max(styles, key=abs)}")
    if len(styles) == 1:
        return with_mix(network, torch.eye(description.styles)[styles[0]])
    single = copy.deepcopy(network, {id(parameter): parameter for parameter in network.parameters()})
    identity = description.identity and styles[-1] % description.styles == description.styles - 1
    single.description = dataclasses.replace(description, styles=len(styles), identity=identity)
    rows = torch.tensor(styles) % description.styles
    for name, norm in list(norm_layers(single)):
        fewer = ConditionalInstanceNorm(norm.weight.shape[-1], len(styles), norm.epsilon).to(norm.weight)
        fewer.weight.copy_(norm.weight[rows])
        fewer.bias.copy_(norm.bias[rows])
        single.set_submodule(name, fewer.train(network.training))
    return single


@torch.no_grad()
def take_over(network: StyleNetwork, parent: StyleNetwork) -> None:
    """Give a network the weights of another that differs from it, if at all, in the number of its styles.

    Every style begins with the parent's only one; a parent of several styles must have as many, with or
    without the photograph itself as here.

    Args:
        network: Is changed.
        parent: Where the weights come from.

    Raises:
        ValueError: They differ in more than that.
    """
    plain = {"styles": 1, "identity": False, "carry": 0.0}
    if dataclasses.replace(parent.description, **plain) != dataclasses.replace(network.description, **plain):  # type: ignore[arg-type]
        raise ValueError("networks of different kinds")
    several = parent.description.styles > 1
    if several and (parent.description.styles, parent.description.identity) != (
        network.description.styles,
        network.description.identity,
    ):
        raise ValueError("networks of different numbers of styles")
    weights = parent.state_dict()
    network.load_state_dict(
        {name: weights[name].expand(value.shape).clone() for name, value in network.state_dict().items()}
    )


def shared_digest(network: StyleNetwork) -> str:
    """Digest of all weights but the styles: style parameters fit a network that has the same."""
    plain = dataclasses.replace(network.description, styles=1, identity=False, carry=0.0)
    digest = hashlib.sha256(repr(plain).encode())
    styles = {f"{name}.{kind}" for name, _ in norm_layers(network) for kind in ("weight", "bias")}
    for name, value in sorted(network.state_dict().items()):
        if name not in styles:
            digest.update(name.encode() + value.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()[:32]

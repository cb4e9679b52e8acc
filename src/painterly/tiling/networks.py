"""Whole networks as programs: from RGB in [0, 1] to RGB in [0, 1], with all that lies around their layers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from painterly.inference.graph import Convolution, Pad, Shuffle, lower, split_input
from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.carry import carried
from painterly.networks.srcnn import SRCNN
from painterly.networks.style import StyleNetwork
from painterly.networks.super_resolution import SuperResolutionNetwork
from painterly.tiling.kernels import Moments
from painterly.tiling.program import Program, ProgramBuilder

__all__ = ["add_network", "network_program"]


def network_program(
    network: nn.Module, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Program:
    """A network as a program of one picture.

    Args:
        network: A style network of one style, a super-resolution network or SRCNN.
        dtype: Number type of its convolutions: float32 or bfloat16.
        device: Where it runs.

    Raises:
        TypeError: It is none of these.
        ValueError: It is a network of several styles; see `painterly.networks.with_mix`.
    """
    builder = ProgramBuilder()
    add_network(builder, network, builder.source(3), dtype=dtype, device=device)
    return builder.build()


@torch.no_grad()
def add_network(
    builder: ProgramBuilder,
    network: nn.Module,
    picture: int,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> int:
    """Append a network to a program; arguments as `network_program`. Returns its picture, cut off at 0 and 1."""
    network = network.eval().to(device)
    settings: dict[str, Any] = {"dtype": dtype, "device": device}
    if isinstance(network, StyleNetwork):
        return _style(builder, network, picture, settings)
    if isinstance(network, SuperResolutionNetwork):
        return _super_resolution(builder, network, picture, settings)
    if isinstance(network, SRCNN):
        return _srcnn(builder, network, picture, settings)
    raise TypeError(f"no program is known for {type(network).__name__}")


def _style(builder: ProgramBuilder, network: StyleNetwork, picture: int, settings: dict[str, Any]) -> int:
    if network.description.styles > 1:
        raise ValueError("a network of several styles must be told which to paint")
    x = builder.extend(picture, network.description.stride)
    x = builder.pointwise(network.pixels_in, x, channels=3)
    y = _layers(builder, network.layers, x, even=True, **settings)
    if network.description.carry:
        share = network.description.carry

        def carry(y: Tensor, moments: list[Moments]) -> Tensor:
            return carried(y, moments[0], moments[1], share)

        y = builder.globally(carry, y, survey=(x, y), channels=3)
    painting = builder.pointwise(lambda y: network.pixels_out(y).clamp(0, 1), y, channels=3)
    return builder.cut(painting, picture)


def _super_resolution(
    builder: ProgramBuilder, network: SuperResolutionNetwork, picture: int, settings: dict[str, Any]
) -> int:
    x = builder.pointwise(network.pixels_in, picture, channels=3)
    y = _layers(builder, network.layers, x, even=network.description.scale % 2 == 0, keep=True, **settings)
    if network.enlarge is None:
        return builder.pointwise(lambda y: network.pixels_out(y).clamp(0, 1), y, channels=3)
    large = _bicubic(builder, network.enlarge, x)
    return builder.pointwise(lambda y, x: network.pixels_out(y + x).clamp(0, 1), y, large, channels=3)


def _srcnn(builder: ProgramBuilder, network: SRCNN, picture: int, settings: dict[str, Any]) -> int:
    large = _bicubic(builder, network.enlarge, picture)
    before = builder.pointwise(network.luma, large, channels=1)
    padded = builder.op(Pad(before, "edge", network.border))
    after = _layers(builder, network.layers, padded, even=network.description.scale % 2 == 0, **settings)

    return builder.pointwise(network.with_luma, large, before, after, channels=3)


def _layers(
    builder: ProgramBuilder,
    layers: nn.Module,
    x: int,
    *,
    even: bool,
    dtype: torch.dtype,
    device: torch.device | str,
    keep: bool = False,
) -> int:
    graph = lower(layers, even=even)
    if dtype == torch.bfloat16:
        x = builder.pointwise(_split, x, channels=2 * graph.inputs)
        graph = split_input(graph)
    return builder.graph(graph, x, dtype=dtype, device=device, keep=keep)


def _split(x: Tensor) -> Tensor:
    """See `painterly.inference.graph.split_input`."""
    rounded = x.to(torch.bfloat16).float()
    return torch.cat([rounded, x - rounded], 1)


def _bicubic(builder: ProgramBuilder, enlarge: BicubicUpsample, x: int) -> int:
    """`BicubicUpsample` as operations, each channel on its own."""
    padded = builder.op(Pad(x, "reflect", enlarge.reach))
    kernel = enlarge.weight.repeat(3, 1, 1, 1)
    planes = builder.op(Convolution(padded, kernel, kernel.new_zeros(len(kernel))))
    return builder.op(Shuffle(planes, enlarge.factor))

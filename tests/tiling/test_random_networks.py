"""Networks drawn at random, by tiles of any size and in any memory, against plain torch modules on the whole."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from painterly.inference import lower
from painterly.networks import (
    SRCNN,
    SRCNNDescription,
    StyleDescription,
    StyleNetwork,
    SuperResolutionDescription,
    SuperResolutionNetwork,
)
from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.layers import ConvLayer, ResidualBlock, up_layer
from painterly.networks.normalization import InstanceNorm
from painterly.networks.padding import ReflectionPad
from painterly.tiling import Program, ProgramBuilder, network_program
from painterly.tiling.plan import make_plan

Tiled = Callable[..., Any]
Lively = Callable[[nn.Module, Tensor], None]
LAYOUTS = [torch.contiguous_format, torch.channels_last]
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
NORMS: st.SearchStrategy[Any] = st.sampled_from(["batch", "instance", "none"])
PADDINGS: st.SearchStrategy[Any] = st.sampled_from(["reflect", "zero"])


def budget(data: st.DataObject, program: Program, sizes: list[tuple[int, int]], tile: int) -> dict[str, int]:
    """Memory for everything, or for hardly more than a tile; all that is kept lies in memory, in a file, or in both."""
    plan = make_plan(program, sizes, tile, memory=1 << 50, disk=1 << 50)
    assert plan is not None
    room = int(plan.kept * data.draw(st.sampled_from([0, 0.1, 0.6, 1, 3]), "share"))
    found = {"memory": plan.working + room}
    smaller = make_plan(program, sizes, tile, memory=found["memory"], disk=1 << 50)
    assert smaller is not None
    if data.draw(st.booleans(), "less to store"):
        found["store"] = room // 3
    return found


def check(
    data: st.DataObject, tiled: Tiled, program: Program, x: Tensor, expected: Tensor, rounding: float, least: int = 4
) -> None:
    """By tiles, it is the same but for what is lost by rounding, which a channel of one value blows up 300 times."""
    height, width = expected.shape[2:]
    longest = max(height, width)
    tile = data.draw(st.integers(max(1, longest // least), longest + 9), "tile")
    with pytest.MonkeyPatch.context() as patch:  # small pictures are never worth keeping, unless that is cheap
        patch.setattr("painterly.tiling.plan._CHEAP", data.draw(st.sampled_from([0.0, 200.0, 1e5]), "cheap"))
        patch.setattr("painterly.tiling.plan._MEMORY_RATE", data.draw(st.sampled_from([1e6, 4e9, 1e15]), "rate"))
        patch.setattr("painterly.tiling.plan._FIRST_TOUCH", data.draw(st.sampled_from([0.0, 1e-6]), "touch"))
        sizes = program.sizes([(x.shape[2], x.shape[3])])
        assert sizes[-1] == (height, width)
        found, _, _ = tiled(program, [x], tile, **budget(data, program, sizes, tile))
    assert found.shape == expected.shape
    worst = float((found.double() - expected).abs().max())
    assert worst <= 1e-3 + 10 * rounding


def lost(plain: list[Tensor], exact: Tensor) -> float:
    """By rounding, in float32."""
    return max(float((found - exact).abs().max()) for found in plain)


def layers(data: st.DataObject, channels: int) -> nn.Sequential:
    """Some layers in a row; the first is a convolution."""
    network, ups, downs = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1)), 0, 0
    for _ in range(data.draw(st.integers(1, 7), "layers")):
        kind = data.draw(st.sampled_from(["pad", "conv", "norm", "batch", "relu", "layer", "block", "up"]), "kind")
        wider: int = data.draw(st.integers(1, 5), "channels")
        layer: nn.Module
        if kind == "pad":
            layer = ReflectionPad(data.draw(st.integers(0, 9), "pad"))
        elif kind == "conv":
            kernel, stride = data.draw(st.integers(1, 5), "kernel"), data.draw(st.integers(1, 2), "stride")
            stride, downs = (stride, downs + stride - 1) if downs < 2 else (1, downs)
            layer = nn.Conv2d(channels, wider, kernel, stride, padding=data.draw(st.integers(0, kernel // 2), "zeros"))
            channels = wider
        elif kind == "norm":
            layer = InstanceNorm(channels)
        elif kind == "batch":
            layer = nn.BatchNorm2d(channels)
        elif kind == "relu":
            layer = nn.ReLU()
        elif kind == "layer":
            side: int = data.draw(st.sampled_from([1, 3, 5]), "side")
            layer = ConvLayer(channels, wider, side, padding=data.draw(PADDINGS, "p"), norm=data.draw(NORMS, "n"))
            channels = wider
        elif kind == "block":
            padding: Any = data.draw(st.sampled_from(["reflect", "zero", "reflect-start"]), "p")
            layer = ResidualBlock(channels, padding=padding, norm=data.draw(NORMS, "n"))
        elif ups < 2:
            up: Any = data.draw(st.sampled_from(["transposed", "transposed4", "resize", "subpixel"]), "up")
            factor, ups = data.draw(st.sampled_from([2, 3]), "factor"), ups + 1
            p: Any = data.draw(PADDINGS, "p")
            layer = up_layer(channels, wider, upsampling=up, factor=factor, padding=p, norm=data.draw(NORMS, "n"))
            channels = wider
        else:
            continue
        network.append(layer)
    return network


@settings(max_examples=100, phases=QUICK)
@given(data=st.data(), size=st.tuples(st.integers(12, 33), st.integers(12, 33)))
def test_layers_in_any_order(tiled: Tiled, lively: Lively, data: st.DataObject, size: tuple[int, int]) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    network, x = layers(data, data.draw(st.integers(1, 5), "first")), torch.rand(1, 3, *size)
    try:
        lively(network, x.repeat(2, 1, 1, 1))
    except (RuntimeError, ValueError):
        return  # nothing is left of so small a picture
    with torch.no_grad():
        expected = copy.deepcopy(network).double()(x.double())
        plain = [network(x.contiguous(memory_format=layout)) for layout in LAYOUTS]
    builder = ProgramBuilder()
    graph = lower(network, rewrite=data.draw(st.booleans(), "rewrite"))
    builder.graph(graph, builder.source(3), keep=data.draw(st.booleans(), "keep"))
    check(data, tiled, builder.build(), x, expected, lost(plain, expected))


def choice(of: Any, name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(of.choices[name])


STYLES = st.builds(
    StyleDescription,
    width=st.integers(1, 4),
    blocks=st.integers(0, 2),
    normalization=choice(StyleDescription, "normalization"),
    upsampling=choice(StyleDescription, "upsampling"),
    padding=choice(StyleDescription, "padding"),
    pixels=choice(StyleDescription, "pixels"),
    carry=st.sampled_from([0.0, 0.4, 1.0]),
)
ENLARGERS = st.builds(
    lambda residual, pixels, **rest: SuperResolutionDescription(
        residual=residual and pixels == "unit", pixels=pixels, **rest
    ),
    scale=choice(SuperResolutionDescription, "scale"),
    width=st.integers(1, 4),
    up_width=st.integers(1, 4),
    blocks=st.integers(0, 3),
    normalization=choice(SuperResolutionDescription, "normalization"),
    upsampling=choice(SuperResolutionDescription, "upsampling"),
    padding=choice(SuperResolutionDescription, "padding"),
    pixels=choice(SuperResolutionDescription, "pixels"),
    residual=st.booleans(),
)


def check_network(data: st.DataObject, tiled: Tiled, lively: Lively, network: nn.Module, size: tuple[int, int]) -> None:
    x = torch.rand(1, 3, *size)
    lively(network, torch.rand(2, 3, 24, 20))
    with torch.no_grad():
        plain = [network(x.contiguous(memory_format=layout)).clamp(0, 1) for layout in LAYOUTS]
        wide = copy.deepcopy(network).double()
        for module in wide.modules():
            if isinstance(module, BicubicUpsample):
                module.float()  # which it is, whatever comes in
        exact = wide(x.double()).double().clamp(0, 1)
    check(data, tiled, network_program(network), x, exact, lost(plain, exact), least=3)


@settings(max_examples=40, phases=QUICK)
@given(data=st.data(), description=STYLES, size=st.tuples(st.integers(16, 70), st.integers(16, 70)))
def test_style_networks(
    tiled: Tiled, lively: Lively, data: st.DataObject, description: StyleDescription, size: tuple[int, int]
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    check_network(data, tiled, lively, StyleNetwork(description), size)


@settings(max_examples=60, phases=QUICK)
@given(data=st.data(), description=ENLARGERS, size=st.tuples(st.integers(1, 30), st.integers(1, 30)))
def test_super_resolution_networks(
    tiled: Tiled, lively: Lively, data: st.DataObject, description: SuperResolutionDescription, size: tuple[int, int]
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    check_network(data, tiled, lively, SuperResolutionNetwork(description), size)


@settings(max_examples=30, phases=QUICK)
@given(
    data=st.data(),
    scale=choice(SRCNNDescription, "scale"),
    kernels=st.tuples(*[st.sampled_from([1, 3, 9])] * 3),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
)
def test_srcnns(
    tiled: Tiled, lively: Lively, data: st.DataObject, scale: int, kernels: tuple[int, int, int], size: tuple[int, int]
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    check_network(data, tiled, lively, SRCNN(SRCNNDescription(scale, kernels, (3, 2))), size)

"""The building blocks: sizes, borders and the residual addition."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from painterly.networks import STYLE_PRESETS
from painterly.networks.description import Padding
from painterly.networks.initialization import initialise
from painterly.networks.layers import ConvLayer, ResidualBlock, TransposedLayer, UpsampleLayer
from painterly.networks.mixing import norm_layers
from painterly.networks.style import StyleNetwork

PADDINGS: list[Padding] = ["reflect-start", "reflect"]


def silenced(block: ResidualBlock) -> ResidualBlock:
    """The block with a second normalisation that gives nothing but zeros, which leaves the identity path."""
    norm = block.layers.get_submodule("norm2")
    assert isinstance(norm.weight, Tensor)
    assert isinstance(norm.bias, Tensor)
    nn.init.zeros_(norm.weight)
    nn.init.zeros_(norm.bias)
    return block


def test_the_identity_of_an_unpadded_block_is_cropped_by_two_pixels() -> None:
    x = torch.randn(1, 4, 9, 8)
    y = silenced(ResidualBlock(4, padding="reflect-start", norm="batch"))(x)
    assert torch.equal(y, x[:, :, 2:-2, 2:-2])


def test_the_identity_of_a_padded_block_is_whole_and_no_relu_follows_the_addition() -> None:
    x = torch.randn(1, 4, 9, 8)
    y = silenced(ResidualBlock(4, padding="reflect", norm="instance"))(x)
    assert torch.equal(y, x)
    assert (y < 0).any()


@pytest.mark.parametrize("padding", PADDINGS)
def test_a_residual_block_rectifies_once_between_its_convolutions(padding: Padding) -> None:
    kinds = [type(module) for module in ResidualBlock(4, padding=padding, norm="batch").layers]
    core = [kind for kind in kinds if kind in (nn.Conv2d, nn.BatchNorm2d, nn.ReLU)]
    assert core == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.Conv2d, nn.BatchNorm2d]


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("kernel", "stride", "size"), [(9, 1, (8, 12)), (3, 2, (4, 6)), (3, 1, (8, 12))])
def test_a_convolution_keeps_its_size_or_halves_it(
    padding: Padding, kernel: int, stride: int, size: tuple[int, int]
) -> None:
    layer = ConvLayer(3, 5, kernel, stride=stride, padding=padding, norm="batch")
    assert layer(torch.rand(2, 3, 8, 12)).shape == (2, 5, *size)


@pytest.mark.parametrize(
    "layer",
    [
        TransposedLayer(3, 5, norm="batch"),
        UpsampleLayer(3, 5, padding="reflect", norm="batch"),
        UpsampleLayer(3, 5, padding="reflect-start", norm="batch"),
    ],
)
def test_up_sampling_doubles_the_size_exactly(layer: nn.Module) -> None:
    assert layer(torch.rand(2, 3, 5, 7)).shape == (2, 5, 10, 14)


def test_resizing_repeats_pixels_before_it_convolves() -> None:
    layer = UpsampleLayer(1, 1, padding="reflect", norm="batch").eval()
    nn.init.dirac_(layer.get_parameter("conv.weight"))
    nn.init.zeros_(layer.get_parameter("conv.bias"))
    x = torch.rand(1, 1, 3, 4)
    wanted = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(layer(x), wanted, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("build", "darkens"),
    [
        (lambda: ConvLayer(1, 1, 9, padding="reflect", relu=False), False),
        (lambda: ConvLayer(1, 1, 9, padding="reflect-start", relu=False), True),
    ],
)
def test_only_zeros_beyond_the_border_darken_it(build: Any, darkens: bool) -> None:
    layer = build()
    nn.init.constant_(layer.conv.weight, 1 / 81)
    nn.init.zeros_(layer.conv.bias)
    y = layer(torch.ones(1, 1, 12, 12))
    assert y[0, 0, 6, 6].item() == pytest.approx(1)
    assert y[0, 0, 0, 0].item() == pytest.approx(25 / 81 if darkens else 1)


def test_a_last_layer_neither_normalises_nor_rectifies() -> None:
    assert [type(m) for m in ConvLayer(3, 3, 9, padding="reflect-start", relu=False)] == [nn.Conv2d]


def test_torch7s_first_weights_fill_their_ranges() -> None:
    network = StyleNetwork("paper")
    initialise(network, network.description)
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            fan_in = module.in_channels * module.kernel_size[0] * module.kernel_size[1]
            top = module.weight.abs().max().item() * fan_in**0.5
            assert 0.9 < top <= 1 + 1e-6  # uniform within 1 / sqrt(fan in), so the largest of thousands is close to it
        elif isinstance(module, nn.BatchNorm2d):
            assert 0 <= module.weight.min() < 0.3
            assert 0.7 < module.weight.max() <= 1
            assert not module.bias.any()


def test_torch7s_first_scales_fill_their_range_for_every_style() -> None:
    description = dataclasses.replace(STYLE_PRESETS["authors"], styles=3)
    network = StyleNetwork(description)
    initialise(network, description)
    for name, norm in norm_layers(network):
        assert not norm.bias.any()
        assert 0 <= norm.weight.min() < 0.3, name
        assert 0.7 < norm.weight.max() <= 1, name


def test_the_modern_network_keeps_torchs_first_weights() -> None:
    network = StyleNetwork("modern")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    initialise(network, STYLE_PRESETS["modern"])
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name

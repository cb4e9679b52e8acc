"""The layers of networks that enlarge: exact sizes, and where every pixel goes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from painterly.networks.description import Normalization, Padding, Upsampling
from painterly.networks.layers import ResidualBlock, SubpixelLayer, TransposedLayer, UpsampleLayer, up_layer

sides = st.integers(1, 9)
factors = st.sampled_from([2, 3])


@given(st.sampled_from([3, 4]), factors, sides, sides)
def test_transposed_layers_multiply_the_size_exactly(kernel: int, factor: int, height: int, width: int) -> None:
    layer = TransposedLayer(2, 3, kernel=kernel, factor=factor, norm="none")
    assert layer(torch.rand(1, 2, height, width)).shape == (1, 3, factor * height, factor * width)


@given(
    st.sampled_from(["transposed", "transposed4", "resize", "subpixel"]),
    factors,
    st.sampled_from(["zero", "reflect"]),
    sides,
    sides,
)
def test_every_up_sampling_layer_multiplies_the_size_exactly(
    upsampling: Upsampling, factor: int, padding: Padding, height: int, width: int
) -> None:
    layer = up_layer(2, 3, upsampling=upsampling, factor=factor, padding=padding, norm="none")
    assert layer(torch.rand(1, 2, height, width)).shape == (1, 3, factor * height, factor * width)


@pytest.mark.parametrize("norm", ["batch", "none"])
@pytest.mark.parametrize(
    ("upsampling", "kind", "kernel"),
    [
        ("transposed", TransposedLayer, 3),
        ("transposed4", TransposedLayer, 4),
        ("resize", UpsampleLayer, 3),
        ("subpixel", SubpixelLayer, 3),
    ],
)
def test_a_layer_is_of_the_kind_named_normalised_as_told_and_rectified(
    upsampling: Upsampling, kind: type[nn.Module], kernel: int, norm: Normalization
) -> None:
    layer = up_layer(2, 5, upsampling=upsampling, padding="reflect", norm=norm)
    assert type(layer) is kind
    assert layer.get_parameter("conv.weight").shape[-2:] == (kernel, kernel)
    assert any(isinstance(module, nn.BatchNorm2d) for module in layer) == (norm == "batch")
    assert isinstance(layer[-1], nn.ReLU)


@pytest.mark.parametrize("factor", [2, 3])
def test_subpixels_are_laid_out_row_by_row(factor: int) -> None:
    layer = SubpixelLayer(1, 2, factor=factor, padding="zero", norm="none")
    nn.init.zeros_(layer.get_parameter("conv.weight"))
    values = torch.arange(2.0 * factor**2)
    with torch.no_grad():
        layer.get_parameter("conv.bias").copy_(values)
    wanted = values.view(1, 2, factor, factor).repeat(1, 1, 3, 4)
    assert torch.equal(layer(torch.rand(1, 1, 3, 4)), wanted)


@pytest.mark.parametrize(("kernel", "factor"), [(4, 2), (3, 3)])
def test_a_kernel_that_the_factor_divides_covers_pixels_evenly(kernel: int, factor: int) -> None:
    layer = TransposedLayer(1, 1, kernel=kernel, factor=factor, norm="none")
    nn.init.ones_(layer.get_parameter("conv.weight"))
    nn.init.zeros_(layer.get_parameter("conv.bias"))
    inner = layer(torch.ones(1, 1, 5, 5))[..., factor:-factor, factor:-factor]
    assert torch.equal(inner, torch.full_like(inner, (kernel // factor) ** 2))


@given(sides, sides)
def test_a_block_that_is_padded_with_zeros_keeps_its_size(height: int, width: int) -> None:
    block = ResidualBlock(3, padding="zero", norm="none")
    assert block(torch.rand(2, 3, height, width)).shape == (2, 3, height, width)


def test_the_identity_of_a_block_padded_with_zeros_is_whole() -> None:
    block = ResidualBlock(3, padding="zero", norm="none")
    for parameter in block.layers.get_submodule("conv2").parameters():
        nn.init.zeros_(parameter)
    x = torch.randn(1, 3, 5, 4)
    assert torch.equal(block(x.clone()), x)


def test_a_block_leaves_what_it_is_given_as_it_is() -> None:
    x = torch.randn(1, 3, 5, 4)
    before = x.clone()
    ResidualBlock(3, padding="zero", norm="none")(x)
    assert torch.equal(x, before)

"""The network that enlarges: the paper's layers, exact sizes, and what its first weights give."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor, nn

from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.description import (
    SCALES,
    SUPER_RESOLUTION_PRESETS,
    Normalization,
    Padding,
    SuperResolutionDescription,
    Upsampling,
)
from painterly.networks.initialization import initialise_super_resolution
from painterly.networks.super_resolution import SuperResolutionNetwork

PAPER, MODERN = SUPER_RESOLUTION_PRESETS["paper"], SUPER_RESOLUTION_PRESETS["modern"]
SMALL = SuperResolutionDescription(width=3, up_width=2, blocks=1)
UPSAMPLINGS = SuperResolutionDescription.choices["upsampling"]


def convolutions(network: nn.Module) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    return [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d))]


def lively(network: SuperResolutionNetwork) -> SuperResolutionNetwork:
    """The network in evaluation mode, its batch statistics no longer zero and one."""
    with torch.no_grad():
        network.train()(torch.rand(4, 3, 12, 12))
    return network.eval()


@pytest.mark.parametrize(("scale", "count"), [(4, 401_859), (8, 438_915)])
def test_the_papers_networks_have_as_many_parameters_as_its_table_2_implies(scale: int, count: int) -> None:
    network = SuperResolutionNetwork(dataclasses.replace(PAPER, scale=scale))
    assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize("scale", [4, 8])
def test_the_papers_layers_are_those_of_table_2(scale: int) -> None:
    network = SuperResolutionNetwork(dataclasses.replace(PAPER, scale=scale))
    ups = {4: 2, 8: 3}[scale]
    found = [(type(c), c.in_channels, c.out_channels, c.kernel_size, c.stride) for c in convolutions(network)]
    assert found == [
        (nn.Conv2d, 3, 64, (9, 9), (1, 1)),
        *[(nn.Conv2d, 64, 64, (3, 3), (1, 1))] * 8,
        *[(nn.ConvTranspose2d, 64, 64, (3, 3), (2, 2))] * ups,
        (nn.Conv2d, 64, 3, (9, 9), (1, 1)),
    ]
    assert sum(isinstance(module, nn.BatchNorm2d) for module in network.modules()) == len(found) - 1


@pytest.mark.parametrize("normalization", ["batch", "none"])
@pytest.mark.parametrize("padding", ["zero", "reflect"])
@pytest.mark.parametrize("upsampling", UPSAMPLINGS)
@pytest.mark.parametrize("scale", SCALES)
def test_every_size_is_multiplied_exactly(
    scale: int, upsampling: Upsampling, padding: Padding, normalization: Normalization
) -> None:
    network = SuperResolutionNetwork(
        dataclasses.replace(SMALL, scale=scale, upsampling=upsampling, padding=padding, normalization=normalization)
    ).eval()
    for height, width in ((1, 1), (1, 6), (3, 2), (7, 5)):
        large = network(torch.rand(2, 3, height, width))
        assert large.shape == (2, 3, scale * height, scale * width)
        assert large.isfinite().all()


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 1, 8, 8), (1, 4, 8, 8), (1, 3, 0, 8), (1, 3, 8, 0), (8, 8)])
def test_what_is_not_a_batch_of_pictures_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(B, 3, H, W\)"):
        SuperResolutionNetwork(SMALL)(torch.zeros(shape))


@pytest.mark.parametrize("scale", SCALES)
def test_a_residual_network_with_a_silent_last_layer_is_bicubic(scale: int) -> None:
    network = SuperResolutionNetwork(dataclasses.replace(SMALL, scale=scale)).eval()
    for parameter in network.layers.get_submodule("last").parameters():
        nn.init.zeros_(parameter)
    x = (torch.rand(2, 3, 9, 6) > 0.5).float()  # so contrasty that bicubic enlargement leaves [0, 1]
    bicubic = BicubicUpsample(scale)(x)
    assert bicubic.max() > 1.01
    torch.testing.assert_close(network(x), bicubic.clamp(0, 1), atol=2e-6, rtol=0)
    torch.testing.assert_close(network.train()(x), bicubic, atol=2e-6, rtol=0)


@pytest.mark.parametrize("normalization", ["batch", "none"])
@pytest.mark.parametrize("upsampling", UPSAMPLINGS)
@pytest.mark.parametrize("scale", SCALES)
def test_a_picture_moved_by_a_pixel_comes_out_moved_by_the_scale(
    scale: int, upsampling: Upsampling, normalization: Normalization
) -> None:
    network = lively(
        SuperResolutionNetwork(
            dataclasses.replace(SMALL, scale=scale, upsampling=upsampling, normalization=normalization)
        )
    )
    x = torch.rand(1, 3, 28, 26)
    whole, moved = network(x)[..., 2 * scale :, scale:], network(x[..., 2:, 1:])
    inner = slice(10 * scale, -10 * scale)
    assert moved[..., inner, inner].std() > 0.01
    torch.testing.assert_close(moved[..., inner, inner], whole[..., inner, inner], atol=1e-5, rtol=0)


@pytest.mark.parametrize("upsampling", UPSAMPLINGS)
@pytest.mark.parametrize("scale", SCALES)
def test_the_modern_network_starts_close_to_bicubic_but_not_at_it(scale: int, upsampling: Upsampling) -> None:
    network = SuperResolutionNetwork(dataclasses.replace(MODERN, scale=scale, upsampling=upsampling))
    initialise_super_resolution(network)
    x = torch.rand(1, 3, 12, 12)
    difference = network(x) - BicubicUpsample(scale)(x)
    assert 0 < difference.abs().mean() < 0.02
    assert difference.abs().max() < 0.1
    assert difference.std((2, 3)).min() > 1e-5  # it depends on the picture


def test_the_papers_network_starts_alive() -> None:
    network = SuperResolutionNetwork("paper")
    initialise_super_resolution(network)
    large = network(torch.rand(2, 3, 12, 12))
    assert large.std((2, 3)).min() > 0.01
    assert 0.2 < large.mean() < 0.8


@pytest.mark.parametrize("preset", SUPER_RESOLUTION_PRESETS)
def test_the_gradient_reaches_every_parameter(preset: str) -> None:
    network = SuperResolutionNetwork(preset)
    initialise_super_resolution(network)
    target: Tensor = torch.rand(2, 3, 48, 48)
    (network(torch.rand(2, 3, 12, 12)) - target).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_the_bicubic_kernel_is_not_stored() -> None:
    assert all("enlarge" not in name for name in SuperResolutionNetwork(SMALL).state_dict())

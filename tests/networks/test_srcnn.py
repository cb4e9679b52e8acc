"""SRCNN: its size, and that it changes luma alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.description import SCALES, SRCNNDescription
from painterly.networks.srcnn import SRCNN

# ITU-R BT.601 of RGB in [0, 1], as MATLAB's rgb2ycbcr has it, in levels of 255.
YCBCR = torch.tensor([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]) / 255


def ycbcr(picture: Tensor) -> Tensor:
    """Luma and the two chromas, without their offsets."""
    return torch.einsum("ij,bjyx->biyx", YCBCR, picture)


@pytest.mark.parametrize(("preset", "count"), [("9-1-5", 8_129), ("9-5-5", 57_281)])
def test_the_published_networks_have_their_number_of_parameters(preset: str, count: int) -> None:
    assert sum(parameter.numel() for parameter in SRCNN(preset).parameters()) == count


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (6, 3)])
def test_every_size_is_multiplied_exactly(scale: int, size: tuple[int, int]) -> None:
    network = SRCNN(SRCNNDescription(scale, (3, 1, 3), (2, 2))).eval()
    assert network(torch.rand(2, 3, *size)).shape == (2, 3, scale * size[0], scale * size[1])


@pytest.mark.parametrize("preset", ["9-1-5", "9-5-5"])
def test_the_chroma_stays_bicubic_and_the_luma_is_what_the_convolutions_give(preset: str) -> None:
    network, x = SRCNN(preset), torch.rand(2, 3, 8, 7)
    found, bicubic = network(x), BicubicUpsample(4)(x)
    torch.testing.assert_close(ycbcr(found)[:, 1:], ycbcr(bicubic)[:, 1:], atol=1e-5, rtol=0)
    border = network.border
    inner = network.luma(found)[..., border:-border, border:-border]
    torch.testing.assert_close(inner, network.layers(network.luma(bicubic)), atol=1e-6, rtol=0)


def test_convolutions_without_weights_leave_their_last_bias_as_the_luma() -> None:
    network, x = SRCNN("9-1-5"), torch.rand(1, 3, 5, 6)
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    nn.init.constant_(network.get_parameter("layers.conv3.bias"), 0.25)
    found = network(x)
    luma, bicubic = ycbcr(found)[:, :1], BicubicUpsample(4)(x)
    torch.testing.assert_close(luma, torch.full_like(luma, 0.25), atol=1e-6, rtol=0)
    torch.testing.assert_close(ycbcr(found)[:, 1:], ycbcr(bicubic)[:, 1:], atol=1e-6, rtol=0)


def test_convolutions_that_pass_luma_on_give_the_bicubic_picture() -> None:
    network, x = SRCNN("9-5-5").eval(), torch.rand(1, 3, 5, 6)
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    for index in (1, 2, 3):
        nn.init.dirac_(network.get_parameter(f"layers.conv{index}.weight"))
    torch.testing.assert_close(network(x), BicubicUpsample(4)(x).clamp(0, 1), atol=1e-6, rtol=0)


def test_only_evaluation_cuts_off_at_zero_and_one() -> None:
    network, x = SRCNN("9-1-5"), torch.rand(1, 3, 5, 6)
    nn.init.constant_(network.get_parameter("layers.conv3.bias"), 2)
    assert network.train()(x).max() > 1
    assert network.eval()(x).max() == 1


@pytest.mark.parametrize(("kernels", "border"), [((9, 1, 5), 6), ((9, 5, 5), 8), ((1, 1, 1), 0)])
def test_the_border_is_what_unpadded_convolutions_take_off(kernels: tuple[int, int, int], border: int) -> None:
    network = SRCNN(SRCNNDescription(4, kernels, (3, 2)))
    assert network.border == border
    assert network.layers(torch.rand(1, 1, 20, 24)).shape == (1, 1, 20 - 2 * border, 24 - 2 * border)

"""Brightness and contrast that go round a network's layers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.networks import StyleDescription, StyleNetwork, carry_round
from painterly.networks.description import Upsampling

seeds = st.integers(0, 10_000)
shares = st.floats(0, 1)
sizes = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(4, 12), st.integers(4, 12))


def drawn(shape: tuple[int, ...]) -> Tensor:
    """Of a mean and a deviation that differ by picture and channel."""
    deviation, mean = torch.rand(2, *shape[:2], 1, 1, dtype=torch.float64)
    return torch.addcmul(4 * (mean - 0.5), torch.randn(shape, dtype=torch.float64), 0.5 + deviation)


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.mean((2, 3)), x.std((2, 3), correction=0)


@given(shape=sizes, seed=seeds)
def test_a_share_of_one_gives_mean_and_deviation_of_what_went_in(shape: tuple[int, ...], seed: int) -> None:
    torch.manual_seed(seed)
    x, y = drawn(shape), drawn(shape)
    for epsilon, tolerance in ((1e-5, 1e-3), (0.0, 1e-9)):
        for found, wanted in zip(moments(carry_round(x, y, 1.0, epsilon)), moments(x), strict=True):
            torch.testing.assert_close(found, wanted, rtol=tolerance, atol=1e-9)


@given(shape=sizes, seed=seeds)
def test_a_share_of_nothing_leaves_what_came_out(shape: tuple[int, ...], seed: int) -> None:
    torch.manual_seed(seed)
    x, y = drawn(shape), drawn(shape)
    torch.testing.assert_close(carry_round(x, y, 0.0), y)


@given(shape=sizes, seed=seeds, share=shares)
def test_between_them_mean_and_deviation_are_mixed(shape: tuple[int, ...], seed: int, share: float) -> None:
    torch.manual_seed(seed)
    x, y = drawn(shape), drawn(shape)
    found = moments(carry_round(x, y, share, 0.0))
    for one, here, there in zip(found, moments(x), moments(y), strict=True):
        torch.testing.assert_close(one, share * here + (1 - share) * there)


@given(seed=seeds, mix=st.lists(shares, min_size=1, max_size=4))
def test_every_picture_has_its_own_share(seed: int, mix: list[float]) -> None:
    torch.manual_seed(seed)
    x, y = drawn((len(mix), 3, 6, 5)), drawn((len(mix), 3, 6, 5))
    wanted = torch.cat([carry_round(x[i : i + 1], y[i : i + 1], share) for i, share in enumerate(mix)])
    torch.testing.assert_close(carry_round(x, y, torch.tensor(mix, dtype=torch.float64)), wanted)


@given(seed=seeds, share=shares)
def test_a_number_is_a_tensor_of_one_is_one_for_each(seed: int, share: float) -> None:
    torch.manual_seed(seed)
    x, y = drawn((3, 2, 6, 5)), drawn((3, 2, 6, 5))
    wanted = carry_round(x, y, share)
    for size in ((), (1,), (3,)):
        torch.testing.assert_close(carry_round(x, y, torch.full(size, share, dtype=torch.float64)), wanted)


@given(seed=seeds, scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_a_change_of_brightness_and_contrast_goes_round_whole(seed: int, scale: float, shift: float) -> None:
    torch.manual_seed(seed)
    x, y = drawn((2, 3, 6, 5)), drawn((2, 3, 6, 5))
    carried = carry_round(x, y, 1.0)
    torch.testing.assert_close(carry_round(scale * x + shift, y, 1.0), scale * carried + shift)
    torch.testing.assert_close(carry_round(x, scale * y + shift, 1.0, 0.0), carry_round(x, y, 1.0, 0.0))


def test_pictures_and_channels_do_not_touch_each_other() -> None:
    x, y = drawn((2, 3, 6, 5)), drawn((2, 3, 6, 5))
    before = carry_round(x, y, 0.7)
    x[0, 1], y[0, 1] = drawn((2, 1, 6, 5))[:, 0]
    same = (carry_round(x, y, 0.7) == before).all(3).all(2)
    assert same.tolist() == [[True, False, True], [True, True, True]]


@pytest.mark.parametrize("share", [0.3, torch.tensor([0.3, 1.0])])
def test_it_works_in_float32_or_wider(share: float | Tensor) -> None:
    x, y = drawn((2, 3, 6, 5)), drawn((2, 3, 6, 5))
    wanted = carry_round(x, y, share)
    assert wanted.dtype == torch.float64
    for dtype, tolerance in ((torch.float32, 1e-4), (torch.bfloat16, 0.05)):
        found = carry_round(x.to(dtype), y.to(dtype), share)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), wanted, rtol=tolerance, atol=tolerance)
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(carry_round(x.to(dtype), y.to(dtype), share), found)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_has_no_contrast_stays_finite(share: float) -> None:
    plain, lively = torch.full((1, 2, 6, 5), 0.3), torch.rand(1, 2, 6, 5)
    for x, y in ((plain, lively), (lively, plain), (plain, plain)):
        assert carry_round(x, y, share).isfinite().all()
    torch.testing.assert_close(carry_round(plain, lively, 1.0), plain)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_gradients_are_those_of_the_values(share: float) -> None:
    x, y = drawn((2, 2, 4, 3)).requires_grad_(), drawn((2, 2, 4, 3)).requires_grad_()
    weight = torch.tensor([share, 0.25], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(carry_round, (x, y, weight))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_photograph_without_contrast_gives_finite_gradients(level: float, share: float) -> None:
    y = torch.rand(1, 2, 6, 5, requires_grad=True)
    carry_round(torch.full((1, 2, 6, 5), level), y, share).square().sum().backward()
    assert y.grad is not None
    assert y.grad.isfinite().all()


@pytest.mark.parametrize("style", [0, 1])
@pytest.mark.parametrize("share", ["identity", "carry"])
def test_a_photograph_without_contrast_teaches_a_network_no_nonsense(share: str, style: int) -> None:
    identity = share == "identity"
    description = StyleDescription(4, 1, styles=2, identity=identity, carry=0.0 if identity else 0.5)
    network = StyleNetwork(description).train()
    photograph = torch.rand(2, 3, 16, 16)
    photograph[0, 1] = 1.0  # one channel of one picture, as of a bright sky
    network(photograph, torch.eye(2)[style]).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all(), name


def varied(description: StyleDescription) -> StyleNetwork:
    """A network in training, where nothing is cut off, whose styles differ."""
    network = StyleNetwork(description).train()
    for name, parameter in network.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter, float(name.endswith("weight")), 0.3)
    return network


@pytest.mark.parametrize("upsampling", StyleDescription.choices["upsampling"])
@given(seed=seeds, scale=st.floats(0.2, 1), shift=st.floats(0, 1), odd=st.integers(0, 3))
def test_the_photograph_as_a_style_keeps_brightness_and_contrast(
    upsampling: Upsampling, seed: int, scale: float, shift: float, odd: int
) -> None:
    torch.manual_seed(seed)
    network = varied(StyleDescription(4, 1, upsampling=upsampling, styles=2, identity=True))
    photograph, mix = torch.rand(1, 3, 16 + odd, 19), torch.tensor([0.0, 1.0])
    with torch.no_grad():
        found, plain = network(scale * photograph + shift, mix), network(photograph, mix)
    torch.testing.assert_close(found, scale * plain + shift, rtol=1e-3, atol=1e-3)


def test_the_photograph_as_a_style_has_its_mean_and_deviation() -> None:
    network = varied(StyleDescription(4, 1, styles=3, identity=True))
    photograph = torch.rand(2, 3, 20, 24)
    with torch.no_grad():
        kept = network(photograph, torch.tensor([0.0, 0.0, 1.0]))
        painted = network(photograph, torch.tensor([1.0, 0.0, 0.0]))
    for found, wanted in zip(moments(kept), moments(photograph), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)
    assert (moments(painted)[0] - moments(photograph)[0]).abs().max() > 0.01


@pytest.mark.parametrize("carry", [0.0, 0.4, 1.0])
def test_a_network_that_carries_paints_its_paintings_in_the_photographs_light(carry: float) -> None:
    dark, light = (varied(StyleDescription(4, 1, carry=share)) for share in (0.0, carry))
    light.load_state_dict(dark.state_dict())
    photograph = torch.rand(2, 3, 20, 24)
    with torch.no_grad():
        # Pixels are those of the layers but for a scale and a shift, so that only epsilon tells the two orders apart.
        wanted = carry_round(photograph, dark(photograph), carry, 0)
        torch.testing.assert_close(light(photograph), wanted, rtol=1e-3, atol=1e-3)

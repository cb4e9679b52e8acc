"""Instance normalisation without gradients: statistics by strips, against float64."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.networks.normalization import instance_norm, strip_statistics

LAYOUTS = [torch.contiguous_format, torch.channels_last]
SHAPES = [(1, 1, 129, 257), (1, 4, 333, 517), (1, 2, 3, 20_001), (1, 2, 20_001, 3), (1, 2, 1, 16_385), (1, 70, 65, 61)]


def far(shape: tuple[int, ...], dtype: torch.dtype, layout: torch.memory_format) -> Tensor:
    """Activations a hundred deviations from zero, by channel a little more."""
    shift = 100 + torch.arange(shape[1], dtype=torch.float64).view(-1, 1, 1) / 7
    return (torch.randn(shape, dtype=torch.float64) + shift).to(dtype).contiguous(memory_format=layout)


def exact(x: Tensor) -> tuple[Tensor, Tensor]:
    wide = x.double()
    return wide.mean((0, 2, 3)), wide.var((0, 2, 3), correction=0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_statistics_far_from_zero(layout: torch.memory_format, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    x = far(shape, dtype, layout)
    before = x.clone()
    mean, variance = strip_statistics(x)
    wanted_mean, wanted_variance = exact(x)
    assert (mean.dtype, variance.dtype) == (torch.float64, torch.float64)
    assert ((mean - wanted_mean).abs() / wanted_variance.sqrt()).max() < 5e-4
    torch.testing.assert_close(variance, wanted_variance, rtol=1e-4, atol=0)
    assert torch.equal(x, before)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("dtype", "relative", "absolute"), [(torch.float32, 0, 1e-3), (torch.bfloat16, 2**-8, 1e-3)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_rounding_is_lost(
    layout: torch.memory_format, dtype: torch.dtype, relative: float, absolute: float, shape: tuple[int, ...]
) -> None:
    x = far((2, *shape[1:]), dtype, layout)
    weight, bias = torch.rand(shape[1]) + 0.5, torch.randn(shape[1])
    with torch.no_grad():
        found = instance_norm(x, weight, bias)
    wanted = F.instance_norm(x.double().contiguous(), weight=weight.double(), bias=bias.double())
    assert found.dtype == dtype
    assert found.stride() == x.stride()
    torch.testing.assert_close(found.double(), wanted, rtol=relative, atol=absolute)


@given(
    shape=st.tuples(st.just(1), st.integers(1, 5), st.integers(1, 12), st.integers(1, 12)),
    strip=st.sampled_from([1, 5, 30, 1 << 14]),
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 1000),
)
def test_strips_add_up_however_they_are_cut(
    shape: tuple[int, int, int, int], strip: int, layout: torch.memory_format, seed: int
) -> None:
    torch.manual_seed(seed)
    x = far(shape, torch.float64, layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("painterly.networks.normalization._STRIP", strip)
        found = strip_statistics(x)
    for ours, wanted in zip(found, exact(x), strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_single_pixel_becomes_the_shift(layout: torch.memory_format) -> None:
    x = far((2, 3, 1, 1), torch.float32, layout)
    bias = torch.tensor([1.0, -2.0, 3.0])
    with torch.no_grad():
        found = instance_norm(x, torch.ones(3), bias)
    # What is left of 100 - 100 is divided by the root of epsilon alone.
    torch.testing.assert_close(found, bias.view(1, -1, 1, 1).expand(2, -1, 1, 1), rtol=0, atol=5e-3)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_channel_without_variance_stays_finite(layout: torch.memory_format) -> None:
    """Rounding of its mean (of 3.7, by a hundred-thousandth) is divided by the root of epsilon alone."""
    x = torch.full((1, 2, 50, 60), 3.7).contiguous(memory_format=layout)
    with torch.no_grad():
        found = instance_norm(x, torch.ones(2), torch.zeros(2))
    assert found.abs().max() < 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_pictures_of_a_batch_do_not_see_each_other(layout: torch.memory_format, dtype: torch.dtype) -> None:
    x = far((3, 4, 9, 11), dtype, layout)
    weight, bias = torch.rand(4), torch.rand(4)
    with torch.no_grad():
        alone = [instance_norm(picture, weight, bias) for picture in x.split(1)]
        assert torch.equal(instance_norm(x, weight, bias), torch.cat(alone))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("batch", [1, 3])
def test_values_are_the_same_with_and_without_gradients(batch: int, layout: torch.memory_format) -> None:
    x = torch.randn(batch, 4, 13, 7).contiguous(memory_format=layout)
    weight, bias = torch.rand(4), torch.rand(4)
    with torch.no_grad():
        quiet = instance_norm(x, weight, bias)
    with torch.inference_mode():
        assert torch.equal(instance_norm(x, weight, bias), quiet)
    assert torch.equal(instance_norm(x, weight, bias), quiet)  # nothing here asks for a gradient
    torch.testing.assert_close(instance_norm(x, weight.requires_grad_(), bias), quiet, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("asking", [(True, False, False), (False, True, False), (False, False, True), (True,) * 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_come_back_to_whatever_asks_for_them(
    layout: torch.memory_format, asking: tuple[bool, bool, bool]
) -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=layout)
    inputs = [x, torch.rand(3, dtype=torch.float64) + 0.5, torch.randn(3, dtype=torch.float64)]
    for value, asks in zip(inputs, asking, strict=True):
        value.requires_grad_(asks)
    assert torch.autograd.gradcheck(instance_norm, inputs)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.05)])
@pytest.mark.parametrize("batch", [1, 2])
def test_gradients_are_torchs_in_the_types_of_training(batch: int, dtype: torch.dtype, tolerance: float) -> None:
    x = (torch.randn(batch, 4, 16, 12) + 2).to(dtype).contiguous(memory_format=torch.channels_last)
    pull = torch.randn(batch, 4, 16, 12).to(dtype).contiguous(memory_format=torch.channels_last)
    ours = [x.clone().requires_grad_(), (torch.rand(4) + 0.5).requires_grad_(), torch.randn(4).requires_grad_()]
    exact_ = [value.detach().double().contiguous().requires_grad_() for value in ours]
    found = torch.autograd.grad(instance_norm(ours[0], ours[1], ours[2]), ours, pull)
    wanted = torch.autograd.grad(
        F.instance_norm(exact_[0], weight=exact_[1], bias=exact_[2]), exact_, pull.double().contiguous()
    )
    for one, other in zip(found, wanted, strict=True):
        scale = float(other.abs().max())
        torch.testing.assert_close(one.double(), other, rtol=0, atol=tolerance * scale)

"""Instance normalisation against torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.networks.normalization import InstanceNorm, instance_norm, norm_layer

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def activations(layout: torch.memory_format, batch: int = 3) -> Tensor:
    """Shifted and scaled by channel and by picture, so that statistics of the wrong axes show."""
    scale, shift = torch.rand(2, batch, 4, 1, 1, dtype=torch.float64)
    x = torch.addcmul(shift, torch.randn(batch, 4, 5, 7, dtype=torch.float64), scale + 0.5)
    return x.contiguous(memory_format=layout)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_and_gradients_are_torchs(layout: torch.memory_format, batch: int) -> None:
    weight, bias = torch.rand(4, dtype=torch.float64), torch.rand(4, dtype=torch.float64)
    inputs = [activations(layout, batch).requires_grad_(), weight.requires_grad_(), bias.requires_grad_()]
    ours = instance_norm(inputs[0], inputs[1], inputs[2], 1e-3)
    torchs = F.instance_norm(inputs[0].contiguous(), weight=inputs[1], bias=inputs[2], eps=1e-3)
    torch.testing.assert_close(ours, torchs, check_stride=False)
    pull = torch.randn_like(ours)
    found = torch.autograd.grad(ours, inputs, pull)
    # torch 2.13's own gradient of a single picture is wrong where what comes back to it is channels-last.
    wanted = torch.autograd.grad(torchs, inputs, pull.contiguous())
    for ours_, torchs_ in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours_, torchs_, check_stride=False)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_channel_of_every_picture_ends_with_the_learned_mean_and_deviation(layout: torch.memory_format) -> None:
    weight, bias = torch.tensor([1.0, 2, 3, 4]).double(), torch.tensor([5.0, 6, 7, 8]).double()
    y = instance_norm(activations(layout), weight, bias, 1e-12)
    torch.testing.assert_close(y.mean((2, 3)), bias.expand(3, 4))
    torch.testing.assert_close(y.std((2, 3), unbiased=False), weight.expand(3, 4))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_and_type_stay(layout: torch.memory_format, dtype: torch.dtype, batch: int) -> None:
    x = activations(layout, batch).to(dtype)
    y = InstanceNorm(4)(x)
    assert y.dtype == dtype
    assert y.stride() == x.stride()


@pytest.mark.parametrize("side", [64, 1024])
@pytest.mark.parametrize(("dtype", "relative", "absolute"), [(torch.float32, 0, 1e-4), (torch.bfloat16, 2**-8, 1e-3)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_the_results_rounding_is_lost_however_many_pixels_are_added_up(
    layout: torch.memory_format, dtype: torch.dtype, relative: float, absolute: float, side: int
) -> None:
    x = (torch.randn(1, 2, side, side) + 100).to(dtype).contiguous(memory_format=layout)
    exact = F.instance_norm(x.double().contiguous())
    found = instance_norm(x, torch.ones(2), torch.zeros(2)).double()
    torch.testing.assert_close(found, exact, rtol=relative, atol=absolute)


def test_it_behaves_the_same_in_training_and_evaluation() -> None:
    x, norm = activations(torch.channels_last).float(), norm_layer("instance", 4)
    assert torch.equal(norm.train()(x), norm.eval()(x))


def test_both_kinds_have_a_scale_and_a_shift_and_torch7s_epsilon() -> None:
    instance, batch = norm_layer("instance", 4), norm_layer("batch", 4)
    assert isinstance(instance, InstanceNorm)
    assert isinstance(batch, nn.BatchNorm2d)
    assert instance.epsilon == batch.eps == 1e-5
    for norm in (instance, batch):
        assert {name: p.tolist() for name, p in norm.named_parameters()} == {"weight": [1.0] * 4, "bias": [0.0] * 4}

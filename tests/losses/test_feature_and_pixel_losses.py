"""Feature reconstruction and pixel loss against equation 2 spelled out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from painterly.losses import FeatureReconstruction, PixelLoss, feature_reconstruction, pixel_loss

Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: list[Loss] = [feature_reconstruction, pixel_loss]


@pytest.mark.parametrize("loss", LOSSES)
def test_it_is_equation_2_averaged_over_the_batch(loss: Loss) -> None:
    output, target = torch.randn(2, 4, 3, 5, 6, dtype=torch.float64)
    by_picture = [((y - t) ** 2).sum() / (3 * 5 * 6) for y, t in zip(output, target, strict=True)]
    torch.testing.assert_close(loss(output, target), sum(by_picture) / 4)


@pytest.mark.parametrize("loss", LOSSES)
def test_its_gradient_is_exact(loss: Loss) -> None:
    output, target = torch.randn(2, 2, 3, 2, 2, dtype=torch.float64)
    assert torch.autograd.gradcheck(loss, (output.requires_grad_(), target))


def test_bfloat16_activations_are_compared_in_float32() -> None:
    output, target = torch.randn(2, 1, 8, 16, 16).bfloat16()
    loss = feature_reconstruction(output, target)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss.double(), (output.double() - target.double()).square().mean(), rtol=1e-6, atol=0)


def test_the_modules_are_the_functions() -> None:
    output, target = torch.randn(2, 2, 3, 4, 4)
    assert torch.equal(PixelLoss()(output, target), pixel_loss(output, target))
    assert torch.equal(FeatureReconstruction(target)(output), feature_reconstruction(output, target))


def test_a_kept_target_serves_a_whole_batch_and_is_saved_and_does_not_learn() -> None:
    output, target = torch.randn(3, 2, 4, 4), torch.randn(1, 2, 4, 4, requires_grad=True)
    module = FeatureReconstruction(target)
    torch.testing.assert_close(module(output), (output - target).square().mean())
    assert set(module.state_dict()) == {"target"}
    assert not module.target.requires_grad

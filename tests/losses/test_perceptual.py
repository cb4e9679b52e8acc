"""The perceptual loss is the mean of relative feature reconstructions, and trains what it is given to."""

from __future__ import annotations

import pytest
import torch

from painterly.encoders import load_loss_network
from painterly.errors import UsageError
from painterly.losses import PerceptualLoss


def test_it_is_the_mean_of_relative_distances() -> None:
    network = load_loss_network("vgg19-compact")
    output, target = torch.rand(2, 3, 48, 40), torch.rand(2, 3, 48, 40)
    layers = ("relu1_1", "relu3_1")
    found, wanted = network(output, layers), network(target, layers)
    expected = sum(((found[n] - wanted[n]) ** 2).mean() / (wanted[n] ** 2).mean() for n in layers) / 2
    torch.testing.assert_close(PerceptualLoss(network, layers)(output, target), torch.as_tensor(expected))


def test_gradients_reach_the_output_alone() -> None:
    loss = PerceptualLoss("vgg19-compact").train()
    output = torch.rand(1, 3, 32, 32, requires_grad=True)
    target = torch.rand(1, 3, 32, 32, requires_grad=True)
    loss(output, target).backward()
    assert output.grad is not None
    assert output.grad.abs().sum() > 0
    assert target.grad is None
    assert all(p.grad is None and not p.requires_grad for p in loss.parameters())
    assert not loss.loss_network.training


def test_descent_brings_pictures_closer() -> None:
    loss, target = PerceptualLoss("vgg19-compact", ["relu2_1"]), torch.rand(1, 3, 32, 32)
    picture = torch.full_like(target, 0.5).requires_grad_()
    optimizer = torch.optim.Adam([picture], 0.05)
    first = loss(picture, target).item()
    for _ in range(15):
        optimizer.zero_grad()
        loss(picture, target).backward()
        optimizer.step()
    assert loss(picture, target).item() < 0.7 * first


@pytest.mark.parametrize("network", ["vgg19-compact", "object"])
def test_layers_that_are_not_there_are_named(network: str) -> None:
    given = load_loss_network("vgg19-compact") if network == "object" else network
    with pytest.raises(UsageError, match="relu9_9"):
        PerceptualLoss(given, ["relu9_9"])

"""Several frozen encoders as one loss network."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from painterly.encoders import VGG, Encoder, LossNetwork
from painterly.errors import UsageError


def two_encoders() -> LossNetwork:
    """The first serves relu1_1 and relu1_2, the second relu1_2 and relu2_1."""
    first = Encoder(VGG("D", until="relu1_2"), ("relu1_1", "relu1_2"))
    second = Encoder(VGG("D", until="relu2_1"), ("relu1_2", "relu2_1"), mean=(0.1, 0.2, 0.3), std=(2, 3, 4))
    return LossNetwork([first, second], {"name": "the test's own"})


def test_pictures_are_normalised_as_the_encoder_was_trained() -> None:
    vgg = VGG("D", until="relu1_1")
    encoder = Encoder(vgg, ("relu1_1",), mean=(0.1, 0.2, 0.3), std=(2, 3, 4))
    picture = torch.rand(1, 3, 8, 8)
    red, green, blue = picture[0]
    normalised = torch.stack([(red - 0.1) / 2, (green - 0.2) / 3, (blue - 0.3) / 4]).unsqueeze(0)
    torch.testing.assert_close(encoder(picture, ("relu1_1",)), vgg(normalised, ("relu1_1",)))


def test_each_layer_comes_from_the_first_encoder_that_has_it_in_the_order_asked_for() -> None:
    network, picture = two_encoders(), torch.rand(2, 3, 8, 8)
    first, second = network.encoders
    found = network(picture, ("relu2_1", "relu1_2", "relu1_1"))
    assert list(found) == ["relu2_1", "relu1_2", "relu1_1"]
    assert torch.equal(found["relu1_1"], first(picture, ("relu1_1",))["relu1_1"])
    assert torch.equal(found["relu1_2"], first(picture, ("relu1_2",))["relu1_2"])
    assert torch.equal(found["relu2_1"], second(picture, ("relu2_1",))["relu2_1"])
    assert network.layers == ("relu1_1", "relu1_2", "relu2_1")


def test_an_encoder_that_is_not_needed_does_not_run() -> None:
    with FlopCounterMode(display=False) as counter:
        two_encoders()(torch.rand(1, 3, 8, 8), ("relu1_1",))
    assert counter.get_total_flops() == 2 * 9 * 8 * 8 * 3 * 64


def test_it_is_frozen_but_lets_gradients_through_to_the_picture() -> None:
    network = two_encoders()
    picture = torch.rand(1, 3, 8, 8, requires_grad=True)
    sum(f.sum() for f in network(picture, network.layers).values()).backward()
    assert picture.grad is not None
    assert picture.grad.any()
    assert all(not p.requires_grad and p.grad is None for p in network.parameters())


def test_it_stays_in_evaluation_mode_whatever_the_network_around_it_does() -> None:
    network = two_encoders()
    nn.Sequential(network).train()
    assert not any(module.training for module in network.modules())


def test_a_layer_that_no_encoder_has_is_refused_with_those_that_they_have() -> None:
    with pytest.raises(UsageError, match="the test's own has no relu4_3; it has relu1_1, relu1_2, relu2_1"):
        two_encoders()(torch.rand(1, 3, 8, 8), ("relu1_1", "relu4_3"))

"""How far layers see, against gradients of single activations with respect to the picture."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from painterly.encoders import VGG, VGG_CONFIGURATIONS, DistilledVGG, Encoder, LossNetwork, layer_names
from painterly.encoders.names import parse_layer, reach
from painterly.encoders.vgg import Configuration
from painterly.errors import UsageError

DISTILLED = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONFIGURATIONS: list[Configuration] = ["A", "A-LRN", "B", "C", "D", "E"]


def thin_vgg(configuration: Configuration, **options: Any) -> VGG:
    """A VGG of one channel."""
    with torch.device("meta"):
        vgg = VGG(configuration, until=layer_names(configuration)[-1], **options)
    for index, (name, conv) in enumerate(list(vgg.features.items())):
        assert isinstance(conv, nn.Conv2d)
        vgg.features[name] = nn.Conv2d(1 if index else 3, 1, conv.kernel_size[0])
    return vgg


def positive(network: nn.Module) -> nn.Module:
    """With weights through which every pixel that is seen counts."""
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.1 if parameter.ndim == 4 else 0.0)
    return network.double()


def seen(network: nn.Module, layer: str, size: tuple[int, int] = (320, 320)) -> tuple[int, int, int, int]:
    """How many pixels up, down, to the left and to the right of its first pixel an activation in the middle sees."""
    picture = (0.5 + torch.rand(1, 3, *size)).double().requires_grad_()
    activations: Tensor = network(picture, (layer,))[layer]
    stride = parse_layer(layer).stride
    row, column = (side // stride // 2 for side in size)
    (slope,) = torch.autograd.grad(activations[0, :, row, column].sum(), picture)
    rows, columns = (slope[0].abs().sum((0, axis)).nonzero().flatten() for axis in (2, 1))
    top, left = row * stride, column * stride
    return top - int(rows[0]), int(rows[-1]) - top, left - int(columns[0]), int(columns[-1]) - left


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_with_average_pooling_a_layer_sees_as_far_as_it_reaches_and_no_further(configuration: Configuration) -> None:
    vgg = thin_vgg(configuration, pooling="average")
    positive(vgg)
    for layer in layer_names(configuration):
        if layer.startswith("relu"):
            far, stride = vgg.reach(layer), parse_layer(layer).stride
            # An activation stands for `stride` pixels: it sees as far before the first as after the last of them.
            assert seen(vgg, layer) == (far - stride + 1, far, far - stride + 1, far), layer


@pytest.mark.parametrize("padding", ["zero", "reflect"])
@pytest.mark.parametrize("configuration", ["A", "C", "E"])
def test_with_max_pooling_and_unequal_weights_no_layer_sees_further(configuration: Configuration, padding: str) -> None:
    vgg = thin_vgg(configuration, pooling="max", padding=padding).double()
    for parameter in vgg.parameters():
        nn.init.uniform_(parameter, 0.01, 0.2)
    for layer in ("conv1_1", "conv2_1", "conv3_2", "conv4_1", "conv4_2", "conv5_1", "conv5_2"):
        assert max(seen(vgg, layer)) <= vgg.reach(layer), layer


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_a_distilled_encoder_reaches_as_far_as_it_sees(pooling: Any) -> None:
    distilled = DistilledVGG(width=1, pooling=pooling)
    positive(distilled)
    for layer in DISTILLED:
        far, stride = distilled.reach(layer), parse_layer(layer).stride
        found = seen(distilled, layer, (256, 256))
        if pooling == "average":
            assert found == (far - stride + 1, far, far - stride + 1, far), layer
        assert max(found) <= far, layer
        assert far == VGG("E", until="relu1_1").reach(layer)  # whose place it takes


def test_a_loss_network_reaches_as_far_as_the_encoders_that_serve_the_layers() -> None:
    shallow, deep = thin_vgg("A", pooling="average"), thin_vgg("E", pooling="average")
    network = LossNetwork([Encoder(shallow, ("relu3_1",)), Encoder(deep, ("relu2_1", "relu3_1", "relu4_1"))], {})
    positive(shallow)
    positive(deep)
    network.double()
    assert network.reach(("relu3_1",)) == shallow.reach("relu3_1") < deep.reach("relu3_1")
    assert network.reach(("relu3_1", "relu2_1")) == max(shallow.reach("relu3_1"), deep.reach("relu2_1"))
    for layers in (("relu4_1", "relu3_1", "relu2_1"), ("relu2_1", "relu3_1", "relu4_1")):
        assert network.reach(layers) == deep.reach("relu4_1")
    for layer in network.layers:
        assert max(seen(network, layer)) == network.reach((layer,)), layer
    with pytest.raises(UsageError, match="no relu5_1"):
        network.reach(("relu3_1", "relu5_1"))


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_deeper_layers_reach_no_less_and_a_relu_as_far_as_its_convolution(configuration: Configuration) -> None:
    kernels = VGG_CONFIGURATIONS[configuration]
    names = layer_names(configuration)
    found = [reach(kernels, parse_layer(name)) for name in names]
    assert found == sorted(found)
    assert found[::2] == found[1::2]
    assert [VGG(configuration, until="relu1_1").reach(name) for name in names] == found

"""VGG against its paper's tables and against torchvision's way of building it."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from painterly.encoders import VGG, VGG_CONFIGURATIONS, layer_names
from painterly.encoders.vgg import Configuration
from painterly.errors import UsageError

CONFIGURATIONS: tuple[Configuration, ...] = get_args(Configuration)

# Simonyan and Zisserman 2014, table 1: the convolutions of the five groups, "1" for a 1x1 convolution.
TABLE_1 = {
    "A": "3 | 3 | 3 3 | 3 3 | 3 3",
    "A-LRN": "3 | 3 | 3 3 | 3 3 | 3 3",
    "B": "3 3 | 3 3 | 3 3 | 3 3 | 3 3",
    "C": "3 3 | 3 3 | 3 3 1 | 3 3 1 | 3 3 1",
    "D": "3 3 | 3 3 | 3 3 3 | 3 3 3 | 3 3 3",
    "E": "3 3 | 3 3 | 3 3 3 3 | 3 3 3 3 | 3 3 3 3",
}
CHANNELS = (64, 128, 256, 512, 512)


def whole(configuration: Configuration, **options: Any) -> VGG:
    return VGG(configuration, until=layer_names(configuration)[-1], **options)


def torchvision_features(plan: str, pool: type[nn.Module] = nn.MaxPool2d, padding_mode: Any = "zeros") -> nn.Sequential:
    """What torchvision calls `features`: one entry a layer, "M" for pooling."""
    layers: list[nn.Module] = []
    inputs = 3
    for entry in plan.split():
        if entry == "M":
            layers.append(pool(2, 2))
        else:
            outputs = int(entry)
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode=padding_mode), nn.ReLU()]
            inputs = outputs
    return nn.Sequential(*layers)


def walk(features: nn.Sequential, x: Tensor) -> dict[str, Tensor]:
    """Every activation of torchvision's features under its name."""
    found: dict[str, Tensor] = {}
    group, position = 1, 0
    for layer in features:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            position += 1
            found[f"conv{group}_{position}"] = x
        elif isinstance(layer, nn.ReLU):
            found[f"relu{group}_{position}"] = x
        else:
            group, position = group + 1, 0
    return found


@pytest.mark.parametrize(
    ("configuration", "plan"),
    [
        ("A", "64 M 128 M 256 256 M 512 512 M 512 512 M"),
        ("B", "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M"),
        ("D", "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M"),
        ("E", "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M"),
    ],
)
def test_torchvisions_weights_give_torchvisions_features(configuration: Configuration, plan: str) -> None:
    vgg, features = whole(configuration), torchvision_features(plan)
    nn.ModuleDict({"features": features}).load_state_dict(vgg.state_dict())  # every key and every shape
    x = torch.randn(1, 3, 32, 48)
    with torch.no_grad():
        wanted = walk(features, x)
        found = vgg(x, tuple(wanted))
    assert list(found) == list(layer_names(configuration))
    for name, activation in wanted.items():
        torch.testing.assert_close(found[name], activation)


@pytest.mark.parametrize(
    ("options", "pool", "padding_mode"),
    [
        ({"pooling": "average"}, nn.AvgPool2d, "zeros"),
        ({"padding": "reflect"}, nn.MaxPool2d, "reflect"),
        ({"pooling": "average", "padding": "reflect"}, nn.AvgPool2d, "reflect"),
    ],
)
def test_average_pooling_and_reflection(options: dict[str, Any], pool: type[nn.Module], padding_mode: Any) -> None:
    vgg = VGG("D", until="relu2_1", **options)
    features = torchvision_features("64 64 M 128", pool, padding_mode)
    nn.ModuleDict({"features": features}).load_state_dict(vgg.state_dict())
    x = torch.randn(2, 3, 9, 6)
    torch.testing.assert_close(vgg(x, ("relu2_1",))["relu2_1"], walk(features, x)["relu2_1"])


def test_gradients_pass_as_through_torchvisions_features() -> None:
    vgg, features = VGG("D", until="relu2_1"), torchvision_features("64 64 M 128")
    nn.ModuleDict({"features": features}).load_state_dict(vgg.state_dict())
    x = torch.randn(1, 3, 8, 8, requires_grad=True)
    layers = ("conv1_1", "relu1_2", "conv2_1", "relu2_1")
    pull = {name: torch.randn_like(f) for name, f in vgg(x, layers).items()}
    ours, theirs = (
        torch.autograd.grad([found[name] for name in layers], x, [pull[name] for name in layers])[0]
        for found in (vgg(x, layers), walk(features, x))
    )
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("configuration", "indices"),
    [
        ("D", [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]),
        ("E", [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]),
    ],
)
def test_weights_have_the_published_keys(configuration: Configuration, indices: list[int]) -> None:
    with torch.device("meta"):
        keys = list(whole(configuration).state_dict())
    assert keys == [f"features.{index}.{what}" for index in indices for what in ("weight", "bias")]


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_kernels_and_channels_are_those_of_table_1(configuration: Configuration) -> None:
    with torch.device("meta"):
        shapes = [tuple(value.shape) for value in whole(configuration).state_dict().values() if value.ndim == 4]
    wanted, inputs = [], 3
    for channels, group in zip(CHANNELS, TABLE_1[configuration].split("|"), strict=True):
        for kernel in map(int, group.split()):
            wanted.append((channels, inputs, kernel, kernel))
            inputs = channels
    assert shapes == wanted


@pytest.mark.parametrize(
    ("configuration", "convolutions", "millions"),
    [("A", 8, 133), ("A-LRN", 8, 133), ("B", 10, 133), ("C", 13, 134), ("D", 13, 138), ("E", 16, 144)],
)
def test_depth_and_size_are_those_of_table_2(configuration: Configuration, convolutions: int, millions: int) -> None:
    with torch.device("meta"):
        parameters = list(whole(configuration).parameters())
        classifier = [nn.Linear(512 * 7 * 7, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)]
    assert sum(p.ndim == 4 for p in parameters) == convolutions
    parameters += [p for layer in classifier for p in layer.parameters()]
    assert round(sum(p.numel() for p in parameters) / 1e6) == millions


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_layer_is_named_by_its_place_and_has_that_groups_size(configuration: Configuration) -> None:
    names = layer_names(configuration)
    groups = TABLE_1[configuration].split("|")
    assert [name for name in names if name.startswith("conv")] == [
        f"conv{group}_{position}"
        for group, kernels in enumerate(groups, 1)
        for position in range(1, len(kernels.split()) + 1)
    ]
    with torch.device("meta"):
        found = whole(configuration)(torch.empty(2, 3, 64, 48), names)
    for name, activation in found.items():
        group = int(name[4])
        assert activation.shape == (2, CHANNELS[group - 1], 64 >> (group - 1), 48 >> (group - 1)), name


@pytest.mark.parametrize("configuration", ["A-LRN", "C", "E"])
def test_one_pass_gives_what_each_layer_gives_alone(configuration: Configuration) -> None:
    names = tuple(name for name in layer_names(configuration) if name[4] in "123")
    vgg = VGG(configuration, until=names[-1])
    x = torch.randn(1, 3, 16, 16)
    together = vgg(x, names)
    for name in names:
        torch.testing.assert_close(together[name], vgg(x, (name,))[name], rtol=0, atol=0)


def test_layers_come_in_the_order_asked_for() -> None:
    assert list(VGG("D", until="relu2_1")(torch.randn(1, 3, 8, 8), ("relu2_1", "conv1_1"))) == ["relu2_1", "conv1_1"]


def test_a_convolutions_own_output_survives_its_relu() -> None:
    found = VGG("D", until="relu1_2")(torch.randn(1, 3, 8, 8), ("conv1_2", "relu1_2"))
    assert (found["conv1_2"] < 0).any()
    assert torch.equal(found["conv1_2"].clamp(min=0), found["relu1_2"])


def test_lrn_is_krizhevskys_formula() -> None:
    vgg = VGG("A-LRN", until="relu2_1").double()
    x = 100 * torch.randn(1, 3, 8, 8, dtype=torch.float64)
    found = vgg(x, ("relu1_1", "conv2_1"))
    a = found["relu1_1"]
    normalised = torch.stack(
        [a[:, i] / (2 + 1e-4 * a[:, max(0, i - 2) : i + 3].square().sum(1)) ** 0.75 for i in range(64)], dim=1
    )
    weight, bias = vgg.state_dict()["features.4.weight"], vgg.state_dict()["features.4.bias"]
    pooled = torch.nn.functional.max_pool2d(normalised, 2)
    torch.testing.assert_close(found["conv2_1"], torch.nn.functional.conv2d(pooled, weight, bias, padding=1))
    assert (normalised - a / 2**0.75).abs().max() > 0.1  # the sum of squares does matter here


@pytest.mark.parametrize(("until", "convolutions"), [("conv1_1", 1), ("relu1_1", 1), ("relu2_1", 3), ("conv3_3", 7)])
def test_nothing_deeper_is_built(until: str, convolutions: int) -> None:
    with torch.device("meta"):
        assert len(VGG("D", until=until).state_dict()) == 2 * convolutions


def test_nothing_deeper_is_computed_and_nothing_twice() -> None:
    with torch.device("meta"):
        vgg, x = VGG("D", until="relu3_3"), torch.empty(1, 3, 32, 32)
    with FlopCounterMode(display=False) as counter:
        vgg(x, ("relu1_1", "conv1_2", "relu1_2", "relu2_1"))
    multiplications = 9 * (32 * 32 * 64 * (3 + 64) + 16 * 16 * 64 * 128)
    assert counter.get_total_flops() == 2 * multiplications


@pytest.mark.parametrize(("configuration", "until"), [("A", "relu1_2"), ("D", "relu3_4"), ("D", "pool1")])
def test_a_layer_that_a_configuration_lacks_is_refused_with_those_that_it_has(
    configuration: Configuration, until: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(until) + ".*conv1_1, relu1_1"):
        VGG(configuration, until=until)


def test_a_layer_below_those_built_is_refused() -> None:
    with pytest.raises(UsageError, match="without relu2_1"):
        VGG("D", until="relu1_2")(torch.zeros(1, 3, 8, 8), ("relu1_1", "relu2_1"))


def test_the_table_names_exactly_the_papers_configurations() -> None:
    assert set(VGG_CONFIGURATIONS) == set(CONFIGURATIONS) == set(TABLE_1)

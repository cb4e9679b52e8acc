"""Styles taken out of a network, mixed and put in, against the network that mixes them itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from painterly.models.card import ModelCard
from painterly.models.file import load_network, save_network
from painterly.networks import StyleDescription, StyleNetwork, with_mix
from painterly.networks.mixing import (
    mix_parameters,
    norm_layers,
    shared_digest,
    style_parameters,
    take_over,
    with_parameters,
    with_styles,
)
from painterly.networks.normalization import ConditionalInstanceNorm, InstanceNorm

STYLES = 3
LAST = STYLES - 1
seeds = st.integers(0, 10_000)
mixes = st.lists(st.floats(0, 1), min_size=STYLES, max_size=STYLES).filter(lambda parts: sum(parts) > 0.01)
variants = st.builds(
    StyleDescription,
    width=st.just(4),
    blocks=st.integers(0, 1),
    upsampling=st.sampled_from(StyleDescription.choices["upsampling"]),
    padding=st.sampled_from(StyleDescription.choices["padding"]),
    pixels=st.sampled_from(StyleDescription.choices["pixels"]),
    styles=st.just(STYLES),
    identity=st.booleans(),
    carry=st.sampled_from([0.0, 0.6]),
)
SEVERAL = StyleDescription(4, 1, styles=STYLES)
PHOTOGRAPH = StyleDescription(4, 1, styles=STYLES, identity=True)
CARRYING = StyleDescription(4, 1, styles=STYLES, carry=0.5)
ALL = pytest.mark.parametrize("description", [SEVERAL, PHOTOGRAPH, CARRYING], ids=["several", "identity", "carry"])


def varied(description: StyleDescription) -> StyleNetwork:
    """A network whose styles differ, in training: there nothing is cut off."""
    network = StyleNetwork(description).train()
    for name, norm in norm_layers(network):
        nn.init.normal_(norm.weight, 1, 0.3)
        nn.init.normal_(norm.bias, 0, 0.3)
        assert name
    return network


def shares(parts: list[float]) -> Tensor:
    """Weights that add up to one."""
    mix = torch.tensor(parts)
    return mix / mix.sum()


def one(style: int, styles: int = STYLES) -> Tensor:
    return torch.eye(styles)[style]


def paint(network: StyleNetwork, photograph: Tensor, mix: Tensor | None = None) -> Tensor:
    with torch.no_grad():
        painting: Tensor = network(photograph, mix)
    return painting


def close(found: Tensor, wanted: Tensor, tolerance: float = 1e-4) -> None:
    torch.testing.assert_close(found, wanted, rtol=tolerance, atol=tolerance, check_stride=False)


def values(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(value, wanted[name]) for name, value in found.items())


@settings(max_examples=30)
@given(description=variants, parts=mixes, seed=seeds, height=st.integers(16, 20), width=st.integers(16, 20))
def test_a_network_of_one_mixture_paints_what_the_network_of_all_paints_with_it(
    description: StyleDescription, parts: list[float], seed: int, height: int, width: int
) -> None:
    torch.manual_seed(seed)
    network, photograph = varied(description), torch.rand(2, 3, height, width)
    mix = shares(parts) if description.identity else torch.tensor(parts) - torch.rand(STYLES)  # nothing else is bounded
    single = with_mix(network, mix)
    assert single.description.styles == 1
    assert not single.description.identity
    close(paint(single, photograph), paint(network, photograph, mix), 1e-3)


@ALL
@settings(max_examples=10)
@given(seed=seeds)
def test_mixtures_by_picture_are_the_networks_of_each(description: StyleDescription, seed: int) -> None:
    torch.manual_seed(seed)
    network, photographs = varied(description), torch.rand(3, 3, 16, 17)
    mix = torch.rand(3, STYLES).softmax(1)
    wanted = torch.cat([paint(with_mix(network, mix[i]), photographs[i : i + 1]) for i in range(3)])
    close(paint(network, photographs, mix), wanted, 1e-3)
    for index in range(3):
        close(paint(network, photographs[index : index + 1], mix[index]), wanted[index : index + 1], 1e-3)


@ALL
@pytest.mark.parametrize("style", range(STYLES))
def test_a_style_alone_is_a_network_of_its_parameters(description: StyleDescription, style: int) -> None:
    network, photograph = varied(description), torch.rand(2, 3, 18, 17)
    kept = description.identity and style == LAST
    single = with_parameters(network, style_parameters(network, style), 1.0 if kept else None)
    close(paint(single, photograph), paint(network, photograph, one(style)))
    close(paint(single, photograph), paint(with_mix(network, one(style)), photograph), 1e-6)


@ALL
def test_convolutions_are_shared_and_styles_are_not(description: StyleDescription) -> None:
    network = varied(description)
    before, own = values(network), dict(network.named_parameters())
    single = with_mix(network, shares([1, 2, 3]))
    styles = set(style_parameters(network))
    assert list(single.state_dict()) == list(network.state_dict())
    for name, parameter in single.named_parameters():
        assert (parameter is own[name]) == (name not in styles), name
    with torch.no_grad():
        for name, parameter in single.named_parameters():
            if name in styles:
                parameter.zero_()
    assert same(values(network), before)
    assert network.description == description
    assert all(isinstance(norm, ConditionalInstanceNorm) for _, norm in norm_layers(network))
    assert all(isinstance(norm, InstanceNorm) for _, norm in norm_layers(single))


def test_a_network_of_one_style_can_be_given_another_and_stays_as_it_was() -> None:
    network, other = varied(StyleDescription(4, 1)), varied(StyleDescription(4, 1))
    before, photograph = values(network), torch.rand(1, 3, 16, 16)
    painting = paint(network, photograph)
    found = with_parameters(network, style_parameters(other))
    assert same(style_parameters(found), style_parameters(other))
    assert same(values(network), before)
    assert (paint(found, photograph) - painting).abs().max() > 1e-3
    close(paint(with_parameters(found, style_parameters(network)), photograph), painting)


@pytest.mark.parametrize("training", [False, True])
def test_the_mode_stays(training: bool) -> None:
    network = varied(SEVERAL).train(training)
    single = with_mix(network, one(0))
    assert all(module.training == training for module in single.modules())
    assert all(module.training == training for module in with_styles(network, [1, 0]).modules())


def test_gradients_reach_the_new_style_and_the_shared_convolutions() -> None:
    network = varied(SEVERAL)
    single = with_mix(network, one(1))
    single(torch.rand(1, 3, 16, 16)).square().sum().backward()
    for name, parameter in single.named_parameters():
        assert parameter.requires_grad, name
        assert parameter.grad is not None, name


def test_a_network_of_one_style_needs_no_mixing() -> None:
    network = varied(StyleDescription(4, 0))
    assert with_mix(network, torch.ones(1)) is network


@ALL
@settings(max_examples=10)
@given(parts=mixes, seed=seeds, corner=st.booleans())
def test_a_small_change_of_the_mixture_is_a_small_change_of_the_painting(
    description: StyleDescription, parts: list[float], seed: int, corner: bool
) -> None:
    torch.manual_seed(seed)
    network, photograph = varied(description), torch.rand(1, 3, 16, 16)
    here, there = one(seed % STYLES) if corner else shares(parts), torch.rand(STYLES).softmax(0)
    painting = paint(with_mix(network, here), photograph)
    changes = [
        float((paint(with_mix(network, torch.lerp(here, there, step)), photograph) - painting).abs().mean())
        for step in (1e-1, 1e-2, 1e-3)
    ]
    assert changes[2] < 5e-3
    assert changes[2] <= 0.5 * changes[1] + 1e-5 <= 0.5 * (0.5 * changes[0] + 1e-5) + 1e-5


@ALL
def test_styles_are_counted_from_either_end_and_copied(description: StyleDescription) -> None:
    network = varied(description)
    before = values(network)
    for style in range(STYLES):
        found = style_parameters(network, style)
        assert same(found, style_parameters(network, style - STYLES))
        assert all(torch.equal(value, before[name][style]) for name, value in found.items())
        for value in found.values():
            assert not value.requires_grad
            value.zero_()
    assert same(values(network), before)


def test_norms_come_in_the_order_in_which_they_run() -> None:
    blocks = [f"layers.block{index}.layers.norm{part}" for index in (1, 2) for part in (1, 2)]
    wanted = ["layers.first.norm", "layers.down1.norm", "layers.down2.norm", *blocks]
    wanted += ["layers.up1.norm", "layers.up2.norm"]
    for styles in (1, 2):
        network = StyleNetwork(StyleDescription(2, 2, styles=styles))
        assert [name for name, _ in norm_layers(network)] == wanted
        assert list(style_parameters(network)) == [f"{name}.{kind}" for name in wanted for kind in ("weight", "bias")]


@given(seed=seeds, parts=mixes)
def test_mixing_is_linear_and_does_not_see_the_order(seed: int, parts: list[float]) -> None:
    torch.manual_seed(seed)
    styles = [{"a": torch.randn(4), "b": torch.randn(2)} for _ in parts]
    weighed = list(zip(parts, styles, strict=True))
    found = mix_parameters(weighed)
    nested = mix_parameters([(1.0, mix_parameters(weighed[:2])), weighed[2]])
    for name in ("a", "b"):
        wanted = torch.tensor(parts) @ torch.stack([style[name] for style in styles])
        close(found[name], wanted, 1e-5)
        close(nested[name], wanted, 1e-5)
        close(mix_parameters(weighed[::-1])[name], wanted, 1e-5)
    assert same(mix_parameters([(1.0, styles[0])]), styles[0])


@pytest.mark.parametrize("change", ["missing", "narrow", "rows", "other"])
def test_parameters_of_another_network_are_refused(change: str) -> None:
    network = varied(SEVERAL)
    parameters = style_parameters(network)
    name = next(iter(parameters))
    if change == "missing":
        del parameters[name]
    elif change == "other":
        parameters = style_parameters(StyleNetwork(StyleDescription(8, 1)))
    else:
        value = parameters[name]
        parameters[name] = value[:-1] if change == "narrow" else value.expand(STYLES, -1)
    with pytest.raises(ValueError, match=name):
        with_parameters(network, parameters)


@pytest.mark.parametrize("shape", [(), (2,), (4,), (1,), (1, 3), (3, 3), (2, 4), (3, 1), (2, 3, 1), (1, 2, 3)])
def test_a_mixture_of_another_number_of_styles_or_pictures_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="3 styles"):
        varied(SEVERAL)(torch.rand(2, 3, 16, 16), torch.ones(shape))


def test_several_styles_need_a_mixture_and_one_takes_none() -> None:
    photograph = torch.rand(1, 3, 16, 16)
    with pytest.raises(ValueError, match="none"):
        varied(SEVERAL)(photograph)
    for mix in (torch.ones(1), torch.ones(1, 1), one(0)):
        with pytest.raises(ValueError, match="no mixture"):
            varied(StyleDescription(4, 1))(photograph, mix)


@pytest.mark.parametrize("mix", [[0.5, 0.5], [0.5, 0.5, 0.0, 0.0], [0.2, 0.2, 0.2, 0.4], [[0.2, 0.3, 0.5]], 1.0])
def test_a_network_of_one_mixture_is_refused_for_what_is_no_mixture(mix: Any) -> None:
    with pytest.raises(ValueError, match="3 styles"):
        with_mix(varied(SEVERAL), torch.tensor(mix))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_network_of_one_mixture_has_the_type_of_the_whole(dtype: torch.dtype) -> None:
    network, photograph, mix = varied(SEVERAL).to(dtype), torch.rand(1, 3, 16, 16).to(dtype), shares([1, 2, 3])
    close(paint(with_mix(network, mix), photograph), paint(network, photograph, mix.to(dtype)))


def choices() -> list[Any]:
    """Descriptions, and styles that may be taken out of them: the photograph can only be the last of several."""
    found = []
    for description in (SEVERAL, PHOTOGRAPH, CARRYING):
        for styles in ([0], [1], [1, 0], [2, 0], [0, 1, 2], [2, 1, 0], [0, 0, 1, 2], [-1], [0, -1]):
            kept = [description.identity and style % STYLES == LAST for style in styles]
            if not any(kept[:-1]) and kept != [True]:
                found.append(pytest.param(description, styles, any(kept)))
    return found


@pytest.mark.parametrize(("description", "styles", "identity"), choices())
def test_some_of_the_styles_paint_what_they_painted(
    description: StyleDescription, styles: list[int], identity: bool
) -> None:
    network, photograph = varied(description), torch.rand(2, 3, 17, 19)
    before = values(network)
    fewer = with_styles(network, styles)
    assert (fewer.description.styles, fewer.description.identity) == (len(styles), identity)
    for place, style in enumerate(styles):
        mix = None if len(styles) == 1 else one(place, len(styles))
        close(paint(fewer, photograph, mix), paint(network, photograph, one(style)))
    assert same(values(network), before)
    assert network.description == description
    own = dict(network.named_parameters())
    assert all(p is own[name] for name, p in fewer.named_parameters() if "norm" not in name)


def test_some_of_the_styles_survive_building_and_loading() -> None:
    fewer = with_styles(varied(PHOTOGRAPH), [1, 2])
    again = StyleNetwork(fewer.description)
    again.load_state_dict(fewer.state_dict())
    photograph = torch.rand(1, 3, 16, 16)
    close(paint(again, photograph, one(1, 2)), paint(fewer, photograph, one(1, 2)), 1e-6)


@pytest.mark.parametrize("description", [SEVERAL, StyleDescription(4, 1)], ids=["several", "one"])
def test_weights_of_one_style_become_every_style(description: StyleDescription) -> None:
    parent, network = varied(StyleDescription(4, 1)), varied(description)
    before, photograph = values(parent), torch.rand(1, 3, 18, 17)
    take_over(network, parent)
    painting = paint(parent, photograph)
    if description.styles == 1:
        assert torch.equal(paint(network, photograph), painting)
    else:
        for mix in [one(style) for style in range(STYLES)] + [shares([1, 2, 3])]:
            close(paint(network, photograph, mix), painting)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)
    assert same(values(parent), before)
    assert network.description == description


@ALL
def test_weights_of_as_many_styles_are_taken_as_they_are(description: StyleDescription) -> None:
    parent, network = varied(description), varied(description)
    take_over(network, parent)
    assert same(values(network), values(parent))
    assert all(p is not q for p, q in zip(network.parameters(), parent.parameters(), strict=True))


def test_rows_of_styles_are_not_confused_with_channels() -> None:
    """As many styles as channels."""
    parent, network = varied(StyleDescription(4, 0)), varied(StyleDescription(4, 0, styles=4))
    take_over(network, parent)
    for style in range(4):
        assert same(style_parameters(network, style), style_parameters(parent))


@pytest.mark.parametrize(
    "parent",
    [
        StyleDescription(8, 1),
        StyleDescription(4, 2),
        StyleDescription(4, 1, "batch"),
        StyleDescription(4, 1, upsampling="transposed"),
        StyleDescription(4, 1, padding="reflect-start"),
        StyleDescription(4, 1, pixels="vgg"),
        StyleDescription(4, 1, styles=2),
        StyleDescription(4, 1, styles=4),
    ],
    ids=lambda d: "-".join(str(value) for value in d.to_dict().values()),
)
@pytest.mark.parametrize("description", [SEVERAL, StyleDescription(4, 1)], ids=["several", "one"])
def test_other_weights_are_refused_and_change_nothing(parent: StyleDescription, description: StyleDescription) -> None:
    network = varied(description)
    before = values(network)
    with pytest.raises(ValueError, match="different"):
        take_over(network, StyleNetwork(parent))
    assert same(values(network), before)


@ALL
def test_the_digest_sees_every_convolution_and_no_style(description: StyleDescription) -> None:
    network = varied(description)
    digest = shared_digest(network)
    assert len(digest) == 32
    styles = set(style_parameters(network))
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            before = parameter.flatten()[-1].clone()
            parameter.view(-1)[-1] += 1e-3
            assert (shared_digest(network) == digest) == (name in styles), name
            parameter.view(-1)[-1] = before
    assert shared_digest(network) == digest


def test_the_digest_tells_networks_apart_and_knows_what_comes_of_one() -> None:
    network = varied(PHOTOGRAPH)
    digest = shared_digest(network)
    assert shared_digest(varied(PHOTOGRAPH)) != digest
    descended: list[Callable[[], StyleNetwork]] = [
        lambda: with_mix(network, shares([1, 2, 3])),
        lambda: with_styles(network, [1, 2]),
        lambda: with_parameters(network, style_parameters(varied(SEVERAL))),
        lambda: network.eval(),
        lambda: network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
    ]
    for build in descended:
        assert shared_digest(build()) == digest


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_the_digest_survives_saving(tmp_path: Path, dtype: torch.dtype) -> None:
    network, path = varied(PHOTOGRAPH), tmp_path / "model.safetensors"
    digests = [shared_digest(network)]
    for _ in range(2):
        save_network(path, network, ModelCard("style", PHOTOGRAPH.to_dict()), dtype=dtype)
        loaded, _ = load_network(path)
        assert isinstance(loaded, StyleNetwork)
        assert loaded.description == PHOTOGRAPH
        network = loaded
        digests.append(shared_digest(network))
    assert digests[2] == digests[1]
    assert (digests[1] == digests[0]) == (dtype == torch.float32)  # what is rounded is another network, once

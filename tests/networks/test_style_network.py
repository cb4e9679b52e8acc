"""The image transformation network against the paper's table, spelled out in plain torch."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Tensor, nn

import painterly
from painterly.networks import STYLE_PRESETS, StyleDescription, StyleNetwork
from painterly.networks.description import Padding
from painterly.networks.mixing import norm_layers, take_over

CHOICES = StyleDescription.choices
PADDINGS: tuple[Padding, ...] = ("reflect-start", "reflect")
VARIANTS = [
    StyleDescription(1, 1, normalization, upsampling, padding)
    for normalization, upsampling, padding in itertools.product(
        StyleDescription.choices["normalization"], StyleDescription.choices["upsampling"], PADDINGS
    )
]


def spell(description: StyleDescription) -> str:
    return f"{description.normalization}-{description.upsampling}-{description.padding}"


class Table1Block(nn.Module):
    """The residual block of the supplement: two unpadded convolutions, identity cropped by two pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(128, 128, 3), nn.BatchNorm2d(128)
        self.conv2, self.norm2 = nn.Conv2d(128, 128, 3), nn.BatchNorm2d(128)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x)))))
        return x[:, :, 2:-2, 2:-2] + y  # type: ignore[no-any-return]


def table_1() -> nn.Sequential:
    """Table 1 of the paper's supplement, row by row."""
    return nn.Sequential(
        nn.ReflectionPad2d(40),
        *(nn.Conv2d(3, 32, 9, 1, 4), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.Conv2d(32, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.ReLU()),
        *(nn.Conv2d(64, 128, 3, 2, 1), nn.BatchNorm2d(128), nn.ReLU()),
        *(Table1Block() for _ in range(5)),
        *(nn.ConvTranspose2d(128, 64, 3, 2, 1, output_padding=1), nn.BatchNorm2d(64), nn.ReLU()),
        *(nn.ConvTranspose2d(64, 32, 3, 2, 1, output_padding=1), nn.BatchNorm2d(32), nn.ReLU()),
        nn.Conv2d(32, 3, 9, 1, 4),
        nn.Tanh(),
    )


def lively(description: StyleDescription) -> StyleNetwork:
    """A small network in evaluation mode that paints something: its ReLUs are not all dead."""
    network = StyleNetwork(dataclasses.replace(description, width=8))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network(torch.rand(2, 3, 24, 24))  # the statistics that batch normalisation has in evaluation
        assert network.eval()(torch.rand(1, 3, 24, 24)).std((2, 3)).min() > 0.01
    return network


def randomise(network: nn.Module) -> None:
    """Scales, shifts and statistics of normalisation that are not all ones and zeros."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            for values in (module.weight, module.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (module.bias, module.running_mean):
                nn.init.normal_(values, 0, 0.2)


def test_the_papers_network_is_table_1() -> None:
    network = StyleNetwork("paper").double().eval()
    randomise(network)
    reference = table_1().double().eval()
    values = network.state_dict().values()
    reference.load_state_dict(dict(zip(reference.state_dict(), values, strict=True)))
    picture = torch.rand(1, 3, 44, 48, dtype=torch.float64)
    with torch.no_grad():
        bgr = picture[:, [2, 1, 0]] * 255
        mean = torch.tensor([103.939, 116.779, 123.68]).double().view(3, 1, 1)
        painted = (150 * reference(bgr - mean) + mean) / 255
        torch.testing.assert_close(network(picture), painted[:, [2, 1, 0]], atol=1e-5, rtol=1e-5)
    assert painted.std() > 0.01


@pytest.mark.parametrize(("preset", "parameters"), [("paper", 1_679_235), ("modern", 1_679_235), ("authors", 424_899)])
def test_presets_have_the_published_number_of_parameters(preset: str, parameters: int) -> None:
    assert sum(p.numel() for p in StyleNetwork(preset).parameters()) == parameters


@pytest.mark.parametrize("description", VARIANTS, ids=spell)
def test_paintings_have_the_photographs_size_whatever_it_is(description: StyleDescription) -> None:
    network = StyleNetwork(description).eval()
    with torch.no_grad():
        for size in range(16, 71):
            photograph = torch.zeros(1, 3, size, 86 - size)  # 16x70 to 70x16: every remainder on either side
            assert network(photograph).shape == photograph.shape


def test_a_size_that_is_no_multiple_of_the_stride_is_reflected_to_one_and_cropped_again() -> None:
    network = lively(StyleDescription(8, 1, "batch", "resize", "reflect"))
    photograph = torch.rand(1, 3, 18, 21)
    padded = nn.functional.pad(photograph, (0, 3, 0, 2), mode="reflect")
    torch.testing.assert_close(network(photograph), network(padded)[..., :18, :21])


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 1, 32, 32), (1, 4, 32, 32), (1, 3, 15, 32), (1, 3, 32, 15), (32,)])
def test_what_is_not_a_batch_of_pictures_of_16_pixels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"3, H, W|values to unpack"):
        StyleNetwork(VARIANTS[0])(torch.zeros(shape))


@pytest.mark.parametrize("contrast", [1, 1000])
def test_pixels_of_the_modern_network_stay_between_0_and_1(contrast: float) -> None:
    network = lively(StyleDescription(blocks=1))
    nn.init.normal_(network.get_submodule("layers.last.conv").weight, std=contrast)  # type: ignore[arg-type]
    painting = network(torch.rand(2, 3, 24, 24))
    assert 0 <= painting.min() < painting.max() <= 1


@pytest.mark.parametrize("preset", list(STYLE_PRESETS))
def test_pictures_of_a_batch_do_not_touch_each_other(preset: str) -> None:
    network = lively(dataclasses.replace(STYLE_PRESETS[preset], blocks=1))
    batch = torch.rand(3, 3, 20, 24)
    one_by_one = torch.cat([network(picture) for picture in batch.split(1)])
    torch.testing.assert_close(network(batch), one_by_one, check_stride=False)


def test_a_shifted_photograph_gives_a_shifted_painting() -> None:
    network = lively(StyleDescription(8, 1, "batch", "resize", "reflect"))
    wide = torch.rand(1, 3, 32, 128)
    inner = slice(48, 72)  # far from every border: the reach of this small network is 41 pixels
    there, here = network(wide)[..., inner], network(wide[..., 4:])[..., 44:68]
    torch.testing.assert_close(here, there)


def test_a_plain_photograph_stays_plain_to_its_border_only_with_reflection() -> None:
    spread = {}
    for padding, blocks in zip(PADDINGS, (0, 1), strict=True):
        network = lively(StyleDescription(8, blocks, "batch", "resize", padding))
        painting = network(torch.full((1, 3, 32, 32), 0.7))
        spread[padding] = (painting - painting[..., 16:17, 16:17]).abs().max().item()
    assert spread["reflect"] < 1e-6
    assert spread["reflect-start"] > 1e-3  # no blocks, no reflection at the start: zeros shine through


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("description", VARIANTS, ids=spell)
def test_the_memory_layout_changes_neither_painting_nor_gradient(description: StyleDescription, batch: int) -> None:
    network = lively(description).train().double()
    photograph, pull = torch.rand(2, batch, 3, 20, 24, dtype=torch.float64)

    def paint(inner: torch.memory_format, outer: torch.memory_format) -> list[Tensor]:
        network.to(memory_format=inner)  # type: ignore[call-overload]
        painting = network(photograph.contiguous(memory_format=inner))
        return [painting, *torch.autograd.grad(painting, [*network.parameters()], pull.contiguous(memory_format=outer))]

    plain = paint(torch.contiguous_format, torch.contiguous_format)
    for inner in (torch.contiguous_format, torch.channels_last):
        for found, wanted in zip(paint(inner, torch.channels_last), plain, strict=True):
            torch.testing.assert_close(found, wanted, check_stride=False)


@pytest.mark.parametrize("description", VARIANTS, ids=spell)
def test_every_parameter_learns(description: StyleDescription) -> None:
    network = lively(description).train()
    network(torch.rand(2, 3, 20, 20)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    weights = [p for name, p in network.named_parameters() if name.endswith("weight")]
    assert all(p.grad is not None and p.grad.any() for p in weights)


@pytest.mark.parametrize("identity", [False, True])
def test_every_style_of_several_learns(identity: bool) -> None:
    network = lively(StyleDescription(8, 1)).train()
    several = StyleNetwork(dataclasses.replace(network.description, styles=3, identity=identity))
    take_over(several, network)
    several(torch.rand(3, 3, 20, 20), torch.eye(3)).square().sum().backward()
    for name, parameter in several.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        if name.endswith("norm.weight"):
            assert parameter.grad.any(1).all(), name


@pytest.mark.parametrize("description", [d for d in VARIANTS if d.normalization == "instance"], ids=spell)
def test_networks_of_several_styles_keep_the_size_and_their_pictures_apart(description: StyleDescription) -> None:
    network = StyleNetwork(dataclasses.replace(description, width=4, styles=3, identity=True)).eval()
    mix = torch.rand(3, 3).softmax(1)
    for _, norm in norm_layers(network):
        nn.init.normal_(norm.bias)
    for height, width in itertools.product(range(16, 21), (16, 23)):
        batch = torch.rand(3, 3, height, width)
        with torch.no_grad():
            paintings = network(batch, mix)
            one_by_one = torch.cat([network(batch[i : i + 1], mix[i]) for i in range(3)])
        assert paintings.shape == batch.shape
        torch.testing.assert_close(paintings, one_by_one, check_stride=False, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_whole_numbers_and_narrow_ones_may_be_mixtures(dtype: torch.dtype) -> None:
    network, photograph = StyleNetwork(StyleDescription(4, 1, styles=3)).eval(), torch.rand(1, 3, 16, 16)
    wanted = network(photograph, torch.tensor([0.0, 1.0, 0.0]))
    for mix in (torch.tensor([0, 1, 0]), torch.tensor([0, 1, 0], dtype=dtype)):
        torch.testing.assert_close(network(photograph, mix), wanted)


@pytest.mark.parametrize("name", ["starry-night", "starry-night-small", "gallery", "gallery-small"])
def test_shipped_networks_load_into_what_their_cards_describe(name: str) -> None:
    path = Path(painterly.__file__).parent / "models" / "shipped" / f"{name}.safetensors"
    with safe_open(path, "pt") as file:
        card = json.loads(file.metadata()["painterly"])
        stored = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    network = StyleNetwork(StyleDescription.from_dict(card["network"]))
    assert {name: tuple(value.shape) for name, value in network.state_dict().items()} == stored


def test_a_network_of_one_style_has_the_names_that_it_has_always_had() -> None:
    blocks = [f"block{i}.layers.{kind}{j}" for i in (1, 2) for j in (1, 2) for kind in ("conv", "norm")]
    ends = [f"{layer}.{kind}" for layer in ("first", "down1", "down2", "up1", "up2") for kind in ("conv", "norm")]
    wanted = {f"layers.{name}.{kind}" for name in (*blocks, *ends, "last.conv") for kind in ("weight", "bias")}
    shapes: list[dict[str, tuple[int, ...]]] = []
    for styles in (1, 3):
        state = StyleNetwork(StyleDescription(4, 2, styles=styles)).state_dict()
        assert set(state) == wanted
        shapes.append({name: tuple(value.shape) for name, value in state.items()})
    for name, shape in shapes[0].items():
        assert shapes[1][name] == ((3, *shape) if "norm" in name else shape)

"""The objective tile by tile against that of the whole picture, on narrow loss networks of random weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from painterly.encoders import VGG, DistilledVGG, Encoder, LossNetwork, layer_names
from painterly.encoders.names import deepest
from painterly.encoders.vgg import Configuration
from painterly.losses import WEIGHTINGS, StyleObjective, TiledObjective, Weighting
from painterly.losses.tiled_objective import tile_regions

Extractor = Configuration | Literal["distilled"]

GATYS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
JOHNSON = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


def narrow_vgg(configuration: Configuration, until: str, **options: Any) -> VGG:
    """A VGG with two to six channels a group."""
    with torch.device("meta"):
        vgg = VGG(configuration, until=until, **options)
    inputs = 3
    for name, conv in list(vgg.features.items()):
        assert isinstance(conv, nn.Conv2d)
        outputs = {64: 2, 128: 3, 256: 4, 512: 6}[conv.out_channels]
        vgg.features[name] = nn.Conv2d(inputs, outputs, conv.kernel_size[0])
        inputs = outputs
    return vgg


def encoder(extractor: Extractor, layers: Sequence[str], **options: Any) -> Encoder:
    """An encoder whose activations neither fade nor die, and whose biases make every border felt."""
    until = str(deepest(tuple(layers)))
    network = (
        DistilledVGG(until=until, width=2, **options)
        if extractor == "distilled"
        else narrow_vgg(extractor, until, **options)
    )
    for parameter in network.parameters():
        if parameter.ndim == 4:
            nn.init.kaiming_normal_(parameter)
        else:
            nn.init.uniform_(parameter, 0, 0.2)
    return Encoder(network, layers)


def loss_network(*encoders: Encoder) -> LossNetwork:
    return LossNetwork(encoders, {"name": "the test's own"}).double()


def random(*shape: int) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64)


def whole(objective: StyleObjective, photograph: Tensor, picture: Tensor) -> tuple[dict[str, float], Tensor]:
    """What the tiles should add up to."""
    leaf = picture.clone().requires_grad_()
    terms = objective(leaf, photograph)
    (gradient,) = torch.autograd.grad(torch.stack([term.double() for term in terms.values()]).sum(), leaf)
    return {name: float(term.detach()) for name, term in terms.items()}, gradient


def agree(objective: StyleObjective, pictures: Tensor, tile: int) -> TiledObjective:
    """Check that tiles give the terms and the gradient of the whole picture, up to rounding."""
    photograph, picture = pictures
    tiled = TiledObjective(objective, photograph, tile)
    terms, gradient = tiled.differentiate(picture)
    wanted_terms, wanted = whole(objective, photograph, picture)
    assert terms == pytest.approx(wanted_terms, rel=1e-9, abs=1e-12)
    torch.testing.assert_close(gradient, wanted, rtol=0, atol=1e-9 * float(wanted.abs().max()))
    return tiled


@dataclasses.dataclass(frozen=True)
class Case:
    """Everything that may differ between two objectives and two pictures."""

    extractor: Extractor
    pooling: str
    padding: str
    content: tuple[str, ...]
    style: tuple[str, ...]
    weighting: Weighting
    tile: int
    height: int
    width: int
    upright: bool
    shares: tuple[float, ...]
    mask: tuple[int, int] | None

    def network(self) -> LossNetwork:
        layers = tuple(dict.fromkeys((*self.content, *self.style)))
        return loss_network(encoder(self.extractor, layers, pooling=self.pooling, padding=self.padding))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    extractor: Extractor = draw(st.sampled_from(["A", "A-LRN", "B", "C", "D", "E", "distilled"]))
    names = GATYS if extractor == "distilled" else layer_names(extractor)
    picked = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple)
    content, style = draw(picked), draw(picked)
    least = 1 << deepest(content + style).group - 1
    weighting = draw(st.sampled_from(list(WEIGHTINGS.values())))
    form: Literal["root", "squared"] | None = draw(st.sampled_from([None, "root", "squared"]))
    if form is not None:
        weighting = dataclasses.replace(weighting, variation=1e-4, variation_form=form)
    return Case(
        extractor=extractor,
        pooling=draw(st.sampled_from(["max", "average"])),
        padding=draw(st.sampled_from(["zero", "reflect"])),
        content=content,
        style=style,
        weighting=weighting,
        tile=draw(st.sampled_from([16, 32, 48, 64, 112, 512])),
        height=draw(st.integers(least, 40)),
        width=draw(st.integers(least, 130)),
        upright=draw(st.booleans()),
        shares=draw(st.sampled_from([(1.0,), (1.0, 3.0), (0.0, 1.0, 2.0)])),
        mask=draw(st.none() | st.tuples(st.integers(1, 20), st.integers(1, 20))),
    )


# Wide enough that tiles in the middle see neither border, where the deepest layers reach furthest.
DEEP = Case(
    extractor="E",
    pooling="average",
    padding="zero",
    content=("conv5_4",),
    style=("conv5_4",),
    weighting=WEIGHTINGS["modern"],
    tile=16,
    height=17,
    width=333,
    upright=False,
    shares=(1.0,),
    mask=None,
)
# One tile and a bit of the largest size.
LARGE = dataclasses.replace(
    DEEP, content=("relu2_2",), style=("conv1_2", "relu3_1"), tile=512, width=530, shares=(1.0, 2.0), mask=(3, 9)
)


@given(cases())
@example(DEEP)
@example(dataclasses.replace(DEEP, extractor="D", content=("relu4_2",), style=("relu4_3",), padding="reflect"))
@example(dataclasses.replace(DEEP, extractor="distilled", content=("relu5_1",), style=("relu5_1",), pooling="max"))
@example(LARGE)
@settings(max_examples=30)
def test_tiles_add_up_to_the_whole_picture(case: Case) -> None:
    torch.manual_seed(0)
    shape = (case.width, case.height) if case.upright else (case.height, case.width)
    count = len(case.shares)
    masks = None if case.mask is None else (1.5 * torch.rand(count, 1, *case.mask) - 0.5).clamp_min(0)
    objective = StyleObjective(
        case.network(),
        [random(1, 3, 19 + 2 * k, 37 - 5 * k) for k in range(count)],
        case.weighting,
        content_layers=case.content,
        style_layers=case.style,
        shares=case.shares,
        masks=masks,
    ).double()
    # The terms differ by orders of magnitude; each must be right, not only the one that drowns the others.
    pictures = random(2, 1, 3, *shape)
    for other in ("style", "content"):
        alone: dict[str, float] = {other: 0.0, "variation": 0.0}
        objective.weighting = dataclasses.replace(case.weighting, **alone)  # type: ignore[arg-type]
        agree(objective, pictures, case.tile)
    objective.weighting = case.weighting
    agree(objective, pictures, case.tile)


@pytest.mark.parametrize("name", list(WEIGHTINGS))
@pytest.mark.parametrize("masked", [False, True])
def test_every_weighting_adds_up(name: str, masked: bool) -> None:
    network = loss_network(encoder("D", JOHNSON))
    objective = StyleObjective(
        network,
        [random(1, 3, 40, 24), random(1, 3, 24, 40).round()],
        WEIGHTINGS[name],
        content_layers=["relu3_3"],
        style_layers=JOHNSON,
        shares=[2.0, 1.0],
        masks=torch.rand(2, 1, 7, 12) if masked else None,
    ).double()
    assert len(agree(objective, random(2, 1, 3, 45, 75), tile=16).tiles) == 15


@pytest.mark.parametrize("tile", [16, 32])
def test_two_encoders_add_up_each_with_its_own_reach(tile: int) -> None:
    shallow = encoder("E", ("conv1_1", "relu2_2"), padding="reflect")
    deep = encoder("distilled", ("relu2_1", "relu4_1"), pooling="average")
    shallow.mean += 0.1
    network = loss_network(shallow, deep)
    for content, style in ((["relu4_1"], ["conv1_1", "relu2_2", "relu2_1"]), (["relu2_2"], ["relu4_1", "conv1_1"])):
        objective = StyleObjective(
            network, random(1, 3, 33, 24), WEIGHTINGS["modern"], content_layers=content, style_layers=style
        ).double()
        agree(objective, random(2, 1, 3, 37, 131), tile=tile)


@pytest.fixture
def objective() -> StyleObjective:
    network = loss_network(encoder("D", ("relu1_2", "relu2_2", "relu3_1"), pooling="average"))
    return StyleObjective(
        network,
        random(1, 3, 24, 24),
        dataclasses.replace(WEIGHTINGS["modern"], variation=1e-4),
        content_layers=["relu2_2"],
        style_layers=["relu1_2", "relu3_1"],
    ).double()


@given(st.integers(1, 2000), st.integers(1, 40).map(lambda n: 16 * n), st.integers(1, 200))
def test_regions_cover_every_pixel_once_and_see_far_enough(length: int, tile: int, reach: int) -> None:
    regions = tile_regions(length, tile, reach)
    assert [i for region in regions for i in range(region.begin, region.end)] == list(range(length))
    assert all(region.end - region.begin == tile for region in regions[:-1])
    assert all(before.end == after.begin for before, after in pairwise(regions))
    for region in regions:
        assert region.begin % 16 == region.seen_begin % 16 == 0
        assert region.seen_begin == 0 or region.begin - region.seen_begin in range(reach, reach + 16)
        assert region.seen_end == length or region.seen_end - region.end in range(reach, reach + 16)
        assert 0 <= region.seen_begin <= region.begin < region.end <= region.seen_end <= length
        assert region.seen == slice(region.seen_begin, region.seen_end)


@pytest.mark.parametrize("tile", [0, -16, 1, 8, 24, 100, 511])
def test_tiles_that_begin_between_pooling_windows_are_refused(objective: StyleObjective, tile: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 16, not {tile}"):
        TiledObjective(objective, random(1, 3, 32, 32), tile)


def test_a_picture_within_one_tile_is_looked_at_as_a_whole(objective: StyleObjective) -> None:
    for shape in ((16, 16), (9, 15), (16, 5)):
        assert len(agree(objective, random(2, 1, 3, *shape), tile=16).tiles) == 1


def test_no_more_is_looked_at_than_a_tile_and_what_it_reaches(objective: StyleObjective) -> None:
    shapes: list[tuple[int, ...]] = []
    tiled = TiledObjective(objective, random(1, 3, 130, 200), 32)
    hook = objective.loss_network.register_forward_pre_hook(lambda _, args: shapes.append(tuple(args[0].shape)))
    tiled.differentiate(random(1, 3, 130, 200))
    hook.remove()
    assert len(shapes) == 2 * 5 * 7  # twice every tile
    halo = 16  # relu3_1 sees 2 + 1 + 4 + 2 + 4 pixels
    assert max(max(shape) for shape in shapes) == 32 + 2 * halo


def test_asking_changes_nothing(objective: StyleObjective) -> None:
    photograph, picture, other = random(3, 1, 3, 40, 50)
    given_picture, given_photograph = picture.clone(), photograph.clone()
    tiled = TiledObjective(objective, photograph, 16)
    first, gradient = tiled.differentiate(picture)
    assert torch.equal(picture, given_picture)
    assert torch.equal(photograph, given_photograph)
    assert not picture.requires_grad
    assert not gradient.requires_grad
    tiled.differentiate(other)
    photograph.zero_()
    again, slope = tiled.differentiate(picture)
    assert again == first
    assert torch.equal(slope, gradient)


def test_autograd_outside_makes_no_difference(objective: StyleObjective) -> None:
    photograph, picture = random(2, 1, 3, 40, 50)
    tiled = TiledObjective(objective, photograph, 32)
    terms, gradient = tiled.differentiate(picture)
    with torch.no_grad():
        without, slope = tiled.differentiate(picture)
    leaf = picture.clone().requires_grad_()
    asked, steep = tiled.differentiate(leaf)
    channels_last, also = tiled.differentiate(picture.contiguous(memory_format=torch.channels_last))
    assert leaf.grad is None
    for found_terms, found in ((without, slope), (asked, steep), (channels_last, also)):
        assert found_terms == pytest.approx(terms, rel=1e-6)  # variation is float32
        torch.testing.assert_close(found, gradient, rtol=1e-6, atol=1e-9)


def test_the_photograph_itself_has_no_content_loss(objective: StyleObjective) -> None:
    photograph = random(1, 3, 40, 50)
    terms, _ = TiledObjective(objective, photograph, 16).differentiate(photograph)
    assert terms["content"] == 0
    assert list(terms) == ["content", "style", "variation"]


@pytest.mark.parametrize("masked", [False, True])
def test_in_bfloat16_it_is_close_to_the_whole_in_bfloat16(masked: bool) -> None:
    network = LossNetwork([encoder("D", JOHNSON[:3])], {})
    objective = StyleObjective(
        network,
        torch.rand(2, 1, 3, 32, 24).unbind(0),
        WEIGHTINGS["modern"],
        content_layers=["relu3_3"],
        style_layers=JOHNSON[:3],
        masks=torch.rand(2, 1, 5, 5) if masked else None,
    )
    photograph, picture = torch.rand(2, 1, 3, 45, 70)
    terms, gradient = TiledObjective(objective, photograph, 16, mixes=True).differentiate(picture)
    with torch.autocast("cpu", torch.bfloat16):
        wanted_terms, wanted = whole(objective, photograph, picture)
    assert gradient.dtype == torch.float32
    assert terms == pytest.approx(wanted_terms, rel=1e-3)
    assert float((gradient - wanted).norm() / wanted.norm()) < 0.02
    exact_terms, exact = TiledObjective(objective, photograph, 16).differentiate(picture)
    assert terms != pytest.approx(exact_terms, rel=1e-6)  # it did run in bfloat16
    assert float((gradient - exact).norm() / exact.norm()) < 0.1

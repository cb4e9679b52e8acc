"""The objective of many styles against that of each, picture by picture."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from painterly.encoders import VGG, Encoder, LossNetwork
from painterly.losses import (
    WEIGHTINGS,
    GalleryObjective,
    StyleObjective,
    Weighting,
    gram_matrix,
    style_distances,
    style_reconstruction,
)
from painterly.losses.style import StyleScale

CONTENT = ("relu1_2", "relu2_1")
STYLE = ("relu1_1", "relu1_2", "relu2_1")
WAYS = {
    **WEIGHTINGS,
    "root": Weighting(2.0, 3.0, 0.1, variation_form="root"),
    "root-sum": Weighting(2.0, 3.0, 0.1, variation_form="root", variation_batch="sum"),
    "squared-sum": Weighting(2.0, 3.0, 1e-3, "relative", "mean", "mean", "squared", "sum"),
    "half-sum": Weighting(0.5, 7.0, 1e-3, "half-sum", "relative", "sum"),
}
every_way = pytest.mark.parametrize("name", list(WAYS))


def small_loss_network(dtype: torch.dtype = torch.float64) -> LossNetwork:
    torch.manual_seed(1)
    encoder = Encoder(VGG("D", until="relu2_1"), STYLE)
    return LossNetwork([encoder], {"content_layers": list(CONTENT), "style_layers": list(STYLE)}).to(dtype)


@pytest.fixture(scope="module")
def loss_network() -> LossNetwork:
    return small_loss_network()


def random(*shape: int) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64)


@pytest.fixture
def paintings() -> list[Tensor]:
    """Of different sizes and contrasts, so that their energies differ too."""
    return [random(1, 3, 12, 20), 0.3 * random(1, 3, 16, 8), random(1, 3, 10, 10).round()]


def objectives(network: LossNetwork, paintings: list[Tensor], *weightings: Weighting) -> list[StyleObjective]:
    """One for each painting, with its own weighting or the only one."""
    each = weightings if len(weightings) > 1 else weightings * len(paintings)
    return [StyleObjective(network, one, weighting) for one, weighting in zip(paintings, each, strict=True)]


def by_picture(singles: list[StyleObjective], output: Tensor, photograph: Tensor, styles: list[int]) -> dict[str, Any]:
    """Means over the pictures of each one's own objective; variation that is summed over the batch is summed."""
    found: dict[str, Any] = {}
    for index, style in enumerate(styles):
        part = slice(index, index + 1)
        for name, value in singles[style](output[part], photograph[part]).items():
            summed = name == "variation" and singles[style].weighting.variation_batch == "sum"
            found[name] = found.get(name, 0.0) + value * (1 if summed else 1 / len(styles))
    return found


def total(terms: dict[str, Any]) -> Tensor:
    return torch.stack([torch.as_tensor(value).double() for value in terms.values()]).sum()


def close(found: Any, wanted: Any, rtol: float = 1e-5) -> None:
    torch.testing.assert_close(found, wanted, rtol=rtol, atol=0, check_dtype=False)


@every_way
@pytest.mark.parametrize("style", range(3))
def test_a_batch_of_one_style_is_judged_by_that_styles_objective(
    name: str, style: int, loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    singles = objectives(loss_network, paintings, WAYS[name])
    output, photograph = random(2, 2, 3, 16, 12)
    wanted = singles[style](output, photograph)
    found = GalleryObjective(singles)(output, photograph, torch.full((2,), style))
    assert found.keys() == wanted.keys()
    close(found, wanted)


@every_way
@pytest.mark.parametrize("styles", [[0, 1, 2], [2, 0], [1, 1, 0, 2], [2]])
def test_a_mixed_batch_is_the_mean_over_its_pictures(
    name: str, styles: list[int], loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    singles = objectives(loss_network, paintings, WAYS[name])
    output, photograph = random(2, len(styles), 3, 16, 12)
    found = GalleryObjective(singles)(output, photograph, torch.tensor(styles))
    wanted = by_picture(singles, output, photograph, styles)
    assert all(value.ndim == 0 for value in found.values())
    assert found.keys() == wanted.keys()
    close(found, wanted)


@every_way
def test_gradients_are_those_of_each_styles_objective(
    name: str, loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    singles, styles = objectives(loss_network, paintings, WAYS[name]), [2, 0, 1, 0]
    output, photograph = random(2, len(styles), 3, 16, 12)
    output = output.requires_grad_()
    terms = GalleryObjective(singles)(output, photograph, torch.tensor(styles))
    wanted = by_picture(singles, output, photograph, styles)
    for term, value in terms.items():
        one = torch.autograd.grad(value, output, retain_graph=True)[0]
        other = torch.autograd.grad(wanted[term], output, retain_graph=True)[0]
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6 * float(other.abs().max()))


@every_way
def test_every_style_has_its_own_weights(name: str, loss_network: LossNetwork, paintings: list[Tensor]) -> None:
    way, styles = WAYS[name], [0, 1, 2, 1]
    weights = [(1.0, 2.0, 0.0), (0.5, 0.0, 1e-3), (0.0, 30.0, 1e-5)]
    each = [dataclasses.replace(way, content=c, style=s, variation=v) for c, s, v in weights]
    singles = objectives(loss_network, paintings, *each)
    output, photograph = random(2, len(styles), 3, 16, 12)
    found = GalleryObjective(singles)(output, photograph, torch.tensor(styles))
    close(found, by_picture(singles, output, photograph, styles))
    none = GalleryObjective(singles)(output, photograph, torch.zeros(len(styles), dtype=torch.long))
    assert none["variation"] == 0


@every_way
@settings(max_examples=5)
@given(seed=st.integers(0, 1000), order=st.permutations(range(4)))
def test_the_order_of_pictures_and_of_styles_does_not_matter(
    name: str, loss_network: LossNetwork, seed: int, order: list[int]
) -> None:
    torch.manual_seed(seed)
    singles = objectives(loss_network, [random(1, 3, 9, 9) for _ in range(4)], WAYS[name])
    output, photograph = random(2, 4, 3, 9, 10)
    styles = torch.randint(0, 4, (4,))
    wanted = GalleryObjective(singles)(output, photograph, styles)
    close(GalleryObjective(singles)(output[order], photograph[order], styles[order]), wanted)
    place = torch.tensor(order).argsort()  # where each style has gone
    close(GalleryObjective([singles[i] for i in order])(output, photograph, place[styles]), wanted)


def test_gradients_reach_the_output_alone(loss_network: LossNetwork, paintings: list[Tensor]) -> None:
    output, photograph = random(2, 2, 3, 16, 12)
    output, photograph = output.requires_grad_(), photograph.requires_grad_()
    for painting in paintings:
        painting.requires_grad_()
    gallery = GalleryObjective(objectives(loss_network, paintings, WAYS["squared-sum"]))
    total(gallery(output, photograph, torch.tensor([0, 2]))).backward()
    assert output.grad is not None
    assert output.grad.flatten(1).any(1).all()
    assert photograph.grad is None
    assert all(painting.grad is None for painting in paintings)


def test_a_picture_is_not_pulled_by_its_batch_mates_styles(loss_network: LossNetwork, paintings: list[Tensor]) -> None:
    gallery = GalleryObjective(objectives(loss_network, paintings, WAYS["modern"]))
    output, photograph = random(2, 2, 3, 16, 12)
    output = output.requires_grad_()
    pulls = [
        torch.autograd.grad(total(gallery(output, photograph, torch.tensor([0, mate]))), output)[0] for mate in (1, 2)
    ]
    close(pulls[0][0], pulls[1][0], 1e-6)
    assert (pulls[0][1] - pulls[1][1]).abs().max() > 1e-3 * pulls[0][1].abs().max()


@pytest.mark.parametrize("name", ["paper", "modern"])
def test_under_autocast_it_is_still_the_styles_objective(name: str) -> None:
    network = small_loss_network(torch.float32)
    paintings, (output, photograph) = list(torch.rand(2, 1, 3, 12, 12)), torch.rand(2, 3, 3, 16, 12)
    singles = objectives(network, paintings, WAYS[name])
    with torch.autocast("cpu", torch.bfloat16):
        found = GalleryObjective(singles)(output, photograph, torch.ones(3, dtype=torch.long))
        wanted = singles[1](output, photograph)
    for term, value in wanted.items():
        assert found[term].dtype == value.dtype == torch.float32
    close(found, wanted, 1e-4)


def test_variation_is_measured_only_where_it_weighs_anything(
    loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    plain = Weighting()
    output, photograph, styles = random(2, 3, 16, 12), random(2, 3, 16, 12), torch.tensor([0, 1])
    without = GalleryObjective(objectives(loss_network, paintings[:2], plain))
    rough = objectives(loss_network, paintings[:2], plain, dataclasses.replace(plain, variation=1.0))
    assert set(without(output, photograph, styles)) == {"content", "style"}
    assert set(GalleryObjective(rough)(output, photograph, styles)) == {"content", "style", "variation"}


def test_blank_paintings_and_photographs_give_finite_terms(loss_network: LossNetwork) -> None:
    blank = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    gallery = GalleryObjective(objectives(loss_network, [blank, random(1, 3, 16, 16)], WAYS["modern"]))
    terms = gallery(blank.expand(2, -1, -1, -1), blank.expand(2, -1, -1, -1), torch.tensor([0, 1]))
    assert all(value.isfinite() for value in terms.values())


def test_weights_move_with_it_and_the_loss_network_is_shared(
    loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    gallery = GalleryObjective(objectives(loss_network, paintings, WAYS["paper"]))
    assert gallery.loss_network is loss_network
    assert gallery.first is gallery.objectives[0]
    assert len({id(one.loss_network) for one in gallery.objectives}) == 1
    assert all(name in dict(gallery.named_buffers()) for name in ("weight_content", "weight_style", "weight_variation"))


OTHERWISE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "content scale": ({"content_scale": "relative"}, {}),
    "style scale": ({"style_scale": "mean"}, {}),
    "sum of layers": ({"style_layers": "mean"}, {}),
    "form of variation": ({"variation_form": "root"}, {}),
    "batch of variation": ({"variation_batch": "sum"}, {}),
    "content layers": ({}, {"content_layers": ["relu1_2"]}),
    "their order": ({}, {"content_layers": CONTENT[::-1]}),
    "style layers": ({}, {"style_layers": ["relu1_1"]}),
    "shares": ({}, {"shares": [1.0, 1.0]}),
    "masks": ({}, {"masks": torch.ones(1, 1, 4, 4, dtype=torch.float64)}),
}


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("what", list(OTHERWISE))
def test_styles_that_differ_in_more_than_painting_and_weights_are_refused(
    what: str, first: bool, loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    weighting, options = OTHERWISE[what]
    style = paintings[:2] if "shares" in options else paintings[0]
    odd = StyleObjective(loss_network, style, Weighting(**weighting), **options)
    others = objectives(loss_network, paintings, Weighting())
    with pytest.raises(ValueError, match="share"):
        GalleryObjective([odd, *others] if first else [*others, odd])


@pytest.mark.parametrize("what", ["shares", "masks"])
def test_one_objective_of_several_styles_or_of_masks_is_refused(
    what: str, loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    weighting, options = OTHERWISE[what]
    style = paintings[:2] if what == "shares" else paintings[0]
    with pytest.raises(ValueError, match="share"):
        GalleryObjective([StyleObjective(loss_network, style, Weighting(**weighting), **options)])


def test_another_loss_network_is_refused_even_if_it_is_alike(
    loss_network: LossNetwork, paintings: list[Tensor]
) -> None:
    here, there = (
        StyleObjective(network, paintings[0], Weighting()) for network in (loss_network, small_loss_network())
    )
    with pytest.raises(ValueError, match="loss network"):
        GalleryObjective([here, there])


@settings(max_examples=20)
@given(content=st.floats(0, 1e5), style=st.floats(0, 1e10), variation=st.floats(0, 1))
def test_conventions_do_not_see_weights_or_paintings(
    loss_network: LossNetwork, content: float, style: float, variation: float
) -> None:
    for way in (Weighting(), WAYS["squared-sum"]):
        weighed = dataclasses.replace(way, content=content, style=style, variation=variation)
        here = StyleObjective(loss_network, torch.zeros(1, 3, 8, 8).double(), way)
        there = StyleObjective(loss_network, torch.ones(1, 3, 9, 8).double(), weighed)
        assert here.conventions == there.conventions
        GalleryObjective([here, there])


@pytest.mark.parametrize("scale", ["sum", "mean", "relative"])
@pytest.mark.parametrize("targets", [1, 3])
@given(seed=st.integers(0, 1000))
def test_distances_are_those_of_each_picture_and_their_mean_is_the_loss(
    scale: StyleScale, targets: int, seed: int
) -> None:
    torch.manual_seed(seed)
    found = gram_matrix(torch.randn(3, 4, 5, 6, dtype=torch.float64))
    wanted = gram_matrix(torch.randn(targets, 4, 5, 6, dtype=torch.float64))
    distances = style_distances(found, wanted, scale)
    assert distances.shape == (3,)
    for index, distance in enumerate(distances):
        target = wanted[index : index + 1] if targets > 1 else wanted
        close(distance, style_reconstruction(found[index : index + 1], target, scale), 1e-12)
    close(distances.mean(), style_reconstruction(found, wanted, scale), 1e-12)

"""The objective of several styles, each everywhere or where a mask says."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from painterly.encoders import VGG, Encoder, LossNetwork
from painterly.losses import WEIGHTINGS, StyleObjective, gatys_content, gatys_style

CONTENT = ("relu1_2", "relu2_1")
STYLE = ("relu1_1", "relu1_2", "relu2_1")
some_weightings = pytest.mark.parametrize("name", ["paper", "modern", "gatys"])


@pytest.fixture(scope="module")
def loss_network() -> LossNetwork:
    torch.manual_seed(1)
    encoder = Encoder(VGG("D", until="relu2_1"), STYLE)
    return LossNetwork([encoder], {"content_layers": list(CONTENT), "style_layers": list(STYLE)}).double()


def random(*shape: int) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64)


@pytest.fixture
def styles() -> list[Tensor]:
    return [random(1, 3, 12, 20), 0.5 * random(1, 3, 16, 8), random(1, 3, 9, 9).round()]


def close(found: Tensor, wanted: Tensor, rtol: float = 1e-6) -> None:
    torch.testing.assert_close(found, wanted, rtol=rtol, atol=0, check_dtype=False)


@some_weightings
@pytest.mark.parametrize("shares", [None, [1.0, 2.0, 5.0], [0.0, 3.0, 1.0]])
def test_several_styles_are_the_weighted_sum_of_each(
    loss_network: LossNetwork, styles: list[Tensor], name: str, shares: list[float] | None
) -> None:
    output, photograph = random(2, 3, 16, 12), random(2, 3, 16, 12)
    weights = torch.tensor(shares or [1.0] * 3).double()
    weights /= weights.sum()
    mixed = StyleObjective(loss_network, styles, WEIGHTINGS[name], shares=shares)
    assert mixed.shares == pytest.approx(weights.tolist())
    terms = mixed(output, photograph)
    single = [StyleObjective(loss_network, style, WEIGHTINGS[name])(output, photograph) for style in styles]
    close(terms["style"], weights @ torch.stack([one["style"].double() for one in single]))
    if name != "modern":  # its content is relative to the styles' mean energy
        close(terms["content"], single[0]["content"])
    if "variation" in terms:
        close(terms["variation"], single[0]["variation"])


def test_content_is_relative_to_the_mean_energy_of_the_styles(loss_network: LossNetwork, styles: list[Tensor]) -> None:
    output, photograph = random(2, 1, 3, 16, 12)
    options: dict[str, Any] = {"content_layers": ["relu2_1"]}
    mixed = StyleObjective(loss_network, styles[:2], WEIGHTINGS["modern"], shares=[1, 3], **options)
    first, second = (
        StyleObjective(loss_network, style, WEIGHTINGS["modern"], **options)(output, photograph)["content"]
        for style in styles[:2]
    )
    close(mixed(output, photograph)["content"], 1 / (0.25 / first + 0.75 / second), 1e-5)


def test_the_same_style_twice_is_that_style(loss_network: LossNetwork, styles: list[Tensor]) -> None:
    output, photograph = random(2, 1, 3, 16, 12)
    once = StyleObjective(loss_network, styles[0], WEIGHTINGS["modern"])(output, photograph)
    twice = StyleObjective(loss_network, [styles[0]] * 2, WEIGHTINGS["modern"], shares=[1, 9])(output, photograph)
    for term, value in once.items():
        close(twice[term], value)


@some_weightings
def test_contents_kept_give_what_the_photograph_gives(
    loss_network: LossNetwork, styles: list[Tensor], name: str
) -> None:
    objective = StyleObjective(loss_network, styles, WEIGHTINGS[name])
    output, photograph = random(2, 2, 3, 16, 12)
    kept = objective.contents(photograph)
    assert set(kept) == set(CONTENT)
    assert objective(output, kept) == objective(output, photograph)


@some_weightings
def test_a_mask_of_ones_is_no_mask(loss_network: LossNetwork, styles: list[Tensor], name: str) -> None:
    output, photograph = random(2, 2, 3, 16, 12)
    plain = StyleObjective(loss_network, styles, WEIGHTINGS[name])(output, photograph)
    masked = StyleObjective(loss_network, styles, WEIGHTINGS[name], masks=random(3, 1, 5, 7).ceil())(output, photograph)
    for term, value in plain.items():
        close(masked[term], value, 1e-5)


def test_a_style_pulls_only_where_its_mask_is(loss_network: LossNetwork, styles: list[Tensor]) -> None:
    left = torch.zeros(1, 1, 32, 32, dtype=torch.float64)
    left[..., :16] = 1
    masks = torch.cat([left, 1 - left])
    for shares, near, far in (([1, 0], slice(0, 12), slice(24, 32)), ([0, 1], slice(20, 32), slice(0, 8))):
        objective = StyleObjective(loss_network, styles[:2], WEIGHTINGS["gatys"], shares=shares, masks=masks)
        output = random(1, 3, 32, 32).requires_grad_()
        style = objective(output, output.detach())["style"]
        style.backward()
        assert output.grad is not None
        assert not output.grad[..., far].any()
        assert output.grad[..., near].any()
        other = output.detach().clone()
        other[..., far] = random(1, 3, 32, 8)
        close(objective(other, other)["style"], style.detach(), 1e-12)


def test_gatys_weighting_is_gatys_functions(loss_network: LossNetwork) -> None:
    style, photograph, output = random(3, 1, 3, 16, 12)
    terms = StyleObjective(loss_network, style, WEIGHTINGS["gatys"])(output, photograph)
    painted, wanted, found = (loss_network(picture, STYLE) for picture in (style, photograph, output))
    close(terms["content"], torch.stack([gatys_content(found[n], wanted[n]) for n in CONTENT]).sum())
    close(terms["style"], 1e3 * gatys_style([found[n] for n in STYLE], [painted[n] for n in STYLE]))

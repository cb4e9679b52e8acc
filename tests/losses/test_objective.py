"""The weighted objective against computations spelled out on the activations of a small loss network."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from painterly.encoders import VGG, Encoder, LossNetwork
from painterly.errors import UsageError
from painterly.losses import WEIGHTINGS, StyleObjective, Weighting, gatys_content

CONTENT = ("relu1_2",)
STYLE = ("relu1_1", "relu1_2", "relu2_1")


@pytest.fixture(scope="module")
def loss_network() -> LossNetwork:
    torch.manual_seed(1)
    encoder = Encoder(VGG("D", until="relu2_1"), STYLE)
    return LossNetwork([encoder], {"content_layers": list(CONTENT), "style_layers": list(STYLE)}).double()


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor, Tensor]:
    """A style (of another size), two outputs and two photographs."""
    style, output, photograph = torch.rand(1, 3, 12, 20), torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    return style.double(), output.double(), photograph.double()


def gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT / features[0].numel()


def roughness(picture: Tensor) -> Tensor:
    """Half the sum of squared differences on pixels in 0..255, summed over all pictures."""
    pixels = 255 * picture
    corner = pixels[:, :, :-1, :-1]
    return 0.5 * ((pixels[:, :, 1:, :-1] - corner) ** 2 + (pixels[:, :, :-1, 1:] - corner) ** 2).sum()


def spell_out(network: LossNetwork, style: Tensor, output: Tensor, photograph: Tensor) -> dict[str, dict[str, Tensor]]:
    """The terms of every weighting, by hand, for a batch of two; only `modern` may still choose its weights."""
    painted, found, wanted = (network(x, STYLE) for x in (style, output, photograph))
    content = ((found["relu1_2"] - wanted["relu1_2"]) ** 2).mean()
    by_layer = [((gram(found[n]) - gram(painted[n])) ** 2).sum((1, 2)).mean() for n in STYLE]
    entries = [64**2, 64**2, 128**2]
    norms = [(gram(painted[n]) ** 2).sum() for n in STYLE]
    averaged = torch.stack([e / c2 for e, c2 in zip(by_layer, entries, strict=True)]).sum()
    relative = torch.stack([e / norm for e, norm in zip(by_layer, norms, strict=True)]).mean()
    rough, modern = roughness(output), WEIGHTINGS["modern"]
    return {
        "paper": {
            "content": content,
            "style": 5 / 128**2 * torch.stack(by_layer).sum(),
            "variation": 1e-6 * rough / 2,
        },
        "authors": {"content": content, "style": 5 * averaged, "variation": 1e-6 * rough},
        "pytorch-examples": {"content": 1e5 * content, "style": 1e10 * averaged},
        "gatys": {
            "content": gatys_content(found["relu1_2"], wanted["relu1_2"]),
            "style": 1e3 / 4 * torch.stack(by_layer).mean(),
        },
        "modern": {
            "content": modern.content * content / (painted["relu1_2"] ** 2).mean(),
            "style": modern.style * relative,
        },
    }


@pytest.mark.parametrize("name", list(WEIGHTINGS))
def test_each_weighting_is_what_its_source_computes(
    name: str, loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    style, output, photograph = pictures
    terms = StyleObjective(loss_network, style, WEIGHTINGS[name])(output, photograph)
    wanted = spell_out(loss_network, style, output, photograph)[name]
    assert terms.keys() == wanted.keys()
    for term, value in wanted.items():
        torch.testing.assert_close(terms[term], value, rtol=1e-5, atol=0, check_dtype=False)


def test_variation_of_the_authors_grows_with_the_batch_and_that_of_the_paper_does_not(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    style, output, _ = pictures
    once, twice = output[:1], output[:1].expand(2, -1, -1, -1)
    for name, ratio in (("authors", 2), ("paper", 1)):
        objective = StyleObjective(loss_network, style, WEIGHTINGS[name])
        small, large = objective(once, once)["variation"], objective(twice, twice)["variation"]
        torch.testing.assert_close(large, ratio * small)


def test_the_root_form_of_variation_can_be_asked_for(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    style, output, photograph = pictures
    weighting = Weighting(variation=2.0, variation_form="root")
    pixels = 255 * output
    corner = pixels[:, :, :-1, :-1]
    lengths = torch.hypot(pixels[:, :, 1:, :-1] - corner, pixels[:, :, :-1, 1:] - corner)
    found = StyleObjective(loss_network, style, weighting)(output, photograph)["variation"]
    torch.testing.assert_close(found, 2 * lengths.sum() / 2, rtol=1e-5, atol=0, check_dtype=False)


@pytest.mark.parametrize("name", list(WEIGHTINGS))
@pytest.mark.parametrize("term", ["content", "style", "variation"])
def test_terms_grow_with_their_own_weight_alone(
    name: str, term: str, loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    style, output, photograph = pictures
    weighting = dataclasses.replace(WEIGHTINGS[name], variation=0.5)
    changes: dict[str, Any] = {term: 3 * getattr(weighting, term)}
    before = StyleObjective(loss_network, style, weighting)(output, photograph)
    after = StyleObjective(loss_network, style, dataclasses.replace(weighting, **changes))(output, photograph)
    for name_, value in before.items():
        torch.testing.assert_close(after[name_], 3 * value if name_ == term else value)


def test_a_photograph_given_back_has_no_content_loss(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    style, _, photograph = pictures
    terms = StyleObjective(loss_network, style, WEIGHTINGS["modern"])(photograph, photograph)
    assert terms["content"] == 0
    assert terms["style"] > 0


@pytest.mark.parametrize("name", list(WEIGHTINGS))
def test_the_style_picture_itself_has_no_style_loss_and_is_not_moved_by_it(
    name: str, loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    style, _, photograph = pictures
    objective = StyleObjective(loss_network, style, WEIGHTINGS[name])
    other = photograph[:1, :, :12].repeat(1, 1, 1, 2)[..., :20]

    def pull(output: Tensor) -> tuple[float, float]:
        output = output.clone().requires_grad_()
        loss = objective(output, other)["style"]
        return loss.item(), torch.autograd.grad(loss, output)[0].abs().max().item()

    (loss_here, pull_here), (loss_there, pull_there) = pull(style), pull(other)
    assert loss_here < 1e-12 * loss_there
    assert pull_here < 1e-6 * pull_there


def test_modern_does_not_see_the_scale_of_the_loss_network_and_the_authors_does(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    style, output, photograph = pictures
    louder = LossNetwork([Encoder(VGG("D", until="relu2_1"), STYLE)], loss_network.description).double()
    louder.load_state_dict(loss_network.state_dict())
    first = louder.get_submodule("encoders.0.extractor.features.0")
    assert isinstance(first, nn.Conv2d)
    with torch.no_grad():  # ten times the first convolution and every bias: ten times every activation
        first.weight.mul_(10)
        for parameter in louder.parameters():
            if parameter.ndim == 1:
                parameter.mul_(10)
    for name, changes in (("modern", {"content": 1, "style": 1}), ("authors", {"content": 10**2, "style": 10**4})):
        quiet, loud = (
            StyleObjective(network, style, WEIGHTINGS[name])(output, photograph) for network in (loss_network, louder)
        )
        for term, factor in changes.items():
            torch.testing.assert_close(loud[term], factor * quiet[term])


def test_layers_may_be_chosen(loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]) -> None:
    style, output, photograph = pictures
    objective = StyleObjective(
        loss_network, style, Weighting(), content_layers=["relu1_1", "relu2_1"], style_layers=["relu2_1"]
    )
    painted, found, wanted = (loss_network(x, STYLE) for x in (style, output, photograph))
    terms = objective(output, photograph)
    content = sum(((found[n] - wanted[n]) ** 2).mean() for n in ("relu1_1", "relu2_1"))
    torch.testing.assert_close(terms["content"], content)
    difference = gram(found["relu2_1"]) - gram(painted["relu2_1"])
    torch.testing.assert_close(terms["style"], (difference**2).sum((1, 2)).mean())


def test_the_style_is_looked_at_once(loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]) -> None:
    style, output, photograph = pictures
    objective = StyleObjective(loss_network, style, WEIGHTINGS["authors"])
    before = objective(output, photograph)
    style.zero_()
    torch.testing.assert_close(objective(output, photograph), before)


def test_gradients_reach_the_output_alone(loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]) -> None:
    style, output, photograph = pictures
    for picture in pictures:
        picture.requires_grad_()
    terms = StyleObjective(loss_network, style, WEIGHTINGS["authors"])(output, photograph)
    torch.stack([term.double() for term in terms.values()]).sum().backward()
    assert output.grad is not None
    assert output.grad.any()
    assert style.grad is None
    assert photograph.grad is None


def test_a_layer_that_the_loss_network_lacks_is_refused(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    with pytest.raises(UsageError, match="relu4_3"):
        StyleObjective(loss_network, pictures[0], Weighting(), style_layers=["relu4_3"])


def test_a_blank_style_and_a_blank_photograph_give_finite_losses(loss_network: LossNetwork) -> None:
    blank = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    terms = StyleObjective(loss_network, blank, WEIGHTINGS["modern"])(blank, blank)
    assert all(term.isfinite() for term in terms.values())

"""The objective of super-resolution against the losses that it is made of."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.encoders import VGG, Encoder, LossNetwork
from painterly.errors import UsageError
from painterly.losses import feature_reconstruction
from painterly.losses.super_resolution import SuperResolutionObjective

LAYERS = ("relu1_2", "relu2_2")
SCALES: list[Literal["mean", "relative"]] = ["mean", "relative"]


def small_loss_network(seed: int = 1) -> LossNetwork:
    torch.manual_seed(seed)
    return LossNetwork([Encoder(VGG("D", until="relu2_2"), LAYERS)], {"name": "random"})


@pytest.fixture(scope="module")
def loss_network() -> LossNetwork:
    return small_loss_network()


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor]:
    return torch.rand(2, 3, 24, 16), torch.rand(2, 3, 24, 16)


def test_without_a_loss_network_there_is_the_pixel_loss_alone(pictures: tuple[Tensor, Tensor]) -> None:
    terms = SuperResolutionObjective(None, pixel=2.0)(*pictures)
    assert set(terms) == {"pixel"}
    torch.testing.assert_close(terms["pixel"], 2 * F.mse_loss(*pictures))


def test_the_pixel_loss_may_be_absolute(pictures: tuple[Tensor, Tensor]) -> None:
    output, target = pictures
    terms = SuperResolutionObjective(None, pixel=3.0, pixel_form="absolute")(output, target)
    torch.testing.assert_close(terms["pixel"], 3 * (output - target).abs().mean())


@pytest.mark.parametrize("layer", LAYERS)
def test_the_feature_term_is_equation_2_at_a_layer(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor], layer: str
) -> None:
    output, target = (loss_network(x, (layer,))[layer] for x in pictures)
    terms = SuperResolutionObjective(loss_network, [layer], feature=0.5)(*pictures)
    assert set(terms) == {"feature"}
    torch.testing.assert_close(terms["feature"], 0.5 * feature_reconstruction(output, target))


@pytest.mark.parametrize("scale", SCALES)
def test_several_layers_are_averaged(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor], scale: Literal["mean", "relative"]
) -> None:
    def term(*layers: str) -> Tensor:
        found: Tensor = SuperResolutionObjective(loss_network, layers, feature_scale=scale)(*pictures)["feature"]
        return found

    torch.testing.assert_close(term(*LAYERS), (term(LAYERS[0]) + term(LAYERS[1])) / 2)


def test_relative_is_over_the_mean_square_of_the_targets_activations(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor]
) -> None:
    output, target = (loss_network(x, ("relu2_2",))["relu2_2"] for x in pictures)
    terms = SuperResolutionObjective(loss_network, feature_scale="relative")(*pictures)
    torch.testing.assert_close(terms["feature"], ((output - target) ** 2).sum() / (target**2).sum())


def test_relative_does_not_depend_on_how_loud_a_loss_network_is(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor]
) -> None:
    louder = small_loss_network()
    first = louder.get_submodule("encoders.0.extractor.features.0")
    assert isinstance(first, nn.Conv2d)
    with torch.no_grad():  # ten times the first convolution and every bias: ten times every activation
        first.weight.mul_(10)
        for parameter in louder.parameters():
            if parameter.ndim == 1:
                parameter.mul_(10)
    for scale, factor in zip(SCALES, (100, 1), strict=True):
        quiet, loud = (
            SuperResolutionObjective(network, LAYERS, feature_scale=scale)(*pictures)["feature"]
            for network in (loss_network, louder)
        )
        torch.testing.assert_close(loud, factor * quiet, rtol=1e-4, atol=0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("form", ["squared", "absolute"])
def test_equal_pictures_cost_nothing(
    loss_network: LossNetwork, scale: Literal["mean", "relative"], form: Literal["squared", "absolute"]
) -> None:
    objective = SuperResolutionObjective(loss_network, LAYERS, pixel=1.0, feature_scale=scale, pixel_form=form, shift=3)
    for picture in (torch.rand(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)):
        terms = objective(picture.clone(), picture)
        assert set(terms) == {"feature", "pixel"}
        assert not torch.stack(list(terms.values())).any()


def test_weights_scale_their_terms_and_a_weight_of_zero_leaves_one_out(
    loss_network: LossNetwork, pictures: tuple[Tensor, Tensor]
) -> None:
    once = SuperResolutionObjective(loss_network, feature=1, pixel=1)(*pictures)
    more = SuperResolutionObjective(loss_network, feature=3, pixel=7)(*pictures)
    torch.testing.assert_close(more["feature"], 3 * once["feature"])
    torch.testing.assert_close(more["pixel"], 7 * once["pixel"])
    assert set(SuperResolutionObjective(loss_network, feature=0, pixel=1)(*pictures)) == {"pixel"}
    assert set(SuperResolutionObjective(loss_network, feature=1, pixel=0)(*pictures)) == {"feature"}


class TestShifting:
    """A random number of rows and columns cut off, so that pooling has no fixed place."""

    def test_every_value_is_that_of_one_of_the_crops_and_every_crop_comes(
        self, loss_network: LossNetwork, pictures: tuple[Tensor, Tensor]
    ) -> None:
        plain = SuperResolutionObjective(loss_network)
        crops = [
            plain(*(x[..., top:, left:] for x in pictures))["feature"].item() for top in range(2) for left in range(2)
        ]
        shifted = SuperResolutionObjective(loss_network, shift=1)
        drawn = [shifted(*pictures)["feature"].item() for _ in range(32)]
        nearest = [min(range(4), key=lambda index: abs(crops[index] - value)) for value in drawn]
        assert drawn == pytest.approx([crops[index] for index in nearest], rel=1e-6)
        assert set(nearest) == set(range(4))
        assert sum(drawn) / 32 == pytest.approx(crops[0], rel=0.1)

    def test_it_draws_from_torchs_own_generator_and_only_if_it_must(
        self, loss_network: LossNetwork, pictures: tuple[Tensor, Tensor]
    ) -> None:
        def drawn(seed: int) -> list[float]:
            torch.manual_seed(seed)
            return [shifted(*pictures)["feature"].item() for _ in range(3)]

        shifted = SuperResolutionObjective(loss_network, shift=7)
        assert drawn(1) == drawn(1) != drawn(2)
        before = torch.get_rng_state()
        SuperResolutionObjective(loss_network, pixel=1)(*pictures)
        assert torch.equal(torch.get_rng_state(), before)

    def test_the_pixel_loss_sees_the_whole_picture(
        self, loss_network: LossNetwork, pictures: tuple[Tensor, Tensor]
    ) -> None:
        terms = SuperResolutionObjective(loss_network, pixel=1, shift=7)(*pictures)
        torch.testing.assert_close(terms["pixel"], F.mse_loss(*pictures))


def test_gradients_reach_the_output_alone(loss_network: LossNetwork, pictures: tuple[Tensor, Tensor]) -> None:
    output, target = (picture.requires_grad_() for picture in pictures)
    terms = SuperResolutionObjective(loss_network)(output, target)
    terms["feature"].backward()
    assert output.grad is not None
    assert output.grad.any()
    assert target.grad is None


def test_a_layer_that_the_loss_network_lacks_is_refused_at_once(loss_network: LossNetwork) -> None:
    with pytest.raises(UsageError, match="relu4_3"):
        SuperResolutionObjective(loss_network, ["relu2_2", "relu4_3"])

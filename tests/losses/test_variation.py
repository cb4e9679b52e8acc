"""Both forms of total variation against loops spelled out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from painterly.losses import TotalVariation, squared_total_variation, total_variation

FORMS = [total_variation, squared_total_variation]


def spell_out(picture: Tensor, length: Callable[[Tensor], Tensor]) -> Tensor:
    """Sum over pixels with a right and a lower neighbour, averaged over the batch."""
    batch, channels, height, width = picture.shape
    terms = [
        length((p[y, x] - p[y, x + 1]) ** 2 + (p[y, x] - p[y + 1, x]) ** 2)
        for p in picture.flatten(0, 1)
        for y in range(height - 1)
        for x in range(width - 1)
    ]
    assert len(terms) == batch * channels * (height - 1) * (width - 1)
    return torch.stack(terms).sum() / batch


def test_the_squared_form_is_half_the_sum_of_squares() -> None:
    picture = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(squared_total_variation(picture), spell_out(picture, lambda square: square / 2))


def test_the_root_form_is_the_sum_of_the_gradients_lengths() -> None:
    picture = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(total_variation(picture, 0), spell_out(picture, torch.sqrt))
    torch.testing.assert_close(total_variation(picture), spell_out(picture, torch.sqrt), rtol=0, atol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_a_plain_picture_has_none_and_stays_as_it_is(form: Callable[[Tensor], Tensor]) -> None:
    picture = torch.full((1, 3, 4, 5), 0.7, requires_grad=True)
    roughness = form(picture)
    roughness.backward()
    assert roughness.item() == pytest.approx(0, abs=1e-4)  # the root of epsilon for every pixel
    assert picture.grad is not None
    assert not picture.grad.any()


@pytest.mark.parametrize(("form", "power"), [(total_variation, 1), (squared_total_variation, 2)])
def test_the_root_form_grows_with_contrast_and_the_squared_form_with_its_square(
    form: Callable[[Tensor], Tensor], power: int
) -> None:
    picture = torch.randn(1, 3, 6, 6, dtype=torch.float64)
    torch.testing.assert_close(form(255 * picture), 255**power * form(picture))


@pytest.mark.parametrize("form", FORMS)
def test_brightness_does_not_matter(form: Callable[[Tensor], Tensor]) -> None:
    picture = torch.randn(1, 3, 6, 6, dtype=torch.float64)
    torch.testing.assert_close(form(picture + 5), form(picture))


@pytest.mark.parametrize("form", FORMS)
def test_its_gradient_is_exact(form: Callable[[Tensor], Tensor]) -> None:
    assert torch.autograd.gradcheck(form, (torch.randn(2, 1, 3, 4, dtype=torch.float64, requires_grad=True),))


def test_the_modules_are_the_functions() -> None:
    picture = torch.randn(2, 3, 4, 5)
    assert torch.equal(TotalVariation("root")(picture), total_variation(picture))
    assert torch.equal(TotalVariation("squared")(picture), squared_total_variation(picture))

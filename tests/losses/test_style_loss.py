"""Style reconstruction against equation 4 spelled out."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor

from painterly.losses import StyleReconstruction, gram_matrix, style_reconstruction
from painterly.losses.gram import GramScale
from painterly.losses.style import StyleScale

SCALES: tuple[StyleScale, ...] = get_args(StyleScale)


def grams(batch: int = 2) -> tuple[Tensor, Tensor]:
    found, wanted = torch.randn(2, batch, 3, 4, 5, dtype=torch.float64)
    return gram_matrix(found), gram_matrix(wanted)


def test_it_is_the_squared_frobenius_norm_averaged_over_the_batch() -> None:
    found, wanted = grams()
    by_picture = [torch.linalg.matrix_norm(f - w) ** 2 for f, w in zip(found, wanted, strict=True)]
    torch.testing.assert_close(style_reconstruction(found, wanted), sum(by_picture) / 2)


def test_the_authors_scale_is_the_papers_over_the_number_of_entries() -> None:
    found, wanted = grams()
    torch.testing.assert_close(
        style_reconstruction(found, wanted, "mean"), style_reconstruction(found, wanted, "sum") / 3**2
    )


def test_the_relative_scale_is_the_papers_over_the_styles_own_norm() -> None:
    found, wanted = grams(batch=1)
    torch.testing.assert_close(
        style_reconstruction(found, wanted, "relative"),
        style_reconstruction(found, wanted, "sum") / torch.linalg.matrix_norm(wanted[0]) ** 2,
    )


@pytest.mark.parametrize("factor", [1e-2, 1e3])
def test_the_relative_scale_alone_does_not_see_the_scale_of_the_features(factor: float) -> None:
    found, wanted = torch.randn(2, 1, 3, 4, 5, dtype=torch.float64)

    def loss(scale: StyleScale, factor: float) -> Tensor:
        return style_reconstruction(gram_matrix(factor * found), gram_matrix(factor * wanted), scale)

    torch.testing.assert_close(loss("relative", factor), loss("relative", 1))
    torch.testing.assert_close(loss("sum", factor), loss("sum", 1) * factor**4)


def test_a_blank_style_gives_a_finite_relative_loss() -> None:
    blank = torch.zeros(1, 3, 3)
    assert style_reconstruction(torch.eye(3)[None], blank, "relative").isfinite()
    assert style_reconstruction(blank, blank, "relative") == 0


@pytest.mark.parametrize("scale", SCALES)
def test_one_style_serves_a_whole_batch(scale: StyleScale) -> None:
    found, wanted = grams()
    one = wanted[:1]
    torch.testing.assert_close(
        style_reconstruction(found, one, scale), style_reconstruction(found, one.expand(2, 3, 3), scale)
    )


@pytest.mark.parametrize("scale", SCALES)
def test_its_gradient_is_exact(scale: StyleScale) -> None:
    found, wanted = grams()
    assert torch.autograd.gradcheck(lambda g: style_reconstruction(g, wanted, scale), (found.requires_grad_(),))


@pytest.mark.parametrize("gram_scale", get_args(GramScale))
@pytest.mark.parametrize("scale", SCALES)
def test_the_module_is_the_functions(scale: StyleScale, gram_scale: GramScale) -> None:
    found, wanted = torch.randn(2, 1, 3, 4, 5)
    target = gram_matrix(wanted, gram_scale)
    module = StyleReconstruction(target, scale, gram_scale)
    assert torch.equal(module(found), style_reconstruction(gram_matrix(found, gram_scale), target, scale))
    assert set(module.state_dict()) == {"target"}

"""Gram matrices against equation 3 spelled out."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor

from painterly.losses import gram_matrix
from painterly.losses.gram import GramScale

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def features(layout: torch.memory_format = torch.contiguous_format, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(2, 3, 4, 5).to(dtype).contiguous(memory_format=layout)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("scale", "divisor"), [("chw", 3 * 4 * 5), ("hw", 4 * 5), ("none", 1)])
def test_it_is_the_product_of_features_over_all_pixels(
    scale: GramScale, divisor: float, layout: torch.memory_format
) -> None:
    f = features(layout)
    wanted = torch.einsum("bihw,bjhw->bij", f, f) / divisor
    torch.testing.assert_close(gram_matrix(f, scale), wanted)
    assert set(get_args(GramScale)) == {"chw", "hw", "none"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_its_gradient_and_its_second_derivative_are_exact(layout: torch.memory_format) -> None:
    f = features(layout).requires_grad_()
    assert torch.autograd.gradcheck(gram_matrix, (f,))
    assert torch.autograd.gradgradcheck(gram_matrix, (f,))


def test_where_features_occur_does_not_matter() -> None:
    f = features()
    elsewhere = f.flatten(2)[:, :, torch.randperm(20)].view_as(f)
    torch.testing.assert_close(gram_matrix(elsewhere), gram_matrix(f))


@pytest.mark.parametrize("inside", [False, True], ids=["backward-outside", "backward-inside"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_autocast_costs_no_precision_forwards_or_backwards(dtype: torch.dtype, inside: bool) -> None:
    f = torch.randn(1, 8, 64, 64).to(dtype)
    exact = f.double().requires_grad_()
    wanted = torch.einsum("bihw,bjhw->bij", exact, exact) / exact.numel()
    pull = torch.randn_like(wanted)
    found = f.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        gram = gram_matrix(found)
        if inside:
            gram.backward(pull.float())
    if not inside:
        gram.backward(pull.float())
    wanted.backward(pull)

    assert gram.dtype == torch.float32
    torch.testing.assert_close(gram.double(), wanted.detach(), rtol=1e-5, atol=1e-7)
    assert found.grad is not None
    assert found.grad.dtype == dtype
    rounding = torch.finfo(dtype).eps
    torch.testing.assert_close(found.grad.double(), exact.grad, rtol=max(rounding, 1e-5), atol=1e-8)

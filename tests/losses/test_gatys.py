"""The losses of Gatys, Ecker and Bethge and their exact relation to the paper's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from painterly.losses import (
    feature_reconstruction,
    gatys_content,
    gatys_style,
    gatys_style_layer,
    gram_matrix,
    style_reconstruction,
)


def pair(batch: int = 2, channels: int = 3) -> tuple[Tensor, Tensor]:
    f, p = torch.randn(2, batch, channels, 4, 5, dtype=torch.float64)
    return f, p


def test_content_is_half_the_squared_distance() -> None:
    f, p = pair(batch=1)
    torch.testing.assert_close(gatys_content(f, p), 0.5 * ((f - p) ** 2).sum())


def test_style_of_a_layer_is_e_l() -> None:
    f, a = pair(batch=1)
    n, m = 3, 4 * 5
    f_, a_ = f.reshape(n, m), a.reshape(n, m)
    wanted = sum(((f_ @ f_.T)[i, j] - (a_ @ a_.T)[i, j]) ** 2 for i in range(n) for j in range(n)) / (4 * n**2 * m**2)
    torch.testing.assert_close(gatys_style_layer(f, a), wanted)


def test_the_papers_equation_4_is_four_times_e_l() -> None:
    f, a = pair()
    torch.testing.assert_close(style_reconstruction(gram_matrix(f), gram_matrix(a)), 4 * gatys_style_layer(f, a))


def test_the_papers_equation_2_is_2_over_chw_times_the_content_loss() -> None:
    f, p = pair()
    torch.testing.assert_close(feature_reconstruction(f, p), 2 / (3 * 4 * 5) * gatys_content(f, p))


def test_the_contents_gradient_before_the_relu_is_f_minus_p_where_f_is_positive_and_0_elsewhere() -> None:
    before, p = pair(batch=1)
    before.requires_grad_()
    f = before.relu()
    gatys_content(f, p).backward()
    assert before.grad is not None
    assert (before <= 0).any()
    torch.testing.assert_close(before.grad, torch.where(f > 0, f - p, 0.0).detach())


def test_the_styles_gradient_is_gatys_equation_6() -> None:
    f, a = pair(batch=1)
    f.requires_grad_()
    gatys_style_layer(f, a).backward()
    n, m = 3, 4 * 5
    difference = gram_matrix(f.detach(), "none") - gram_matrix(a, "none")
    wanted = (f.detach().reshape(n, m).T @ difference[0]).T / (n**2 * m**2)
    torch.testing.assert_close(f.grad, wanted.view_as(f))


@pytest.mark.parametrize(("weights", "spelled_out"), [(None, (0.5, 0.5)), ((1.0, 3.0), (1.0, 3.0))])
def test_layers_are_weighed_and_added_up(weights: list[float] | None, spelled_out: tuple[float, float]) -> None:
    (f1, a1), (f2, a2) = pair(), pair(channels=6)
    wanted = spelled_out[0] * gatys_style_layer(f1, a1) + spelled_out[1] * gatys_style_layer(f2, a2)
    torch.testing.assert_close(gatys_style([f1, f2], [a1, a2], weights), wanted)


def test_layers_and_weights_must_match() -> None:
    f, a = pair()
    with pytest.raises(ValueError, match="zip"):
        gatys_style([f, f], [a])

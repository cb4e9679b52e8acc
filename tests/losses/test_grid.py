"""The loss that sees nothing but errors in step with the pixels of the small picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from painterly.losses import GridLoss, SuperResolutionObjective, grid_loss

PERIODS = [2, 3, 4, 8]
periods, counts = st.sampled_from(PERIODS), st.integers(1, 6)


@given(periods, counts, counts)
def test_it_is_the_mean_square_of_averages_over_equal_phases(period: int, rows: int, columns: int) -> None:
    output, target = torch.rand(2, 2, 3, rows * period, columns * period)
    error, side, squares = (output - target).double().numpy(), min(3, rows, columns), []
    for top in range(rows - side + 1):
        for left in range(columns - side + 1):
            part = error[..., period * top : period * (top + side), period * left : period * (left + side)]
            phases = [part[..., y::period, x::period].mean((-1, -2)) for y in range(period) for x in range(period)]
            squares.append(np.square(phases))
    found = grid_loss(output, target, period)
    assert float(found) == pytest.approx(np.mean(squares), rel=1e-4)
    assert torch.equal(GridLoss(period)(output, target), found)


@given(periods)
def test_of_a_grid_it_is_the_mean_square_and_of_what_averages_out_nothing(period: int) -> None:
    target = torch.rand(1, 3, 9 * period, 6 * period)
    pattern = torch.rand(period, period)
    grid = pattern.repeat(9, 6)
    torch.testing.assert_close(grid_loss(target + grid, target, period), pattern.square().mean())
    wave = torch.tensor([1.0, -2.0, 1.0]).repeat(2).repeat_interleave(period)  # zero over any three periods
    torch.testing.assert_close(grid_loss(target + wave, target, period), torch.tensor(0.0), atol=1e-10, rtol=0)
    assert grid_loss(target, target, period) == 0


def test_a_grid_of_another_phase_in_every_period_costs_less() -> None:
    target, moving = torch.zeros(1, 3, 36, 36), torch.zeros(1, 3, 36, 36)
    for place in range(9):
        moving[..., 4 * place + place % 4] = 1
    steady = torch.zeros_like(target)
    steady[..., ::4] = 1
    assert grid_loss(moving, target, 4) < grid_loss(steady, target, 4) / 2


def test_its_gradient_is_in_step_with_the_grid() -> None:
    output = torch.rand(1, 3, 12, 12).requires_grad_()
    grid_loss(output, torch.rand(1, 3, 12, 12), 4).backward()
    assert output.grad is not None
    assert torch.equal(output.grad, output.grad[..., :4, :4].repeat(1, 1, 3, 3))


@pytest.mark.parametrize("period", PERIODS)
def test_it_is_a_term_of_the_objective(period: int) -> None:
    output, target = torch.rand(2, 1, 3, 48, 48)
    terms = SuperResolutionObjective(None, grid=5.0, period=period)(output, target)
    assert set(terms) == {"grid"}
    torch.testing.assert_close(terms["grid"], 5 * grid_loss(output, target, period))

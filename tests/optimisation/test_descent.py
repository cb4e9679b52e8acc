"""Descent within [0, 1], on objectives whose minimum is known and on activations of a small loss network."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from painterly.encoders import load_loss_network
from painterly.losses import WEIGHTINGS, StyleObjective
from painterly.optimisation.descent import METHODS, Descent, Method

Terms = Callable[[Tensor], dict[str, Tensor]]
SHAPE = (1, 3, 4, 4)
methods = pytest.mark.parametrize("method", METHODS)

conditions = pytest.mark.parametrize("condition", [1, 10, 100])


def bowl(minimum: Tensor, condition: float = 1.0) -> Terms:
    """(x - m)^T A (x - m) / 2 with eigenvalues of A from 1 to `condition`, and its axes askew to those of pixels."""
    matrix = hessian(minimum.numel(), condition).to(minimum.dtype)

    def terms(picture: Tensor) -> dict[str, Tensor]:
        away = (picture - minimum).flatten()
        return {"bowl": 0.5 * away @ matrix @ away}

    return terms


def hessian(size: int, condition: float) -> Tensor:
    axes, _ = torch.linalg.qr(torch.randn(size, size, generator=torch.Generator().manual_seed(0)).double())
    eigenvalues: Tensor = torch.logspace(0, float(np.log10(condition)), size).double()
    matrix: Tensor = (axes * eigenvalues) @ axes.T
    return matrix


@pytest.fixture
def features(vgg_file: Path) -> Terms:
    """Style transfer to the activations of a random loss network, from a photograph that is black and white."""
    network = load_loss_network(str(vgg_file))
    objective = StyleObjective(network, torch.rand(1, 3, 24, 24), WEIGHTINGS["modern"])
    wanted = objective.contents(torch.rand(1, 3, 24, 32))
    return lambda picture: objective(picture, wanted)


def totals(descent: Descent, iterations: int) -> list[float]:
    return [iteration.total for iteration in descent.run(iterations)]


@methods
def test_the_minimum_is_found_and_cut_off_where_it_lies_outside(method: Method) -> None:
    minimum = 3 * torch.rand(SHAPE) - 1
    assert (minimum < 0).any()
    assert (minimum > 1).any()
    *_, last = Descent(bowl(minimum), torch.rand(SHAPE), method=method).run(30 if method == "lbfgs" else 100)
    torch.testing.assert_close(last.picture, minimum.clamp(0, 1), atol=2e-3, rtol=0)


@methods
def test_a_minimum_inside_is_found_in_a_narrow_valley(method: Method) -> None:
    minimum = 0.3 + 0.4 * torch.rand(SHAPE)
    *_, last = Descent(bowl(minimum, 30), torch.rand(SHAPE), method=method).run(60 if method == "lbfgs" else 150)
    torch.testing.assert_close(last.picture, minimum, atol=5e-3, rtol=0)


@methods
def test_every_picture_is_within_range(method: Method, features: Terms) -> None:
    for objective, start in ((bowl(4 * torch.rand(SHAPE) - 1.5, 9), SHAPE), (features, (1, 3, 24, 32))):
        for iteration in Descent(objective, 2 * torch.rand(start) - 0.5, method=method).run(6):
            assert iteration.picture.min() >= 0
            assert iteration.picture.max() <= 1
            assert np.isfinite(iteration.total)


@conditions
def test_lbfgs_never_goes_up(condition: float) -> None:
    objective = bowl((3 * torch.rand(SHAPE) - 1).double(), condition)
    curve = totals(Descent(objective, torch.full(SHAPE, 0.5).double()), 40)
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(curve))
    assert curve[-1] < curve[0]


def test_lbfgs_does_not_go_up_on_activations(features: Terms) -> None:
    curve = totals(Descent(features, torch.rand(1, 3, 24, 32).round()), 10)
    assert all(after <= before * (1 + 1e-5) for before, after in pairwise(curve))
    assert curve[-1] < 0.95 * curve[0]


@conditions
def test_lbfgs_is_as_good_as_scipy_s_with_bounds(condition: float) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    minimum = (3 * torch.rand(SHAPE) - 1).double()
    matrix, goal = hessian(minimum.numel(), condition).numpy(), minimum.flatten().numpy()

    def value_and_gradient(x: Any) -> tuple[float, Any]:
        return 0.5 * (x - goal) @ matrix @ (x - goal), matrix @ (x - goal)

    wanted = optimize.minimize(
        value_and_gradient, np.full(goal.shape, 0.5), jac=True, method="L-BFGS-B", bounds=[(0, 1)] * goal.size
    )
    found = totals(Descent(bowl(minimum, condition), torch.full(SHAPE, 0.5).double()), 100)[-1]
    assert found == pytest.approx(wanted.fun, rel=1e-3)


@methods
@pytest.mark.parametrize("steps", [0, 1, 4])
def test_a_descent_in_two_parts_equals_one_in_one_part(method: Method, steps: int, features: Terms) -> None:
    start = torch.rand(1, 3, 24, 32)
    whole = list(Descent(features, start, method=method).run(9))

    first = Descent(features, start, method=method)
    for _ in range(steps):
        first.step()
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = Descent(features, torch.zeros_like(start), method=method)
    second.load_state_dict(torch.load(file, weights_only=True))
    rest = list(second.run(9))

    assert [iteration.number for iteration in rest] == list(range(steps, 10))
    for before, after in zip(whole[steps:], rest, strict=True):
        assert torch.equal(before.picture, after.picture)
        assert before.terms == after.terms


@methods
def test_a_state_is_not_changed_by_going_on(method: Method, features: Terms) -> None:
    start = torch.rand(1, 3, 24, 32)
    first, second = (Descent(features, start, method=method) for _ in range(2))
    states = [first.step(), first.step()]
    kept = first.state_dict()
    states += [first.step(), first.step()]
    second.load_state_dict(kept)
    *_, last = second.run(4)
    assert torch.equal(last.picture, states[-1].picture)


@methods
def test_at_the_minimum_nothing_moves(method: Method) -> None:
    minimum = torch.rand(SHAPE)
    for goal, start in ((minimum, minimum), (minimum + 2, torch.ones(SHAPE))):
        for iteration in Descent(bowl(goal), start, method=method).run(4):
            torch.testing.assert_close(iteration.picture, start)
            assert np.isfinite(iteration.total)


def test_lbfgs_goes_on_after_a_standstill_that_was_saved() -> None:
    descent = Descent(bowl(torch.full(SHAPE, 2.0)), torch.ones(SHAPE))
    descent.step()
    other = Descent(bowl(torch.full(SHAPE, 0.25)), torch.rand(SHAPE))
    other.load_state_dict(descent.state_dict())
    *_, last = other.run(8)
    torch.testing.assert_close(last.picture, torch.full(SHAPE, 0.25))


@methods
def test_the_start_is_followed_by_as_many_states_as_asked_for(method: Method) -> None:
    start = torch.rand(SHAPE)
    descent = Descent(bowl(torch.zeros(SHAPE)), start, method=method)
    states = list(descent.run(3))
    assert [state.number for state in states] == [0, 1, 2, 3]
    assert torch.equal(states[0].picture, start)
    assert [state.number for state in descent.run(5)] == [3, 4, 5]


@methods
def test_pictures_are_copies(method: Method) -> None:
    start = torch.rand(SHAPE)
    descent = Descent(bowl(torch.zeros(SHAPE)), start, method=method)
    before = start.clone()
    first = next(descent.run(2))
    first.picture.fill_(0.5)
    assert torch.equal(descent.picture, before)
    second = descent.step()
    kept = second.picture.clone()
    descent.step()
    assert torch.equal(second.picture, kept)
    assert torch.equal(start, before)


@methods
def test_no_picture_is_judged_twice(method: Method, features: Terms) -> None:
    seen: list[Tensor] = []

    def watched(picture: Tensor) -> dict[str, Tensor]:
        seen.append(picture.detach().clone())
        return features(picture)

    descent = Descent(watched, torch.rand(1, 3, 24, 32), method=method)
    *_, last = descent.run(5)
    assert last.evaluations == len(seen)
    assert not any(torch.equal(a, b) for index, a in enumerate(seen) for b in seen[:index])
    if method == "adam":
        assert len(seen) == 6
    descent.state()
    assert len(seen) == last.evaluations

"""Changing a picture until it fits an objective: projected L-BFGS, as in the paper (section 4.1), or Adam."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

__all__ = ["METHODS", "Iteration", "Method", "descend"]

Method = Literal["lbfgs", "adam"]
"""L-BFGS with a strong-Wolfe line search, or Adam."""

METHODS = get_args(Method)

Terms = Callable[[Tensor], dict[str, Tensor]]
"""From a picture to the weighted terms of the objective, scalars by name."""


@dataclass(frozen=True)
class Iteration:
    """Where a descent stands.

    Attributes:
        number: Iterations done; 0 is the start.
        picture: The picture, within [0, 1], shape (B, 3, H, W).
        terms: The objective's terms at this picture, by name.
        evaluations: How often the objective and its gradient have been computed so far.
    """

    number: int
    picture: Tensor
    terms: dict[str, float]
    evaluations: int

    @property
    def total(self) -> float:
        """The objective."""
        return sum(self.terms.values())


def descend(
    objective: Terms,
    start: Tensor,
    *,
    iterations: int,
    method: Method = "lbfgs",
    learning_rate: float | None = None,
    history: int = 20,
) -> Iterator[Iteration]:
    """Lower an objective, one iteration at a time, keeping every pixel within [0, 1].

    Args:
        objective: What to lower.
        start: Where to begin, RGB in [0, 1], shape (B, 3, H, W).
        iterations: How many iterations.
        method: See `Method`.
        learning_rate: Step of Adam in pixel values (0.03 by default), or first step length of L-BFGS (1).
        history: Pairs of steps and gradients from which L-BFGS knows the curvature.

    Yields:
        The start and the state after each iteration. Its picture is a copy that stays as it is.
    """
    picture = start.detach().clamp(0, 1).contiguous(memory_format=torch.channels_last).clone()
    picture.requires_grad_()
    evaluate = _Evaluation(objective, picture)
    optimizer: torch.optim.Optimizer
    if method == "adam":
        optimizer = torch.optim.Adam([picture], learning_rate or 0.03)
    else:
        optimizer = torch.optim.LBFGS(
            [picture],
            learning_rate or 1.0,
            max_iter=1,
            history_size=history,
            line_search_fn="strong_wolfe",
            tolerance_grad=0.0,
            tolerance_change=0.0,
        )
    evaluate()
    yield evaluate.state(0)
    for number in range(1, iterations + 1):
        optimizer.step(evaluate)
        with torch.no_grad():
            picture.clamp_(0, 1)  # the projection: the paper clips to the range of pixels at each iteration
        evaluate()
        yield evaluate.state(number)


class _Evaluation:
    """Objective and gradient at the picture as it is; not computed again where they are known already.

    L-BFGS asks at the start of a step for what the line search found at the end of the one before, and so does the
    report after it.
    """

    def __init__(self, objective: Terms, picture: Tensor) -> None:
        self.objective, self.picture = objective, picture
        self.count = 0
        self._known: list[tuple[Tensor, Tensor, dict[str, float], Tensor]] = []
        self._terms: dict[str, float] = {}

    @torch.enable_grad()
    def __call__(self) -> Tensor:
        place = self.picture.detach()
        for where, loss, terms, gradient in reversed(self._known):
            if torch.equal(where, place):
                self.picture.grad = gradient.clone()
                self._terms = terms
                return loss
        self.picture.grad = None
        values = self.objective(self.picture)
        loss = torch.stack(list(values.values())).sum()
        loss.backward()
        self.count += 1
        assert self.picture.grad is not None
        self._terms = {name: float(value.detach()) for name, value in values.items()}
        self._known = [*self._known[-2:], (place.clone(), loss.detach(), self._terms, self.picture.grad.clone())]
        return loss.detach()

    def state(self, number: int) -> Iteration:
        """What there is to say after an iteration, at whose picture the objective was evaluated last."""
        return Iteration(number, self.picture.detach().clone(), dict(self._terms), self.count)

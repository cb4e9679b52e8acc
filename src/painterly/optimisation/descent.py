"""Changing a picture until it fits an objective: projected L-BFGS, as in the paper (section 4.1), or Adam."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import torch
from torch import Tensor

from painterly.optimisation.projected_lbfgs import Judged, ProjectedLBFGS

__all__ = ["METHODS", "Descent", "Iteration", "Method"]

Method = Literal["lbfgs", "adam"]
"""L-BFGS with projection onto [0, 1], or Adam with clipping."""

METHODS = get_args(Method)

Terms = Callable[[Tensor], dict[str, Tensor]]
"""From a picture to the weighted terms of the objective, scalars by name."""


class Differentiable(Protocol):
    """An objective that computes its own gradient."""

    def differentiate(self, picture: Tensor) -> tuple[dict[str, float], Tensor]:
        """The weighted terms by name, and the gradient of their sum, of the picture's shape."""


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


class Descent:
    """Lowers an objective, one iteration at a time, keeping every pixel within [0, 1].

    Args:
        objective: What to lower: a function for autograd, or one that computes its own gradient.
        start: Where to begin, RGB in [0, 1], shape (B, 3, H, W).
        method: See `Method`.
        learning_rate: Step of Adam in pixel values; L-BFGS finds its own.
        history: Pairs of steps and gradients from which L-BFGS knows the curvature.
    """

    def __init__(
        self,
        objective: Terms | Differentiable,
        start: Tensor,
        *,
        method: Method = "lbfgs",
        learning_rate: float = 0.03,
        history: int = 20,
    ) -> None:
        self.objective, self.number, self.evaluations = objective, 0, 0
        begin = start.detach().clamp(0, 1).contiguous().clone()
        self._stepper: ProjectedLBFGS | _ClippedAdam
        if method == "adam":
            self._stepper = _ClippedAdam(self._judge, begin, learning_rate)
        else:
            self._stepper = ProjectedLBFGS(self._judge, begin, history)

    @property
    def picture(self) -> Tensor:
        """The picture as it is."""
        return self._stepper.at.picture

    def state(self) -> Iteration:
        """Where it stands; the picture is a copy."""
        at = self._stepper.at
        return Iteration(self.number, at.picture.clone(), dict(at.terms), self.evaluations)

    def step(self) -> Iteration:
        """One iteration."""
        self._stepper.step()
        self.number += 1
        return self.state()

    def run(self, iterations: int) -> Iterator[Iteration]:
        """Where it stands, and then the state after each iteration until so many have been done in all."""
        yield self.state()
        while self.number < iterations:
            yield self.step()

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on as if never stopped; safe for `torch.load` with `weights_only`."""
        return {"number": self.number, "evaluations": self.evaluations, "stepper": self._stepper.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken."""
        self._stepper.load_state_dict(state["stepper"])
        self.number, self.evaluations = state["number"], state["evaluations"]

    def _judge(self, picture: Tensor) -> Judged:
        self.evaluations += 1
        at = picture.detach().clone()
        terms, gradient = _differentiate(self.objective, at)
        return Judged(at, sum(terms.values()), terms, gradient.contiguous())


@torch.enable_grad()
def _differentiate(objective: Terms | Differentiable, picture: Tensor) -> tuple[dict[str, float], Tensor]:
    if callable(objective):
        leaf: Any = picture.detach().requires_grad_()
        values = objective(leaf.contiguous(memory_format=torch.channels_last))
        torch.stack(list(values.values())).sum().backward()
        return {name: float(value.detach()) for name, value in values.items()}, leaf.grad
    return objective.differentiate(picture)


class _ClippedAdam:
    """Adam, clipped to [0, 1] after each step."""

    def __init__(self, judge: Callable[[Tensor], Judged], start: Tensor, learning_rate: float) -> None:
        self.judge, self.at = judge, judge(start)
        self._leaf = start.clone().requires_grad_()
        self._adam = torch.optim.Adam([self._leaf], learning_rate)

    def step(self) -> None:
        self._leaf.grad = self.at.gradient
        self._adam.step()
        with torch.no_grad():
            self._leaf.clamp_(0, 1)
        self.at = self.judge(self._leaf)

    def state_dict(self) -> dict[str, Any]:
        return {"picture": self.at.picture.clone(), "adam": copy.deepcopy(self._adam.state_dict())}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            self._leaf.copy_(state["picture"])
        self._adam.load_state_dict(copy.deepcopy(state["adam"]))
        self.at = self.judge(self._leaf)

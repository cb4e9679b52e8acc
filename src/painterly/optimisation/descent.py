"""Changing a picture until it fits an objective: projected L-BFGS, as in the paper (section 4.1), or Adam."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

__all__ = ["METHODS", "Descent", "Iteration", "Method"]

Method = Literal["lbfgs", "adam"]
"""L-BFGS with a strong-Wolfe line search, or Adam."""

METHODS = get_args(Method)

_FIRST_CHANGE = 0.01
"""Root mean square of the change of pixels in the first step of L-BFGS."""

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


class Descent:
    """Lowers an objective, one iteration at a time, keeping every pixel within [0, 1].

    Args:
        objective: What to lower.
        start: Where to begin, RGB in [0, 1], shape (B, 3, H, W).
        method: See `Method`.
        learning_rate: Step of Adam in pixel values (0.03 by default), or first step length of L-BFGS (1).
        history: Pairs of steps and gradients from which L-BFGS knows the curvature.
    """

    def __init__(
        self,
        objective: Terms,
        start: Tensor,
        *,
        method: Method = "lbfgs",
        learning_rate: float | None = None,
        history: int = 20,
    ) -> None:
        self.picture = start.detach().clamp(0, 1).contiguous().clone()
        self.picture.requires_grad_()
        self.number = 0
        self._evaluate = _Evaluation(objective, self.picture)
        self._method, self._rate, self._history = method, learning_rate, history
        if method == "lbfgs":
            # Steepest descent, which L-BFGS begins with and falls back on, then changes pixels by 0.01 or so whatever
            # the units of the objective are, and torch, which forgets curvature below 1e-10, forgets none.
            self._evaluate()
            assert self.picture.grad is not None
            self._evaluate.scale = _FIRST_CHANGE / float(self.picture.grad.square().mean().sqrt().clamp_min(1e-30))
            self._evaluate.forget()
        self._optimizer = self._fresh()

    def _fresh(self) -> torch.optim.Optimizer:
        if self._method == "adam":
            return torch.optim.Adam([self.picture], self._rate or 0.03)
        self._evaluate()
        assert self.picture.grad is not None
        length = float(self.picture.grad.abs().sum())
        return torch.optim.LBFGS(
            [self.picture],
            max(1.0, length),  # torch divides its first step by this; from the second on it is set to the rate
            max_iter=1,
            history_size=self._history,
            line_search_fn="strong_wolfe",
            tolerance_grad=0.0,
            tolerance_change=0.0,
        )

    def state(self) -> Iteration:
        """Where it stands."""
        self._evaluate()
        terms, count = dict(self._evaluate.terms), self._evaluate.count
        return Iteration(self.number, self.picture.detach().clone(), terms, count)

    def step(self) -> Iteration:
        """One iteration."""
        before = self.picture.detach().clone()
        self._optimizer.step(self._evaluate)  # type: ignore[arg-type]
        with torch.no_grad():
            self.picture.clamp_(0, 1)  # the projection: the paper clips to the range of pixels at each iteration
        if self._method == "lbfgs":
            self._correct_history(before)
        self.number += 1
        return self.state()

    def _correct_history(self, before: Tensor) -> None:
        """Tell L-BFGS how far the projection let it go, or let it forget a history that leads nowhere."""
        self._optimizer.param_groups[0]["lr"] = self._rate or 1.0
        memory = self._optimizer.state[self.picture]
        moved = self.picture.detach() - before
        if not moved.any():
            self._optimizer = self._fresh()
        elif memory["t"]:
            memory["d"] = moved.flatten() / memory["t"]

    def run(self, iterations: int) -> Iterator[Iteration]:
        """Where it stands, and then the state after each iteration until so many have been done in all."""
        yield self.state()
        while self.number < iterations:
            yield self.step()

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on as if never stopped; safe for `torch.load` with `weights_only`."""
        optimizer = self._optimizer.state_dict()
        return {
            "number": self.number,
            "evaluations": self._evaluate.count,
            "scale": self._evaluate.scale,
            "picture": self.picture.detach().clone(),
            "optimizer": optimizer,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was taken."""
        with torch.no_grad():
            self.picture.copy_(state["picture"])
        self.number, self._evaluate.count = state["number"], state["evaluations"]
        self._evaluate.scale = state["scale"]
        self._evaluate.forget()
        self._optimizer.load_state_dict(state["optimizer"])


class _Evaluation:
    """Objective and gradient at the picture as it is; not computed again where they are known already.

    L-BFGS asks at the start of a step for what the line search found at the end of the one before, and so does the
    report after it.
    """

    def __init__(self, objective: Terms, picture: Tensor) -> None:
        self.objective, self.picture = objective, picture
        self.scale = 1.0
        self.count = 0
        self._known: list[tuple[Tensor, Tensor, dict[str, float], Tensor]] = []
        self.terms: dict[str, float] = {}

    def forget(self) -> None:
        """Forget what was found, because the scale has changed."""
        self._known.clear()

    @torch.enable_grad()
    def __call__(self) -> Tensor:
        place = self.picture.detach()
        for where, loss, terms, known in reversed(self._known):
            if torch.equal(where, place):
                self.picture.grad = known.clone()
                self.terms = terms
                return loss
        picture: Any = self.picture  # whose gradient the next lines change behind the type checker's back
        picture.grad = None
        values = self.objective(picture.contiguous(memory_format=torch.channels_last))
        loss = torch.stack(list(values.values())).sum() * self.scale
        loss.backward()
        self.count += 1
        gradient: Tensor = picture.grad.contiguous()  # L-BFGS views it as one row
        picture.grad = gradient
        self.terms = {name: float(value.detach()) for name, value in values.items()}
        self._known = [*self._known[-2:], (place.clone(), loss.detach(), self.terms, gradient.clone())]
        return loss.detach()

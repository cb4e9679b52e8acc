"""L-BFGS with projection onto the range of pixels at each iteration (paper, section 4.1).

torch's L-BFGS knows no bounds. Clipping after its line search undoes part of the step that the search has judged, so
that the objective may rise and pixels at the edge of the range mislead the curvature. Here pixels that are held at an
edge take no part in the step, and the line search judges clipped pictures only (Bertsekas 1982).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

__all__ = ["Judged", "ProjectedLBFGS"]

_FIRST_CHANGE = 0.01
"""Root mean square of the change of pixels where nothing is known of the curvature, in any units of the objective."""

_TRIALS = 25
"""Steps that a line search tries before it gives up."""


class Judged(NamedTuple):
    """A picture, the objective there, its terms by name, and its gradient."""

    picture: Tensor
    total: float
    terms: dict[str, float]
    gradient: Tensor


class ProjectedLBFGS:
    """Minimises a function of a picture within [0, 1].

    Args:
        judge: From a picture to the objective and its gradient there.
        start: Where to begin, within [0, 1].
        history: Pairs of steps and changes of the gradient that are remembered.

    Attributes:
        at: The newest picture and what is known of it; the objective never rises from one to the next.
    """

    def __init__(self, judge: Callable[[Tensor], Judged], start: Tensor, history: int = 20) -> None:
        self.judge, self.history = judge, history
        self.at = judge(start)
        self.pairs: list[tuple[Tensor, Tensor]] = []

    def step(self) -> None:
        """One iteration; where no step leads down, the picture stays and the history is forgotten."""
        here = self.at
        held = ((here.picture <= 0) & (here.gradient > 0)) | ((here.picture >= 1) & (here.gradient < 0))
        free = (~held).flatten()
        gradient = here.gradient.flatten() * free
        if not gradient.any():
            return
        direction = self._direction(gradient, free)
        if float(direction @ gradient) >= 0:
            direction = _steepest(gradient)
        found = self._search(direction.view_as(here.picture))
        if found is None:
            self.pairs.clear()
            return
        pair = ((found.picture - here.picture).flatten(), (found.gradient - here.gradient).flatten())
        self.pairs = [*self.pairs, pair][-self.history :]
        self.at = found

    def _direction(self, gradient: Tensor, free: Tensor) -> Tensor:
        """The two-loop recursion among the free pixels (Nocedal 1980)."""
        pairs = []
        for step, change in self.pairs:
            s, y = step * free, change * free
            curvature = float(s @ y)
            if curvature > 1e-10 * float(y @ y):
                pairs.append((s, y, curvature))
        if not pairs:
            return _steepest(gradient)
        q, shares = gradient.clone(), []
        for s, y, curvature in reversed(pairs):
            shares.append(float(s @ q) / curvature)
            q -= shares[-1] * y
        _, y, curvature = pairs[-1]
        q *= curvature / float(y @ y)
        for (s, y, curvature), share in zip(pairs, reversed(shares), strict=True):
            q += (share - float(y @ q) / curvature) * s
        return -q * free

    def _search(self, direction: Tensor) -> Judged | None:
        """The first of ever shorter steps, clipped, that lowers the objective enough (Armijo)."""
        here, length = self.at, 1.0
        for _ in range(_TRIALS):
            found = self.judge((here.picture + length * direction).clamp(0, 1))
            slope = float(((found.picture - here.picture) * here.gradient).sum())
            if found.total <= here.total + 1e-4 * slope and found.total < here.total:
                return found
            excess = found.total - here.total - slope  # over the straight line: where a parabola has its minimum
            length *= min(0.5, max(0.1, -slope / (2 * excess))) if excess > 0 else 0.5
        return None

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on; safe for `torch.load` with `weights_only`."""
        return {"picture": self.at.picture.clone(), "pairs": [(s.clone(), y.clone()) for s, y in self.pairs]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken."""
        self.at = self.judge(state["picture"].to(self.at.picture.device))
        self.pairs = [(s.to(self.at.picture.device), y.to(self.at.picture.device)) for s, y in state["pairs"]]


def _steepest(gradient: Tensor) -> Tensor:
    size = float(gradient.square().mean().sqrt().clamp_min(torch.finfo(torch.float32).tiny))
    return gradient * (-_FIRST_CHANGE / size)

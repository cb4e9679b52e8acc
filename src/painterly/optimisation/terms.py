"""The objective of style transfer as a function of the picture alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from painterly.losses.objective import StyleObjective

__all__ = ["picture_terms"]


def picture_terms(
    objective: StyleObjective, photograph: Tensor, mixes: bool = False
) -> Callable[[Tensor], dict[str, Tensor]]:
    """An objective for one photograph, whose activations are computed once, here.

    Args:
        objective: What to lower.
        photograph: What the picture should show, RGB in [0, 1], shape (1, 3, H, W).
        mixes: Whether the loss network runs in bfloat16.

    Returns:
        A function from a picture of the photograph's size to the weighted terms.
    """

    def autocast() -> torch.autocast:
        return torch.autocast(photograph.device.type, torch.bfloat16, enabled=mixes)

    with autocast():
        wanted = objective.contents(photograph)

    def terms(picture: Tensor) -> dict[str, Tensor]:
        with autocast():
            found: dict[str, Tensor] = objective(picture, wanted)
        return found

    return terms

"""The objective of style transfer as a function of the picture alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from painterly.losses.objective import StyleObjective
from painterly.losses.tiled_objective import TiledObjective
from painterly.memory import available_memory
from painterly.optimisation.descent import Differentiable

__all__ = ["choose_tile", "picture_objective", "picture_terms"]

_TILE = 512
"""Side of tiles in pixels: three fifths of what is looked at counts, and 1.3 GB are enough."""

_BYTES_PER_PIXEL = 3700
"""What the activations and gradients of a VGG-19 take in float32 for each pixel of a picture, measured."""


def picture_objective(
    objective: StyleObjective, photograph: Tensor, *, tile: str = "auto", mixes: bool = False
) -> Callable[[Tensor], dict[str, Tensor]] | Differentiable:
    """An objective for one photograph that fits into memory.

    Args:
        objective: What to lower.
        photograph: What the picture should show, RGB in [0, 1], shape (1, 3, H, W).
        tile: "off" for the whole picture at once, a multiple of 16 for tiles of so many pixels, or "auto".
        mixes: Whether the loss network runs in bfloat16.
    """
    side = choose_tile(photograph) if tile == "auto" else None if tile == "off" else int(tile)
    if side is None or max(photograph.shape[-2:]) <= side:
        return picture_terms(objective, photograph, mixes)
    return TiledObjective(objective, photograph, side, mixes)


def choose_tile(photograph: Tensor) -> int | None:
    """Side of tiles for a picture whose activations would take more than half of the free memory, else None."""
    if photograph.device.type == "cuda":
        free: int | None = torch.cuda.mem_get_info(photograph.device)[0]
    else:
        free = available_memory()
    height, width = photograph.shape[-2:]
    return _TILE if free is not None and height * width * _BYTES_PER_PIXEL > free / 2 else None


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

"""What layers cost and how far they see: the argument for down-sampling (paper, section 3.1)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["LayerCost", "downsampling_argument", "multiplications", "receptive_field"]


def multiplications(network: nn.Module, pictures: Tensor) -> int:
    """Multiplications (each with an addition) in the convolutions of one pass, as torch counts them.

    Args:
        network: Any network.
        pictures: What it takes.

    Example:
        >>> multiplications(nn.Conv2d(8, 8, 3, padding=1), torch.zeros(1, 8, 10, 10)) == 9 * 8 * 8 * 10 * 10
        True
    """
    from torch.utils.flop_counter import FlopCounterMode

    copied = copy.deepcopy(network).eval()  # a pass in training mode would change statistics
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        copied(pictures)
    return int(counter.get_total_flops()) // 2


def receptive_field(network: nn.Module, pictures: Tensor, outputs: int = 4) -> int:
    """How many pixels in a row can change one pixel of the output.

    Measured, not derived: in a copy whose weights are all positive, so that nothing cancels and no ReLU closes, every
    pixel that is looked at has a gradient. Of several neighbouring outputs the one that sees farthest counts, since
    those on a coarse grid do not all see equally far.

    Args:
        network: From (1, C, H, W) to (1, C', H', W'), without normalisation over the whole picture.
        pictures: Positive ones, wider than the field, shape (1, C, H, W).
        outputs: How many neighbours; as many as the coarsest grid's stride.

    Example:
        >>> receptive_field(nn.Conv2d(1, 1, 3, padding=1), torch.rand(1, 1, 9, 9))
        3
    """
    positive = copy.deepcopy(network).double().eval()
    with torch.no_grad():
        for parameter in positive.parameters():
            parameter.fill_(1 / max(1, parameter[0].numel()))
    leaf = pictures.detach().double().requires_grad_()
    with torch.enable_grad():
        output = positive(leaf).sum(1)[0]
    middle, widest = (side // 2 for side in output.shape), 0
    row, column = middle
    for offset in range(outputs):
        (gradient,) = torch.autograd.grad(
            output[row, min(column + offset, output.shape[1] - 1)], leaf, retain_graph=True
        )
        seen = gradient.abs().sum((0, 1, 2)).nonzero().flatten()
        widest = max(widest, int(seen[-1] - seen[0]) + 1)
    return widest


@dataclass(frozen=True)
class LayerCost:
    """3x3 convolutions at one resolution.

    Attributes:
        factor: D, by which the picture was made smaller.
        channels: D C of them, so that the cost stays.
        layers: Convolutions, one after the other.
        multiplications: Counted in one pass, of them all.
        formula: 9 (D C)^2 (H / D) (W / D) for each.
        field: Receptive field in pixels of the picture, measured.
    """

    factor: int
    channels: int
    layers: int
    multiplications: int
    formula: int
    field: int

    def to_dict(self) -> dict[str, Any]:
        """The cost as plain JSON values."""
        return dict(vars(self))


def downsampling_argument(
    channels: int = 8, size: int = 128, factors: Sequence[int] = (1, 2, 4), layers: Sequence[int] = (1, 2, 4)
) -> list[LayerCost]:
    """The paper's argument, counted: at 1/D of the resolution, D C channels cost the same and see D times as far.

    Args:
        channels: C, at full resolution.
        size: H = W.
        factors: D.
        layers: How many 3x3 convolutions.
    """
    rows = []
    for factor in factors:
        for count in layers:
            wide, small = factor * channels, size // factor
            convolutions = nn.Sequential(*(nn.Conv2d(wide, wide, 3, padding=1, bias=False) for _ in range(count)))
            features = torch.ones(1, wide, small, small)
            rows.append(
                LayerCost(
                    factor,
                    wide,
                    count,
                    multiplications(convolutions, features),
                    count * 9 * wide**2 * small**2,
                    receptive_field(convolutions, features, 1) * factor,
                )
            )
    return rows

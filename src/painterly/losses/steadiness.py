"""How little a painting changes where its photograph hardly does: what keeps films from flickering.

A network that was trained on still photographs alone paints two frames of a film that look the same quite differently.
No film is needed to cure it: a photograph shifted by a pixel or two, a little larger, a little brighter, with a little
noise, is the next frame, and how it moved is known exactly.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.networks.padding import reflection_pad

__all__ = ["Movement", "disturb", "move", "movements", "steadiness"]

_REACH = 4
"""Pixels that a photograph is shifted by at most."""

_ZOOM, _LIGHT, _NOISE = 0.02, 0.05, 0.02
"""How much larger or smaller, brighter or darker, at most; and the deviation of the noise, for values in [0, 1]."""

_MARGIN = 16
"""Pixels at the border that are not compared: what moved in there nobody knows."""


@dataclass(frozen=True)
class Movement:
    """What happens to a photograph until the next frame.

    Attributes:
        down: Pixels; whole ones where there is no zoom, so that nothing is interpolated.
        right: Likewise.
        zoom: Factor.
        light: Factor.
        seed: Of the noise.
    """

    down: float
    right: float
    zoom: float = 1.0
    light: float = 1.0
    seed: int = 0


def movements(samples: Sequence[int], seed: int) -> list[Movement]:
    """A movement for each sample, which follows from the seed and the sample's number alone.

    Every other one is a shift by whole pixels, which blurs nothing; the others are zoomed, and shifted by parts too.
    """
    found = []
    for sample in samples:
        dice = random.Random(f"{seed}/steady/{sample}")
        light, noise = 1 + _LIGHT * (2 * dice.random() - 1), dice.getrandbits(32)
        down, right = (dice.uniform(-_REACH, _REACH) for _ in range(2))
        zoom = 1 + _ZOOM * (2 * dice.random() - 1)
        if sample % 2:
            down, right, zoom = round(down), round(right), 1.0
        found.append(Movement(down, right, zoom, light, noise))
    return found


def move(pictures: Tensor, how: Sequence[Movement]) -> Tensor:
    """Shift and zoom pictures; what comes in from beyond the border is a reflection.

    Args:
        pictures: Shape (B, C, H, W).
        how: A movement for each.

    Returns:
        The same shape.
    """
    return torch.cat([_moved(picture, one) for picture, one in zip(pictures.split(1), how, strict=True)])


def disturb(photographs: Tensor, how: Sequence[Movement]) -> Tensor:
    """The next frames of photographs: moved, brighter or darker, and with noise, in [0, 1]; shape (B, 3, H, W)."""
    moved = move(photographs, how)
    frames = []
    for frame, one in zip(moved.split(1), how, strict=True):
        generator = torch.Generator().manual_seed(one.seed)
        noise = torch.randn(frame.shape, generator=generator).to(frame)
        frames.append(frame * one.light + _NOISE * noise)
    return torch.cat(frames).clamp(0, 1)


def steadiness(paintings: Tensor, next_paintings: Tensor, how: Sequence[Movement]) -> Tensor:
    """Mean squared difference between paintings that moved along, and the paintings of the next frames.

    Args:
        paintings: Of the photographs, shape (B, 3, H, W).
        next_paintings: Of what `disturb` makes of them.
        how: The movements.

    Returns:
        A scalar, zero for a network that paints what it sees where it sees it.
    """
    m = min(_MARGIN, (min(paintings.shape[-2:]) - 1) // 4)
    inner = (..., slice(m, paintings.shape[-2] - m), slice(m, paintings.shape[-1] - m))
    return F.mse_loss(move(paintings.float(), how)[inner], next_paintings.float()[inner])


def _moved(picture: Tensor, how: Movement) -> Tensor:
    height, width = picture.shape[-2:]
    reach = math.ceil(max(abs(how.down), abs(how.right)))
    if how.zoom == 1.0 and how.down == round(how.down) and how.right == round(how.right):
        wide = reflection_pad(picture, reach, reach, reach, reach)
        top, left = reach - round(how.down), reach - round(how.right)
        return wide[..., top : top + height, left : left + width]
    scale = torch.tensor([[1 / how.zoom, 0, -2 * how.right / width], [0, 1 / how.zoom, -2 * how.down / height]])
    grid = F.affine_grid(scale.to(picture).unsqueeze(0), [1, 1, height, width], align_corners=False)
    return F.grid_sample(picture, grid, mode="bicubic", padding_mode="reflection", align_corners=False)

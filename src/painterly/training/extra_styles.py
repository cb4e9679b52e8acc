"""Styles made of what is at hand, so that a network learns to take on styles and not just the few that it is shown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.data.crops import CropDataset
from painterly.data.photos import Photos
from painterly.images.reading import read_picture, resize_longest
from painterly.images.tensors import to_tensor

__all__ = ["extra_styles", "turn_colours"]

_SIDE = 1024
"""Longest side at which paintings are cut up."""


def extra_styles(
    count: int, paintings: Sequence[Path], photos: Photos, indices: Sequence[int], size: int, seed: int
) -> list[Tensor]:
    """Make styles: three of four are parts of paintings at several scales, the others textures of photographs.

    Their colours are turned, so that no two are alike.

    Args:
        count: How many.
        paintings: Files.
        photos: Where textures come from.
        indices: Which of the photographs may be used.
        size: Side of the results in pixels.
        seed: Decides everything.

    Returns:
        RGB in [0, 1], shape (1, 3, size, size) each.
    """
    chance = random.Random(f"{seed}/extra styles")
    whole = [to_tensor(resize_longest(read_picture(path), _SIDE)) for path in paintings]
    textures = CropDataset(photos, indices, size, seed=seed)
    styles = []
    for number in range(count):
        if number % 4 == 3:
            part = textures[number].pixels.unsqueeze(0).float() / 255
        else:
            painting = chance.choice(whole)
            height, width = painting.shape[-2:]
            side = int(chance.uniform(0.3, 1.0) * min(height, width))
            top, left = chance.randint(0, height - side), chance.randint(0, width - side)
            part = painting[..., top : top + side, left : left + side]
            part = F.interpolate(part, (size, size), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
        styles.append(turn_colours(part, chance))
    return styles


def turn_colours(picture: Tensor, chance: random.Random) -> Tensor:
    """Turn a picture's colours about the grey axis by any angle, and change its contrast a little.

    Args:
        picture: RGB in [0, 1], shape (B, 3, H, W).
        chance: Decides.

    Returns:
        RGB of the same shape, cut off at 0 and 1.
    """
    angle = torch.tensor(chance.uniform(0, 2 * torch.pi))
    third, root = 1 / 3, (1 / 3) ** 0.5
    cosine, sine = torch.cos(angle), torch.sin(angle)
    # Rodrigues' rotation about (1, 1, 1).
    same, after, before = (
        cosine + (1 - cosine) * third,
        (1 - cosine) * third - root * sine,
        (1 - cosine) * third + root * sine,
    )
    turn = torch.stack([same, after, before, before, same, after, after, before, same]).view(3, 3)
    grey, contrast = chance.uniform(0.4, 0.6), chance.uniform(0.7, 1.3)
    return (torch.einsum("ij,bjhw->bihw", turn, (picture - grey) * contrast) + grey).clamp(0, 1)

"""The uneven canvases on which photographs lie while a style network is trained."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from painterly.images.canvas import canvas

__all__ = ["some_canvases"]

_UNEVEN = 0.75
"""The share of uneven ones: films, exported networks, and whoever asks for it are painted on an even canvas."""

_EVERYWHERE = 2**16


def some_canvases(samples: Sequence[int], seed: int, size: int, levels: float) -> Tensor:
    """Parts of the one canvas there is, from anywhere; some are even.

    Args:
        samples: Their numbers, from which and from the seed all follows.
        seed: Of the run.
        size: Side in pixels.
        levels: How uneven, in grey levels of 255.

    Returns:
        What is to be added to photographs in [0, 1], shape (B, 1, size, size).
    """
    found = []
    for sample in samples:
        dice = random.Random(f"{seed}/canvas/{sample}")
        share = np.float32(levels / 255 * (dice.random() < _UNEVEN))
        top, left = (dice.randrange(_EVERYWHERE) for _ in range(2))
        found.append(torch.from_numpy(share * canvas((top, top + size), (left, left + size)))[None])
    return torch.stack(found)

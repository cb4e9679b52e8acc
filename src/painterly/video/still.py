"""What stands still is painted alike: noise is averaged away where nothing moves, before the network magnifies it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.video.shift import moved

__all__ = ["StillFilter", "is_cut"]

_QUIET, _MOVING = 3 / 255, 6 / 255
"""Mean difference over a neighbourhood up to which nothing moves, and from which all of it does: sensor noise of two
levels stays below the first, an edge that moves lies above the second."""

_SIDE = 5
"""Of the neighbourhood, in pixels."""

_DARKER = 0.8
"""Times the brightness of a frame, at which the next is lit otherwise; below it, it shows something else."""

_CUT = 0.12
"""Mean difference of brightness from which on a frame begins another scene."""


class StillFilter:
    """A recursive average over frames, where they differ by no more than noise.

    Args:
        keep: How much of the average so far remains with each frame, from 0 to just below 1.
    """

    def __init__(self, keep: float) -> None:
        self.keep = keep
        self._average: Tensor | None = None

    def cut(self) -> None:
        """Forget everything: another scene begins."""
        self._average = None

    def __call__(self, frame: Tensor, right: int = 0, down: int = 0) -> Tensor:
        """A frame without its noise: RGB in [0, 1], shape (1, 3, H, W), to the same.

        Args:
            frame: The frame.
            right: Pixels that the camera has moved since the one before.
            down: Likewise.
        """
        before = self._average
        if before is None or before.shape != frame.shape or self.keep <= 0:
            self._average = frame
            return frame
        before = moved(before, right, down, frame)
        gain = frame.mean() / before.mean().clamp_min(1e-3)
        if _DARKER < gain < 1 / _DARKER:
            before = before * gain  # light that changes is no movement
        apart = (frame - before).abs_().mean(1, keepdim=True)
        apart = _neighbourhood(apart)
        share = apart.sub_(_QUIET).div_(_MOVING - _QUIET).clamp_(0, 1).neg_().add_(1).mul_(self.keep)
        self._average = torch.lerp(frame, before, share.expand_as(frame))
        return self._average


def _neighbourhood(x: Tensor) -> Tensor:
    """The mean around every pixel, shape (1, 1, H, W): sums of shifted pictures, several times as fast as pooling."""
    edge = _SIDE // 2
    x = F.pad(x, (edge, edge, edge, edge), mode="replicate")
    for axis in (2, 3):
        length = x.shape[axis] - 2 * edge
        parts = [x.narrow(axis, start, length) for start in range(_SIDE)]
        x = sum(parts[1:], parts[0])
    return x / _SIDE**2


def is_cut(frame: Tensor, before: Tensor) -> bool:
    """Whether a frame begins another scene.

    Args:
        frame: RGB or brightness in [0, 1], shape (1, C, H, W).
        before: The frame before it, of the same shape.
    """
    small, old = (F.adaptive_avg_pool2d(x.mean(1, keepdim=True), (9, 16)) for x in (frame, before))
    return float((small - old).abs().mean()) > _CUT

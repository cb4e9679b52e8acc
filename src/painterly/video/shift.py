"""How far a camera has turned from one frame to the next: one shift for the whole frame, by phase correlation.

This is no optical flow: two Fourier transforms of the brightness tell one pair of numbers. A style network samples its
frames on a grid, every fourth pixel in both directions, so that a picture that has moved by one pixel is painted
otherwise. Where the whole frame moves alike, the grid can move with it.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["ShiftEstimator", "moved"]

_LONGEST = 800
"""Larger frames are halved first; a shift of half a pixel is still found."""

_FARTHEST = 0.15
"""Of the side: what moves farther from one frame to the next has no strokes that an eye could follow."""

_BETTER = 0.8
"""Times the difference between two frames: what moving them has to bring it below."""


class ShiftEstimator:
    """Follows a camera. Call with one frame after the other."""

    def __init__(self) -> None:
        self._before: tuple[Tensor, Tensor] | None = None

    def cut(self) -> None:
        """Forget the last frame: another scene begins."""
        self._before = None

    def __call__(self, frame: Tensor) -> tuple[float, float]:
        """How far the camera has moved since the last frame.

        Args:
            frame: RGB or brightness in [0, 1], shape (1, C, H, W).

        Returns:
            Pixels to the right and down; what was at (x, y) is now at (x - right, y - down). Zeros where there is no
            such movement of the whole frame.
        """
        light = frame.mean(1)[0]
        halved = max(light.shape) > _LONGEST
        if halved:
            light = F.avg_pool2d(light[None], 2)[0]
        height, width = light.shape
        window = torch.hann_window(height, device=light.device)[:, None] * torch.hann_window(width, device=light.device)
        spectrum = torch.fft.rfft2((light - light.mean()) * window)
        before, self._before = self._before, (light, spectrum)
        if before is None or before[0].shape != light.shape:
            return 0.0, 0.0
        cross = before[1] * spectrum.conj()
        peaks = torch.fft.irfft2(cross / (cross.abs() + 1e-9), s=(height, width))
        top, left = divmod(int(peaks.argmax()), width)
        down, right = _signed(top, height), _signed(left, width)
        if abs(down) > _FARTHEST * height or abs(right) > _FARTHEST * width:
            return 0.0, 0.0
        if (down or right) and not _fits(before[0], light, right, down):
            return 0.0, 0.0
        fine_down = down + _between(peaks[:, left], top)
        fine_right = right + _between(peaks[top], left)
        return (2 * fine_right, 2 * fine_down) if halved else (fine_right, fine_down)


def moved(picture: Tensor, right: int, down: int, fill: Tensor) -> Tensor:
    """A picture as the camera sees it after it has moved.

    Args:
        picture: Shape (..., H, W).
        right: Pixels that the camera has moved.
        down: Likewise.
        fill: What is seen where the picture does not reach, of its shape.
    """
    if not right and not down:
        return picture
    result = fill.clone()
    new, old = _overlap(picture, right, down)
    result[new] = picture[old]
    return result


def _overlap(picture: Tensor, right: int, down: int) -> tuple[Any, Any]:
    """Where both see the same: in the new frame, and in the old."""
    height, width = picture.shape[-2:]
    new = (slice(max(0, -down), min(height, height - down)), slice(max(0, -right), min(width, width - right)))
    old = (slice(max(0, down), min(height, height + down)), slice(max(0, right), min(width, width + right)))
    return (..., *new), (..., *old)


def _fits(before: Tensor, light: Tensor, right: int, down: int) -> bool:
    """Whether frames differ less once they are moved, whatever the light."""
    before, light = (x / x.mean().clamp_min(1e-3) for x in (before, light))
    new, old = _overlap(light, right, down)
    apart = (light[new] - before[old]).abs().mean()
    return bool(apart < _BETTER * (light - before).abs().mean())


def _signed(index: int, size: int) -> int:
    return index - size if index > size // 2 else index


def _between(values: Tensor, index: int) -> float:
    """Where the top of a parabola through three neighbours lies, from the one in the middle."""
    size = len(values)
    before, top, after = (float(values[(index + step) % size]) for step in (-1, 0, 1))
    bend = before - 2 * top + after
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, 0.5 * (before - after) / bend))

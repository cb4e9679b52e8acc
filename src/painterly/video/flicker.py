"""Flicker, measured: clips whose motion is known exactly, and how much painted frames differ along it.

The clips are crops of a photograph. But for a zoom they move by whole pixels, so that following the motion needs no
interpolation, which would be mistaken for flicker. Noise and light change as a camera's do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["MOTIONS", "SyntheticClip", "frame_difference", "synthetic_clip", "warping_error"]

MOTIONS: Final = ("still", "pan", "light", "zoom")
"""A camera that does not move; one that turns; the same with light that comes and goes; one that goes nearer."""

Place = tuple[float, float, float]
"""Left and top of a crop in the photograph, and pixels of the photograph to one of the frame."""


@dataclass(frozen=True)
class SyntheticClip:
    """Frames, and where in the photograph each was taken.

    Attributes:
        frames: RGB in [0, 1], shape (T, 3, H, W).
        places: One for each.
    """

    frames: Tensor
    places: tuple[Place, ...]


def synthetic_clip(
    photograph: Tensor,
    motion: str,
    *,
    height: int = 180,
    width: int = 320,
    count: int = 24,
    noise: float = 2.0,
    seed: int = 0,
) -> SyntheticClip:
    """A clip of a photograph.

    Args:
        photograph: RGB in [0, 1], shape (1, 3, h, w); enlarged if it is too small.
        motion: One of `MOTIONS`.
        height: Of the frames.
        width: Likewise.
        count: How many.
        noise: Standard deviation of what a sensor adds, in levels of 255.
        seed: Of the noise.

    Raises:
        ValueError: There is no such motion.
    """
    if motion not in MOTIONS:
        raise ValueError(f"motion must be one of {', '.join(MOTIONS)}, not '{motion}'")
    step = (3, 1) if motion in ("pan", "light") else (0, 0)
    need = height + step[1] * count, width + step[0] * count
    ratio = max(1.0, need[0] / photograph.shape[2], need[1] / photograph.shape[3])
    size = [math.ceil(side * ratio) for side in photograph.shape[2:]]
    if ratio > 1:
        photograph = F.interpolate(photograph, size, mode="bicubic", align_corners=False).clamp(0, 1)
    left, top = (size[1] - need[1]) // 2, (size[0] - need[0]) // 2
    generator = torch.Generator().manual_seed(seed)
    frames, places = [], []
    for index in range(count):
        if motion == "zoom":
            scale = 1 - 0.004 * index
            place = (left + (1 - scale) * width / 2, top + (1 - scale) * height / 2, scale)
            frame = _crop(photograph, place, height, width)
        else:
            x, y = left + step[0] * index, top + step[1] * index
            place = (float(x), float(y), 1.0)
            frame = photograph[:, :, y : y + height, x : x + width]
        if motion == "light":
            frame = frame * (1 + 0.08 * math.sin(index * 0.9))
        grain = torch.randn(frame.shape, generator=generator) * (noise / 255)
        frames.append(((frame + grain) * 255).round().clamp(0, 255) / 255)
        places.append(place)
    return SyntheticClip(torch.cat(frames), tuple(places))


def warping_error(frames: Iterable[Tensor], places: Iterable[Place]) -> float:
    """How much frames differ from those before them, moved along with the motion.

    Args:
        frames: RGB in [0, 1], shape (1, 3, H, W) each.
        places: Where each was taken.

    Returns:
        The root of the mean square over all that is in both, in levels of 255.
    """
    total, count = 0.0, 0
    before: tuple[Tensor, Place] | None = None
    for frame, place in zip(frames, places, strict=True):
        if before is not None:
            moved, inside = _moved(*before, place)
            error = (frame - moved).square() * inside
            total += float(error.sum(dtype=torch.float64))
            count += 3 * int(inside.sum())
        before = frame, place
    return 255 * math.sqrt(total / max(count, 1))


def frame_difference(
    frames: Iterable[Tensor], painting: Callable[[Tensor], Tensor] | None = None
) -> tuple[float, float]:
    """How much more paintings change from frame to frame than what they were made from does; for any clip.

    Args:
        frames: RGB in [0, 1], shape (1, 3, H, W) each.
        painting: What paints them; by default nothing does.

    Returns:
        The mean absolute difference between paintings where the frames themselves stay within four levels of 255 of
        the one before, and the same of the frames, in levels of 255.
    """
    totals, count = [0.0, 0.0], 0
    before: tuple[Tensor, Tensor] | None = None
    for frame in frames:
        painted = painting(frame) if painting is not None else frame
        if before is not None:
            differences = [(new - old).abs() for new, old in zip((painted, frame), before, strict=True)]
            quiet = F.max_pool2d(differences[1].amax(1, keepdim=True), 5, 1, 2) <= 8 / 255
            for index, difference in enumerate(differences):
                totals[index] += float((difference * quiet).sum(dtype=torch.float64))
            count += 3 * int(quiet.sum())
        before = painted, frame
    return 255 * totals[0] / max(count, 1), 255 * totals[1] / max(count, 1)


def _moved(frame: Tensor, place: Place, target: Place) -> tuple[Tensor, Tensor]:
    """A frame as seen from another place, and where that was in it, shape (1, 1, H, W)."""
    height, width = frame.shape[2:]
    inside = torch.ones(1, 1, height, width)
    if place[2] == target[2] == 1.0:
        dx, dy = round(target[0] - place[0]), round(target[1] - place[1])
        moved = torch.zeros_like(frame)
        rows, columns = slice(max(0, -dy), min(height, height - dy)), slice(max(0, -dx), min(width, width - dx))
        moved[:, :, rows, columns] = frame[:, :, max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)]
        inside.zero_()[:, :, rows, columns] = 1
        return moved, inside
    relative = (target[0] - place[0]) / place[2], (target[1] - place[1]) / place[2], target[2] / place[2]
    inside = _crop(inside, relative, height, width)
    return _crop(frame, relative, height, width), (inside > 0.999).float()


def _crop(picture: Tensor, place: Place, height: int, width: int) -> Tensor:
    """A crop at any place and scale, by bicubic interpolation; zero outside."""
    left, top, scale = place
    x = (left + (torch.arange(width) + 0.5) * scale) / picture.shape[3] * 2 - 1
    y = (top + (torch.arange(height) + 0.5) * scale) / picture.shape[2] * 2 - 1
    grid = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1).unsqueeze(0)
    return F.grid_sample(picture, grid.to(picture), mode="bicubic", align_corners=False, padding_mode="zeros")

"""Some frames of a clip and their paintings, on one sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from painterly.images.sheet import contact_sheet
from painterly.video.reading import Clip, Frame, Reader

__all__ = ["frames_at", "preview_sheet"]

Pixels = npt.NDArray[Any]

_CELLS = 6
_WIDTH = 320
_PATIENCE = 300
"""Frames that are decoded in search of one, at most, where a clip can be entered at few places only."""


def preview_sheet(clip: Clip, paint: Callable[[Pixels, float], Pixels]) -> Image.Image:
    """Frames in a line, and their paintings below them.

    Args:
        clip: The clip.
        paint: From pixels, shape (H, W, 3), and seconds, to pixels.
    """
    count = _CELLS if clip.duration else 1
    wanted = [(index + 0.5) / count * (clip.duration or 0.0) for index in range(count)]
    lines: list[list[tuple[str, Image.Image]]] = [[], []]
    for frame in frames_at(clip, wanted):
        seconds = float(frame.time * clip.time_base)
        for line, pixels in zip(lines, (frame.pixels, paint(frame.pixels, seconds)), strict=True):
            line.append((f"{seconds:.2f} s", _small(pixels)))
    return contact_sheet(lines)


def frames_at(clip: Clip, wanted: list[float]) -> Iterator[Frame]:
    """The frames that are shown at some seconds, as near as can be told without decoding all."""
    for seconds in wanted:
        reader = Reader(clip, start=seconds)
        found = None
        for number, frame in enumerate(reader):
            found = frame
            if float(frame.time * clip.time_base) >= seconds or number >= _PATIENCE:
                break
        if found is not None:
            yield found


def _small(pixels: Pixels) -> Image.Image:
    if pixels.dtype != np.uint8:
        pixels = (pixels >> 8).astype(np.uint8)
    picture = Image.fromarray(pixels)
    picture.thumbnail((_WIDTH, _WIDTH), Image.Resampling.LANCZOS)
    return picture

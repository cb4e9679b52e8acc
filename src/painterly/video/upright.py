"""Turning frames as their clip says that they are to be shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Orientation", "orientation_of", "turn"]

Orientation = tuple[bool, bool, bool]
"""Whether rows and columns change places, and then whether left and right, and top and bottom do."""

Pixels = npt.NDArray[Any]


def orientation_of(frame: Any) -> Orientation:
    """How a decoded frame is to be turned, from its display matrix; by quarters of a turn, which is what cameras write.

    Args:
        frame: An `av.VideoFrame`.
    """
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d, *_ = (int(value) for value in np.frombuffer(bytes(data), np.int32))
            # The point (x, y) is shown at (a x + c y, b x + d y).
            swapped = abs(b) > abs(a)
            return (True, c < 0, b < 0) if swapped else (False, a < 0, d < 0)
    return False, False, False


def turn(pixels: Pixels, orientation: Orientation) -> Pixels:
    """Turn a picture, shape (H, W, C); the result is contiguous."""
    swapped, mirrored, flipped = orientation
    if swapped:
        pixels = pixels.swapaxes(0, 1)
    if mirrored:
        pixels = pixels[:, ::-1]
    if flipped:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)

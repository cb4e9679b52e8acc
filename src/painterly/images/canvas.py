"""An uneven canvas: what gives strokes somewhere to begin where a photograph is flat. Imports nothing heavy.

A network without chance in it can paint an even sky in one way only: the same little pattern again and again. From
changes of a few grey levels, about as wide as a stroke, it makes dabs and waves, no two alike. (Ulyanov et al. 2016
give their texture networks noise for the same reason; here it lies in the photograph, so that any network can have it
untrained.)
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["CANVAS_WIDTH", "canvas"]

CANVAS_WIDTH = 4.5
"""Standard deviation, in pixels, of the Gaussian that makes the unevenness smooth: strokes are a few of it wide."""

_SIDES = (383, 509)
"""Two patterns that repeat, one laid over the other: as these have no common divisor, the sum repeats every 195,000
pixels only."""


def canvas(rows: tuple[int, int], columns: tuple[int, int]) -> npt.NDArray[np.float32]:
    """A part of the one canvas there is, which has no end.

    Args:
        rows: First row, and the one after the last.
        columns: Likewise.

    Returns:
        Its unevenness, of mean 0 and variance 1, shape (rows, columns). It depends on the place alone, so that parts
        fit together, and is the same on every machine up to rounding.
    """
    whole = np.zeros((rows[1] - rows[0], columns[1] - columns[0]), np.float32)
    for side in _SIDES:
        lines = _pattern(side)[np.arange(*rows) % side]
        begin = columns[0]
        while begin < columns[1]:
            end = min(columns[1], begin + side - begin % side)
            whole[:, begin - columns[0] : end - columns[0]] += lines[:, begin % side : begin % side + end - begin]
            begin = end
    whole /= np.sqrt(np.float32(len(_SIDES)))
    return whole


@cache
def _pattern(side: int) -> npt.NDArray[np.float32]:
    """Smooth noise that goes on over its edges, of mean 0 and variance 1."""
    noise = np.random.RandomState(side).standard_normal((side, side))  # this old generator's numbers are frozen
    along, across = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)
    smooth = np.exp(-2 * (np.pi * CANVAS_WIDTH) ** 2 * (along**2 + across**2))
    smooth[0, 0] = 0
    found = np.fft.irfft2(np.fft.rfft2(noise) * smooth, s=(side, side))
    pattern: npt.NDArray[np.float32] = (found / found.std()).astype(np.float32)
    return pattern

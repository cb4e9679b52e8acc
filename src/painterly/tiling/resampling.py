"""Antialiased resampling of a part of a picture, as torch's `interpolate` does it to the whole."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from painterly.tiling.rect import Rect, Span

__all__ = ["resample", "source_span"]


def source_span(span: Span, given: int, wanted: int, *, linear: bool = False) -> Span:
    """The pixels of a row of `given` that a part of a row of `wanted` is made of."""
    if given == wanted:
        return span
    first, last = _window(span.start, given, wanted, linear), _window(span.stop - 1, given, wanted, linear)
    return Span(first.start, last.stop)


def resample(
    x: Tensor, have: Rect, rect: Rect, given: tuple[int, int], wanted: tuple[int, int], *, linear: bool = False
) -> Tensor:
    """Part of a resized picture.

    Args:
        x: Part `have` of the picture, shape (1, C, h, w).
        have: At least what `source_span` names.
        rect: The part that is wanted.
        given: Height and width of the whole picture.
        wanted: Of the whole resized picture.
        linear: Whether the kernel is a triangle, not cubic.

    Returns:
        Shape (1, C, H, W), of the size of `rect`, not cut off at 0 and 1.
    """
    rows = _weights(rect.rows, have.rows, given[0], wanted[0], linear).to(x.device, x.dtype)
    columns = _weights(rect.columns, have.columns, given[1], wanted[1], linear).to(x.device, x.dtype)
    return rows @ (x @ columns.T)


def _window(index: int, given: int, wanted: int, linear: bool) -> Span:
    scale = given / wanted
    centre, reach = scale * (index + 0.5), (1.0 if linear else 2.0) * max(scale, 1.0)
    return Span(max(int(centre - reach + 0.5), 0), min(int(centre + reach + 0.5), given))


@lru_cache(maxsize=64)  # tiles below each other share their columns
def _weights(span: Span, have: Span, given: int, wanted: int, linear: bool) -> Tensor:
    """How much each of the pixels at hand counts for each that is wanted: shape (wanted, at hand), float64."""
    if given == wanted:
        return torch.eye(have.length, dtype=torch.float64)[span.start - have.start : span.stop - have.start]
    scale = given / wanted
    table = torch.zeros(span.length, have.length, dtype=torch.float64)
    for line, index in enumerate(range(*span)):
        low, high = _window(index, given, wanted, linear)
        places = torch.arange(low, high, dtype=torch.float64)
        distance = (places - scale * (index + 0.5) + 0.5).abs() / max(scale, 1.0)
        weights = (1 - distance).clamp_min(0) if linear else _cubic(distance)
        table[line, low - have.start : high - have.start] = weights / weights.sum()
    return table


def _cubic(distance: Tensor, a: float = -0.5) -> Tensor:
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    return torch.where(distance < 1, near, torch.where(distance < 2, far, torch.zeros_like(distance)))

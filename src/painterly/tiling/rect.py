"""Parts of a picture: half-open spans of rows and columns, and tensors that cover such a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

__all__ = ["Patch", "Rect", "Span"]


class Span(NamedTuple):
    """Pixels from `start` up to, not including, `stop` along one axis."""

    start: int
    stop: int

    def __or__(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.stop, other.stop))

    @property
    def length(self) -> int:
        """How many pixels."""
        return self.stop - self.start


class Rect(NamedTuple):
    """Rows and columns."""

    rows: Span
    columns: Span

    def __or__(self, other: Rect) -> Rect:
        """The smallest rectangle that holds both."""
        return Rect(self.rows | other.rows, self.columns | other.columns)

    @property
    def area(self) -> int:
        """How many pixels."""
        return self.rows.length * self.columns.length


@dataclass(frozen=True)
class Patch:
    """Part of a value.

    Attributes:
        tensor: Shape (1, C, H, W), of the rectangle's height and width.
        rect: Which part it is.
    """

    tensor: Tensor
    rect: Rect

    def part(self, rect: Rect) -> Tensor:
        """A rectangle within this one, as a view."""
        if rect == self.rect:
            return self.tensor
        (top, bottom), (left, right) = rect
        y, x = self.rect.rows.start, self.rect.columns.start
        return self.tensor[:, :, top - y : bottom - y, left - x : right - x]

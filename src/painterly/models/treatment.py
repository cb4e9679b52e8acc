"""What is done around a style network: the scale of strokes, the canvas, and colours. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from painterly.errors import UsageError
from painterly.models.card import CANVAS_MOST
from painterly.models.look import Look

__all__ = ["COLORS", "STROKES", "Treatment"]

COLORS: Final = ("style", "content", "luminance")
"""The painting's colours; the photograph's; or the photograph's with its brightness and contrast too."""

STROKES: Final = {"small": 1.5, "medium": 1.0, "large": 0.6}
"""The scale at which a photograph is painted. Strokes are as large as they were learnt, so that a photograph made
smaller for painting, and its painting larger again, has larger ones."""


@dataclass(frozen=True)
class Treatment:
    """How to paint, whatever the style.

    Attributes:
        color: One of `COLORS`.
        stroke: One of `STROKES`.
        canvas: How uneven the canvas is (`painterly.images.canvas`): a standard deviation, in grey levels of 255.
    """

    color: str = "style"
    stroke: str = "medium"
    canvas: float = 0.0

    def __post_init__(self) -> None:
        for name, value, choices in (("color", self.color, COLORS), ("stroke", self.stroke, tuple(STROKES))):
            if value not in choices:
                raise UsageError(f"--{name} must be one of {', '.join(choices)}, not '{value}'")
        if not 0 <= self.canvas <= CANVAS_MOST:
            raise UsageError(f"--canvas must be from 0 to {CANVAS_MOST:g} grey levels, not {self.canvas:g}")

    @property
    def scale(self) -> float:
        """Size at which it is painted, over the size of the result."""
        return STROKES[self.stroke]

    def for_looks(self, looks: Iterable[Look | None]) -> Treatment:
        """With a canvas that fades as the photograph comes through: where strength is 0, nothing must be left of it."""
        if not self.canvas:
            return self
        strength = max((1.0 if look is None else look.strength for look in looks), default=1.0)
        return replace(self, canvas=self.canvas * strength)

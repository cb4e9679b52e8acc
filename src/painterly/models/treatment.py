"""What is done around a style network: the scale of strokes, and colours. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from painterly.errors import UsageError

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
    """

    color: str = "style"
    stroke: str = "medium"

    def __post_init__(self) -> None:
        for name, value, choices in (("color", self.color, COLORS), ("stroke", self.stroke, tuple(STROKES))):
            if value not in choices:
                raise UsageError(f"--{name} must be one of {', '.join(choices)}, not '{value}'")

    @property
    def scale(self) -> float:
        """Size at which it is painted, over the size of the result."""
        return STROKES[self.stroke]

"""Which styles a painting has, and how strongly: `starry-night:0.6,the-scream:0.4`. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from painterly.errors import UsageError

__all__ = ["Look", "parse_look", "plain_name"]


@dataclass(frozen=True)
class Look:
    """A mixture of styles.

    Attributes:
        styles: Names and how much each counts; the weights are positive and add up to one.
        strength: 1 for the styles alone, 0 for the photograph itself, and everything between.
    """

    styles: tuple[tuple[str, float], ...]
    strength: float = 1.0

    @property
    def title(self) -> str:
        """For the names of files: the styles, strongest first, joined by dashes."""
        return "-".join(Path(name).stem for name, _ in sorted(self.styles, key=lambda part: -part[1]))

    def __str__(self) -> str:
        names = ",".join(name if len(self.styles) == 1 else f"{name}:{weight:.6g}" for name, weight in self.styles)
        return names if self.strength == 1 else f"{names} at {self.strength:.6g}"


def parse_look(style: str | Path | Mapping[str, float] | Look, strength: float = 1.0) -> Look:
    """Read a mixture.

    Args:
        style: A name; names separated by commas, which then count alike; or every name with a weight after a colon,
            or a mapping. Weights are made to add up to one: `a:3,b:1` is `a:0.75,b:0.25`. Or a look, for its styles.
        strength: From 0, the photograph, to 1, the styles.

    Raises:
        UsageError: A weight is not a number above 0, only some of the names have one, a name is given twice or is
            missing, or the strength is not from 0 to 1.

    Example:
        >>> parse_look("starry-night:3, The Scream:1").styles
        (('starry-night', 0.75), ('the-scream', 0.25))
    """
    share = _number(strength)
    if not 0 <= share <= 1:
        raise UsageError(f"--strength must be a number from 0 (the photograph) to 1 (the style), not {strength}")
    if isinstance(style, Path):
        style = str(style)
    if isinstance(style, Look):
        return replace(style, strength=share)
    parts = _split(style) if isinstance(style, str) else [(plain_name(name), value) for name, value in style.items()]
    names = [name for name, _ in parts]
    if not parts or not all(names):
        raise UsageError(f"--style '{style}' lacks the name of a style; painterly styles lists them")
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--style '{style}' names {name} twice")
    weights = [weight for _, weight in parts]
    if all(weight is None for weight in weights):
        weights = [1.0] * len(parts)
    if any(weight is None for weight in weights):
        raise UsageError(f"--style '{style}': give a weight to each of the styles or to none")
    numbers = [_number(weight) for weight in weights]
    if not all(math.isfinite(number) and number > 0 for number in numbers):
        raise UsageError(f"--style '{style}': weights must be numbers above 0")
    numbers = [number / max(numbers) for number in numbers]  # their sum is finite now
    total = sum(numbers)
    weighted = [(name, number / total) for name, number in zip(names, numbers, strict=True)]
    return Look(tuple(part for part in weighted if part[1] > 0), share)


def plain_name(text: str) -> str:
    """A name as styles are called: `Starry Night` and `starry_night` are `starry-night`. Paths stay as they are."""
    text = text.strip()
    return text if "/" in text or "." in text else "-".join(text.lower().replace("_", " ").replace("-", " ").split())


def _number(weight: object) -> float:
    try:
        return math.nan if isinstance(weight, str) else float(weight)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _split(text: str) -> list[tuple[str, float | None]]:
    parts: list[tuple[str, float | None]] = []
    for part in text.split(","):
        name, colon, number = part.rpartition(":")
        if not colon:
            parts.append((plain_name(part), None))
            continue
        try:
            parts.append((plain_name(name), float(number)))
        except ValueError as error:
            raise UsageError(f"--style '{text}': '{number}' is not a weight") from error
    return parts

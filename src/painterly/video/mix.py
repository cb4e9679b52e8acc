"""Styles that change over time: `0:starry-night,5:great-wave,10s:udnie`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from painterly.errors import UsageError
from painterly.models.look import Look

__all__ = ["Mix", "parse_mix"]


@dataclass(frozen=True)
class Mix:
    """What to paint when.

    Attributes:
        points: Seconds, rising, and what is painted then; between two of them it is mixed, before the first and after
            the last it stays.
    """

    points: tuple[tuple[float, Look], ...]

    def at(self, seconds: float) -> list[tuple[float, Look]]:
        """One look or two, and how much each counts.

        Example:
            >>> a, b = Look((("a", 1.0),)), Look((("b", 1.0),))
            >>> [(weight, str(look)) for weight, look in Mix(((0.0, a), (4.0, b))).at(1.0)]
            [(0.75, 'a'), (0.25, 'b')]
        """
        before = [point for point in self.points if point[0] <= seconds]
        after = [point for point in self.points if point[0] > seconds]
        if not before or not after:
            return [(1.0, (before[-1] if before else after[0])[1])]
        (begin, first), (end, second) = before[-1], after[0]
        share = (seconds - begin) / (end - begin)
        if share == 0 or first == second:
            return [(1.0, first)]
        return [(1 - share, first), (share, second)]


def parse_mix(mix: str | Mapping[float, str]) -> list[tuple[float, str]]:
    """Read times and styles.

    Args:
        mix: Seconds, a colon and a style's name, separated by commas; or a mapping from seconds to styles, which may be
            mixtures.

    Returns:
        Seconds, rising, and styles.

    Raises:
        UsageError: There are not two of them, a time is no number of seconds from 0 on, or given twice.

    Example:
        >>> parse_mix("5s:great-wave, 0:starry-night")
        [(0.0, 'starry-night'), (5.0, 'great-wave')]
    """
    if isinstance(mix, str):
        parts = [part.partition(":") for part in mix.split(",")]
        given: list[tuple[object, str]] = [(time.strip().removesuffix("s"), style.strip()) for time, _, style in parts]
    else:
        given = list(mix.items())
    points = []
    for time, style in given:
        try:
            seconds = float(time)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            seconds = math.nan
        if not (math.isfinite(seconds) and seconds >= 0) or not style:
            raise UsageError(f"--mix takes seconds and styles, such as 0:starry-night,5:great-wave, not '{mix}'")
        points.append((seconds, style))
    if len(points) < 2 or len({seconds for seconds, _ in points}) < len(points):
        raise UsageError(f"--mix takes two or more styles at different times, not '{mix}'")
    return sorted(points)

"""The curve of a run, short enough for a model's card. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["CURVE", "rate_share", "thin_curve"]

CURVE = "curve.jsonl"
"""Name of the file, in a run's folder, with the loss every few steps."""

_POINTS = 40
_DIGITS = 4


def rate_share(decay: float, step: int, total: int) -> float:
    """Share of the full learning rate: constant, then falling to zero along half a cosine.

    Args:
        decay: Over which share of the steps, the last ones, it falls, 0 to 1.
        step: Steps done before this one.
        total: Steps in all.

    Example:
        >>> [round(rate_share(0.5, step, 8), 3) for step in (0, 4, 6, 8)]
        [1.0, 1.0, 0.5, 0.0]
    """
    falling = decay * total
    if step < total - falling:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - (total - falling)) / falling))


def thin_curve(
    entries: Sequence[Mapping[str, Any]],
    share: Callable[[int], float] = lambda step: 1.0,
    *,
    begins: int = 0,
    points: int = _POINTS,
) -> dict[str, list[float]]:
    """Means of what a run logged, over intervals that are equally long on a logarithmic scale of steps.

    Args:
        entries: By rising steps, each with `step`, `total` and the terms of the objective. A term that an entry lacks
            was 0 in it, so that the means of the terms add up to that of the total.
        share: The learning rate at so many steps, as a share of the full one; see `rate_share`.
        begins: Steps that came before those asked for, on another objective; they are left out and not counted.
        points: How many intervals there are at most.

    Returns:
        Columns of equal length, a value for each interval: `step`, the mean of its steps; `entries`, how many there
        were; `rate`, the mean share of the learning rate; the mean of each term, of `total` and of `gradient`; and
        `spread`, the standard deviation of the totals. No columns where nothing was logged.
    """
    kept = [entry for entry in entries if entry["step"] > begins and "total" in entry]
    if not kept:
        return {}
    first, last = kept[0]["step"] - begins, kept[-1]["step"] - begins
    intervals: dict[int, list[Mapping[str, Any]]] = {}
    for entry in kept:
        place = math.log((entry["step"] - begins) / first) / math.log(last / first) if last > first else 0.0
        intervals.setdefault(min(points - 1, int(points * place)), []).append(entry)
    ends = ("total", "gradient")
    names = list(dict.fromkeys(name for entry in kept for name in entry if name not in ("step", *ends)))
    names += [name for name in ends if name in kept[-1]]
    columns: dict[str, list[float]] = {name: [] for name in ("step", "entries", "rate", *names, "spread")}
    for group in intervals.values():
        mean = {name: sum(float(entry.get(name, 0.0)) for entry in group) / len(group) for name in names}
        columns["step"].append(_rounded(sum(entry["step"] - begins for entry in group) / len(group), _DIGITS + 2))
        columns["entries"].append(len(group))
        columns["rate"].append(_rounded(sum(share(entry["step"] - begins - 1) for entry in group) / len(group)))
        for name, value in mean.items():
            columns[name].append(_rounded(value))
        squares = sum((float(entry["total"]) - mean["total"]) ** 2 for entry in group)
        columns["spread"].append(_rounded(math.sqrt(squares / len(group))))
    return columns


def _rounded(value: float, digits: int = _DIGITS) -> float:
    return float(f"{value:.{digits}g}")

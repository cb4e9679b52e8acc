"""How fast a style is learnt, from what training measured on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from painterly.errors import InputError, UsageError
from painterly.training.run_log import MEASURES, read_measures

__all__ = ["learning_curves", "learning_goals"]

Curves = dict[str, list[tuple[int, float]]]
"""By way of learning, pairs of step and objective on unseen photographs."""


def learning_curves(runs: Sequence[str]) -> dict[str, Curves]:
    """Read curves.

    Args:
        runs: `PAINTING:WAY=RUN`: the folder of a run of one style that was trained with `--measure-every`, the painting
            that it learnt and how, as they are to be called.

    Returns:
        By painting and way, pairs of step and objective.

    Raises:
        UsageError: An argument has another form.
        InputError: A folder holds no measures of one style.
    """
    panels: dict[str, Curves] = {}
    for run in runs:
        label, equals, folder = run.partition("=")
        painting, colon, way = label.partition(":")
        if not (equals and colon and painting and way and folder):
            raise UsageError(f"'{run}' is not PAINTING:WAY=RUN")
        path = Path(folder) / MEASURES
        if not path.is_file():
            raise InputError(f"{path} does not exist; train with --measure-every")
        points = [
            (int(entry["step"]), float(entry["unseen"]["total"])) for entry in read_measures(path) if "unseen" in entry
        ]
        if not points:
            raise InputError(f"{path} holds no measures of one style")
        panels.setdefault(painting, {})[way] = points
    return panels


def learning_goals(panels: Mapping[str, Curves], goal: str) -> dict[str, float]:
    """What is to be reached: so many times the last objective of one of the ways.

    Args:
        panels: What `learning_curves` found.
        goal: `WAY:FACTOR`.

    Raises:
        UsageError: It has another form, or there is no such way.
    """
    way, colon, factor = goal.rpartition(":")
    try:
        times = float(factor)
    except ValueError as error:
        raise UsageError(f"--goal '{goal}' is not WAY:FACTOR") from error
    goals = {painting: times * curves[way][-1][1] for painting, curves in panels.items() if way in curves}
    if not colon or not goals:
        raise UsageError(f"--goal '{goal}': there is no way called '{way}'")
    return goals

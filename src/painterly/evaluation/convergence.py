"""How far from converged networks are: the slopes of their curves, with what training cost.

The slope says by how much of itself the objective falls with each doubling of the steps, towards the end of the curve.
Two things would hide it in a run whose learning rate falls. Steps at a small rate do little: so steps are counted by
their rate, one at a tenth of the full rate as a tenth of a step. And a falling rate makes the objective fall by itself,
because noise averages away, which no longer run gains again: so what goes with the rate is fitted beside the slope and
left out of it (the two parts are those of Tissue et al. 2024, "Scaling law with learning rate annealing"). Curves
flatten: the slope is about what twice the steps of the same schedule would bring, or a little more than that.
"""

from __future__ import annotations

import contextlib
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from painterly.errors import InputError
from painterly.evaluation.stages import Stage, stages_of
from painterly.models.header import read_card
from painterly.models.resolve import resolve
from painterly.training.checkpoint import CHECKPOINT
from painterly.training.curve import CURVE, rate_share, thin_curve
from painterly.training.run_log import read_measures

__all__ = ["Convergence", "Slope", "curve_slope", "evaluate_convergence", "stage_of_run"]

_DOUBLINGS = 2
"""The end of a curve: so many doublings of the steps. One would be too short to tell slope and rate apart."""

_CONSTANT = 0.05
"""A rate that changes by no more than this share of the full one is constant."""

_LEAST = 3
"""Intervals that have to be there beyond the numbers that are fitted."""

_LEAST_NOISE = 1e-3
"""What is nearer to the line than this share of the objective is on it."""

_WIDEST = 50.0
"""A standard error of more percent than this says that nothing is known."""

_FAR = 2.5
"""An interval is far from the line beyond so many times the median of all; those count less, by the square of the
distance, so that no single batch can matter much."""


@dataclass(frozen=True)
class Slope:
    """The end of a curve.

    Attributes:
        percent: By how much the objective falls with each doubling of the steps at the same learning rate.
        error: The standard error of that.
        last: The objective in the last interval, on the line.
    """

    percent: float
    error: float
    last: float


def curve_slope(curve: Mapping[str, Sequence[float]]) -> Slope | None:
    """Fit the last two doublings of a curve.

    The objective is taken for a line in the logarithm of the steps, counted by their rate, plus something that goes
    with the rate and is not negative. Least squares, weighted: an interval counts by its entries, and less where it
    lies far from the line or scatters more than the others, so that a few bad batches do not turn it.

    Args:
        curve: Columns `step`, `entries`, `rate`, `total` and `spread` as `painterly.training.curve.thin_curve` has
            them; more columns do no harm.

    Returns:
        The slope, or None where there are too few intervals to tell, or noise leaves nothing of the line.
    """
    step, entries, rate, total, spread = (
        np.asarray(curve.get(name, ()), float) for name in ("step", "entries", "rate", "total", "spread")
    )
    walked = np.diff(step, prepend=0.0) * (rate + np.concatenate((rate[:1], rate[:-1]))) / 2
    done = np.cumsum(walked)
    if not len(done) or done[0] <= 0:
        return None
    chosen = done >= done[-1] / 2**_DOUBLINGS
    doublings, rate, points = np.log2(done[chosen] / done[-1]), rate[chosen], (total, entries, spread)
    line = np.stack((np.ones_like(doublings), doublings), 1)
    fitted = None
    if np.ptp(rate) > _CONSTANT:
        fitted = _fit(np.column_stack((line, rate - rate[-1])), *(column[chosen] for column in points))
    if fitted is None or fitted[0][2] < 0:
        alone = _fit(line, *(column[chosen] for column in points))
        if alone is not None and fitted is not None:  # the rate might have had a part in it all the same
            alone = alone[0], max(alone[1], fitted[1])
        fitted = alone
    if fitted is None:
        return None
    (last, slope, *_), error = fitted
    before = last - slope
    if last <= 0 or before <= 0:
        return None
    found = Slope(float(-100 * slope / before), float(100 * error * last / before**2), float(last))
    return found if found.error <= _WIDEST else None


Column = np.ndarray[Any, np.dtype[np.float64]]


def _fit(design: Column, total: Column, entries: Column, spread: Column) -> tuple[Column, float] | None:
    """Coefficients, and the standard error of the second; None where there is too little to tell."""
    if len(design) < design.shape[1] + _LEAST or np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    weights = entries.copy()
    for _ in range(20):
        root = np.sqrt(weights)
        found = np.linalg.lstsq(design * root[:, None], total * root, rcond=None)[0]
        square = (total - design @ found) ** 2
        away = np.sqrt(entries * square + spread**2)  # of an entry
        usual = max(float(np.median(away)), _LEAST_NOISE * float(np.median(total)))
        weights = entries * np.minimum(1.0, _FAR * usual / np.maximum(away, usual)) ** 2
    noise = float(np.sum(weights * (square + spread**2))) / max(float(weights.sum()) - design.shape[1], 1.0)
    inverse = np.linalg.inv((design * weights[:, None]).T @ design)
    return found.astype(np.float64), math.sqrt(noise * inverse[1, 1])


@dataclass(frozen=True)
class Convergence:
    """A stage of training, what it cost, and what it has still to gain.

    Attributes:
        stage: The run.
        number: Which of the network's stages it is, from 1.
        of: How many there are.
        slope: Of its curve; None where that is not known or too short.
    """

    stage: Stage
    number: int
    of: int
    slope: Slope | None

    @property
    def first(self) -> float | None:
        """The objective in the first interval of the curve."""
        curve = self.stage.curve
        return curve["total"][0] if curve else None

    @property
    def last(self) -> float | None:
        """The objective in the end: on the fitted line, or of the last batch that was logged."""
        return self.stage.last if self.slope is None else self.slope.last

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        stage = self.stage
        slope = self.slope
        return {
            "network": stage.name,
            "stage": self.number,
            "stages": self.of,
            "steps": stage.steps,
            "pictures": stage.pictures,
            "size": stage.training.get("size"),
            "seconds": stage.seconds,
            "hardware": stage.hardware,
            "joules": stage.joules,
            "terms": list(stage.terms),
            "first": self.first,
            "last": self.last,
            "unseen": stage.unseen,
            "percent_per_doubling": None if slope is None else slope.percent,
            "standard_error": None if slope is None else slope.error,
            "curve": stage.curve,
        }


def evaluate_convergence(sources: Sequence[str | Path]) -> list[Convergence]:
    """Read what training left behind.

    Args:
        sources: Networks by name or file, or folders of runs (`<output>.run`).

    Returns:
        A row for each stage of each, in order.

    Raises:
        InputError: A file or folder cannot be read, or knows nothing of its training.
        UsageError: There is no such network.
    """
    rows = []
    for source in sources:
        path = Path(source).expanduser()
        if path.is_dir() and ((path / CURVE).is_file() or path.suffix == ".run"):
            stages = [stage_of_run(path)]
        else:
            file = resolve(source)[0]
            stages = stages_of(read_card(file), file.stem)
        if not stages:
            raise InputError(f"{source} says nothing of how it was trained")
        rows += [
            Convergence(stage, number, len(stages), curve_slope(stage.curve)) for number, stage in enumerate(stages, 1)
        ]
    return rows


def stage_of_run(folder: Path) -> Stage:
    """A run, finished or not, from its folder.

    Settings and time are those of the last checkpoint; hardware and energy, those of the model file beside the folder
    if the run is the one that wrote it.

    Args:
        folder: `<output>.run`.

    Raises:
        InputError: There is no curve in it.
    """
    entries = [entry for entry in read_measures(folder / CURVE) if _sound(entry)] if (folder / CURVE).is_file() else []
    if not entries:
        raise InputError(f"{folder} holds no curve of a run ({CURVE})")
    state = _checkpoint(folder)
    settings = dict(state.get("settings", {}))
    begins = 0 if settings.get("init") else int(settings.get("identity_steps") or 0)
    step = int(entries[-1]["step"])
    total = settings.get("steps") or max(step, int(state.get("step", 0))) - begins
    curve = thin_curve(
        entries, lambda done: rate_share(float(settings.get("decay") or 0.0), done, total), begins=begins
    )
    result = {"steps": max(step, int(state.get("step", 0))), "last": entries[-1], "curve": curve}
    if "seconds" in state:
        result["seconds"] = round(float(state["seconds"]))
    model = folder.with_suffix(".safetensors")
    if model.is_file():
        with contextlib.suppress(InputError):
            card = read_card(model)
            if card.result.get("last") == entries[-1]:
                return Stage(folder.stem, settings, result | {**card.result, "curve": curve}, card.software)
    return Stage(folder.stem, settings, result)


def _sound(entry: Mapping[str, Any]) -> bool:
    """Whether a line of a log holds finite numbers only."""
    values = [value for value in entry.values() if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return len(values) == len(entry) and "total" in entry and entry["step"] > 0 and all(map(math.isfinite, values))


def _checkpoint(folder: Path) -> Mapping[str, Any]:
    """The last checkpoint of a run; nothing where there is none that can be read."""
    import pickle

    import torch

    path = folder / CHECKPOINT
    with contextlib.suppress(OSError, RuntimeError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile):
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        if isinstance(state, Mapping) and isinstance(state.get("settings"), Mapping):
            return state
    return {}

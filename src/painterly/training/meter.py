"""Watching a run: whether its losses are finite, how fast it goes, and whether somebody wants it to stop."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from painterly.errors import TrainingError
from painterly.progress import console
from painterly.training.processes import Processes
from painterly.training.run_log import RunLog

__all__ = ["Interruption", "Meter", "training_progress"]


class Meter:
    """Collects the loss of every step, and looks at it only now and then, so that a GPU is not kept waiting.

    Args:
        run: Where values are recorded.
        step: Steps done before.
        batch_size: Photographs a step, over all processes.
        processes: Those of the run, whose losses are averaged.
        every: Steps between looks.
    """

    def __init__(
        self, run: RunLog, step: int, batch_size: int, processes: Processes | None = None, every: int = 10
    ) -> None:
        self.run, self.batch_size, self.every = run, batch_size, every
        self.processes = processes or Processes()
        self.values: dict[str, float] = {}
        self.rate = 0.0
        self._pending: list[tuple[int, dict[str, Tensor]]] = []
        self._began = self._looked = time.monotonic()
        self._step = step

    def add(self, step: int, terms: dict[str, Tensor], norm: Tensor) -> None:
        """Take note of a step's terms and of its gradient's norm."""
        self._pending.append(
            (step, {name: value.detach() for name, value in terms.items()} | {"gradient": norm.detach()})
        )
        if step % self.every == 0:
            self.check()

    def check(self) -> None:
        """Look at what came in since the last look; all processes do so after the same step.

        Raises:
            TrainingError: A term, or the gradient, is not finite; names it and the step.
        """
        own = _numbers([terms for _, terms in self._pending])
        for (step, _), values in zip(self._pending, self.processes.mean(own), strict=True):
            wrong = next((name for name, value in values.items() if not math.isfinite(value)), None)
            if wrong is not None:
                what = "gradient" if wrong == "gradient" else f"{wrong} loss"
                raise TrainingError(
                    f"the {what} is no longer finite at step {step}; the last good checkpoint is in {self.run.folder}: "
                    "lower --learning-rate or --clip, or train with --precision 32-true"
                )
            if step % self.every == 0:
                gradient = values.pop("gradient")
                self.run.scalars(step, {**values, "total": sum(values.values()), "gradient": gradient})
            self.values = {name: value for name, value in values.items() if name != "gradient"}
        if self._pending:
            now, last = time.monotonic(), self._pending[-1][0]
            self.rate = (last - self._step) * self.batch_size / max(now - self._looked, 1e-9)
            self._looked, self._step = now, last
            self._pending.clear()

    def seconds(self) -> float:
        """Time since the run began or went on."""
        return time.monotonic() - self._began


def _numbers(found: Sequence[Mapping[str, Tensor]]) -> list[dict[str, float]]:
    """Scalars as numbers, fetched from a GPU all at once."""
    values = [value for terms in found for value in terms.values()]
    numbers = iter(torch.stack(values).tolist() if values else [])
    return [{name: next(numbers) for name in terms} for terms in found]


_ONE_WISH = 1.0
"""Seconds in which signals are one and the same: a launcher passes on a Ctrl-C that its processes got themselves."""


class Interruption:
    """Turns the first Ctrl-C or SIGTERM into a wish that is granted after the step; a later one stops at once."""

    def __init__(self) -> None:
        self.asked = False
        self._when = 0.0
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *exception: object) -> None:
        self._restore()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self.asked:
            self.asked, self._when = True, now
        elif now - self._when > _ONE_WISH:
            self._restore()
            signal.raise_signal(number)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()


@contextlib.contextmanager
def training_progress(total: int, step: int) -> Iterator[Callable[[int, Meter], None]]:
    """A progress bar with the speed and the loss terms; yields what advances it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[terms]}"),
    )
    with Progress(*columns, console=console()) as bar:
        task = bar.add_task("training", total=total, completed=step, speed="", terms="")

        def advance(step: int, meter: Meter) -> None:
            terms = "  ".join(f"{name} {value:.4g}" for name, value in meter.values.items())
            bar.update(task, completed=step, speed=f"{meter.rate:.1f} images/s", terms=terms)

        yield advance

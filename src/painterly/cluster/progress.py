"""How far a run over many pictures is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from painterly.progress import console

__all__ = ["Tally", "watched"]

_PAUSE = 30.0
"""Seconds between lines in a log."""


class Tally:
    """What has come of a run so far.

    Attributes:
        files: Files that are through: done, skipped or failed.
        made: Pictures that were made; a shard has many.
        skipped: Files that were done before.
        failed: Pictures that failed.
        total: How many files there are, once somebody has counted.
        began: When the first of them was begun.
        ended: When the last of them was through.
    """

    def __init__(self) -> None:
        self.files = self.made = self.skipped = self.failed = 0
        self.total: int | None = None
        self.began: float | None = None
        self.ended: float | None = None

    @property
    def seconds(self) -> float:
        """From the beginning to the end, or until now."""
        if self.began is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.made / max(self.seconds, 1e-9)

    def left(self) -> float | None:
        """Seconds that are left, if the others take as long as those that were worked on in this run."""
        worked = self.files - self.skipped
        if self.total is None or worked <= 0:
            return None
        return max(0, self.total - self.files) * self.seconds / worked

    def describe(self) -> str:
        """One line."""
        of = "" if self.total is None else f" of {self.total:,}"
        left = self.left()
        remains = "" if left is None else f", {timedelta(seconds=round(left))} left"
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{self.files:,}{of} files{failed}, {self.rate:.1f} pictures/s{remains}"


@contextlib.contextmanager
def watched(tally: Tally, count: Callable[[], Iterator[object]]) -> Iterator[Callable[[], None]]:
    """Show a tally.

    Args:
        tally: What to show.
        count: Lists all files once more, to be counted beside the work.

    Yields:
        To be called whenever the tally has changed.
    """
    stop = threading.Event()

    def counting() -> None:
        number = 0
        with contextlib.suppress(Exception):  # whatever is wrong with the files, the run itself tells
            for number, _ in enumerate(count(), 1):  # noqa: B007
                if stop.is_set():
                    return
            tally.total = number

    counter = threading.Thread(target=counting, daemon=True)
    counter.start()
    try:
        yield from _bar(tally) if console().is_terminal else _lines(tally)
    finally:
        stop.set()
        counter.join()


def _bar(tally: Tally) -> Iterator[Callable[[], None]]:
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(BarColumn(), TextColumn("{task.description}"), console=console(), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda: bar.update(task, completed=tally.files, total=tally.total, description=tally.describe())


def _lines(tally: Tally) -> Iterator[Callable[[], None]]:
    last = time.monotonic()

    def show() -> None:
        nonlocal last
        if time.monotonic() - last > _PAUSE:
            last = time.monotonic()
            console().print(tally.describe(), markup=False, soft_wrap=True)

    yield show

"""The one console that progress and messages go to: standard error, so that standard output stays machine-readable."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["be_quiet", "console", "share_bar"]


@cache
def console() -> Console:
    """The shared console."""
    from rich.console import Console  # needed for work, not for --help

    return Console(stderr=True, highlight=False)


@contextlib.contextmanager
def share_bar(name: str) -> Iterator[Callable[[float], object]]:
    """A bar with the time that is left, for something that says how far it is; nothing where nobody looks on.

    Args:
        name: What is being done.

    Yields:
        To be called with the share that is done, from 0 to 1.
    """
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True, disable=not console().is_terminal) as bar:
        task = bar.add_task(name, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def be_quiet(quiet: bool = True) -> None:
    """Silence (or restore) everything that is written to the shared console."""
    console().quiet = quiet

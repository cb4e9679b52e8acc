"""How far a clip is, on a terminal: frames, frames a second, and the time that is left."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from painterly.progress import console

if TYPE_CHECKING:
    from painterly.video.reading import Clip

__all__ = ["frames_bar"]


@contextlib.contextmanager
def frames_bar(name: str) -> Iterator[Callable[[Clip, int], object]]:
    """A bar; nothing where nobody looks on.

    Args:
        name: What is being done.

    Yields:
        To be called with the clip, whose number of frames may be unknown or wrong, and how many are done.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True, disable=not console().is_terminal) as bar:
        task = bar.add_task(name, total=None, rate="")
        begin = time.perf_counter()

        def show(clip: Clip, frames: int) -> None:
            total = max(clip.frames, frames) if clip.frames else None
            rate = frames / max(time.perf_counter() - begin, 1e-9)
            text = f"{frames}{f'/{total}' if total else ''} frames, {rate:.1f} a second"
            bar.update(task, completed=frames, total=total, rate=text)

        yield show

"""What waits to be painted: a bound, an order, and which of it can be painted at once."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painterly.server.refusal import RefusedError

__all__ = ["Queue", "Task"]

_SHARE = 0.2
"""How much the newest work counts in the mean time that work takes."""


@dataclass(eq=False)
class Task:
    """Something that a caller waits for.

    Attributes:
        kind: "paint", "upscale" or "preview"; see `painterly.server.painting.Networks.do`.
        item: Its arguments.
        alike: Tasks with the same may be worked on together; None for those that may not.
        urgent: Whether it goes before what is not.
        answer: Set when it is done.
        came: When it came, by `time.monotonic`.
        waited: Seconds until it was begun.
        worked: Seconds from then on.
        tries: How often it was begun.
    """

    kind: str
    item: dict[str, Any]
    alike: Hashable = None
    urgent: bool = False
    answer: asyncio.Future[dict[str, Any]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    came: float = field(default_factory=time.monotonic)
    waited: float = 0.0
    worked: float = 0.0
    tries: int = 0

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return Path(self.item["source"]).parent

    def done(self, result: dict[str, Any]) -> None:
        """Give the caller what came of it; callers that have gone want nothing."""
        if self.answer.done():
            return
        if "error" in result:
            self.answer.set_exception(RefusedError(result["status"], result["error"]))
        else:
            self.answer.set_result(result)

    def refuse(self, status: int, sentence: str) -> None:
        """Tell the caller that nothing comes of it."""
        self.done({"error": sentence, "status": status})


class Queue:
    """Tasks that wait, oldest first.

    Args:
        bound: How many may wait.
        workers: How many are worked on at once, for the time until there is room.
    """

    def __init__(self, bound: int, workers: int = 1) -> None:
        self.bound, self.workers = bound, workers
        self.running = 0
        self.mean_seconds = 0.5
        self._waiting: deque[Task] = deque()
        self._more = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def check(self) -> None:
        """Refuse what there is no room for.

        Raises:
            RefusedError: As many wait as may; says when to come again.
        """
        if len(self._waiting) >= self.bound:
            seconds = self.seconds_until_room()
            raise RefusedError(
                429, f"{len(self._waiting)} pictures are waiting already; try again in {seconds} s", seconds
            )

    def seconds_until_room(self) -> int:
        """Until a quarter of what waits is done, by what such work took of late: from 1 to 60."""
        ahead = self.running + len(self._waiting) / 4
        return max(1, min(60, math.ceil(ahead * self.mean_seconds / max(1, self.workers))))

    def put(self, task: Task, *, again: bool = False) -> None:
        """Have a task wait.

        Args:
            task: The task.
            again: Whether it was begun before, and so goes before all others, past the bound.

        Raises:
            RefusedError: As many wait as may.
        """
        if not again:
            self.check()
        if again:
            self._waiting.appendleft(task)
        elif task.urgent:
            self._waiting.insert(sum(one.urgent for one in self._waiting), task)
        else:
            self._waiting.append(task)
        self._more.set()

    async def take(self, most: int) -> list[Task]:
        """Wait for work, and take the oldest with what can be done together with it.

        Args:
            most: How many tasks.
        """
        while True:
            while not self._waiting:
                self._more.clear()
                await self._more.wait()
            first = self._waiting.popleft()
            if not first.answer.done():  # its caller is still there
                break
        together = [first]
        if first.alike is not None and first.tries == 0:
            for task in list(self._waiting):
                if len(together) >= most:
                    break
                if task.alike == first.alike and task.tries == 0 and not task.answer.done():
                    self._waiting.remove(task)
                    together.append(task)
        return together

    def leave(self, task: Task) -> bool:
        """Take back what waits; returns whether it did."""
        if task in self._waiting:
            self._waiting.remove(task)
            return True
        return False

    def took(self, seconds: float) -> None:
        """Learn how long a task takes."""
        self.mean_seconds += _SHARE * (seconds - self.mean_seconds)

    def empty(self) -> list[Task]:
        """Take out all that waits."""
        tasks = list(self._waiting)
        self._waiting.clear()
        return tasks

"""Workers that are given tasks, and replaced when they die.

Ray's actors, and not Ray Data on top of them. Ray Data reads, maps and writes tables block by block. Here nothing flows
from stage to stage: a file becomes a file, wherever both are, and what has to be known is what became of every single
one. Ray Data tells when a block is through, repeats a whole block when its worker dies, without end if it is a picture
that kills workers, and does not tell which one it was.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from painterly.cluster.worker import Report, Task
from painterly.errors import PainterlyError

__all__ = ["Crew", "Lost", "again"]

_AHEAD = 2
"""Tasks that a worker has at once: the next one is there when one is done."""

_STILLBORN = 3
"""Workers for each place that may die before they are ready, one after the other."""


@dataclass(frozen=True)
class Lost:
    """Of a task, that its worker died; it may be done or not.

    Attributes:
        reason: What Ray says.
    """

    reason: str


@dataclass
class _Place:
    """A place in the crew, and who has it."""

    actor: Any
    ready: bool = False
    tasks: list[Task] = field(default_factory=list)
    alone: bool = False
    stillborn: int = 0


class Crew:
    """A number of workers.

    Args:
        ray: The module.
        hire: Makes an actor of the class `painterly.cluster.worker.Worker`.
        count: How many.
    """

    def __init__(self, ray: Any, hire: Callable[[], Any], count: int) -> None:
        self._ray, self._hire, self.count = ray, hire, count
        self._waiting: dict[Any, tuple[_Place, Any, Task | None]] = {}
        self._places: list[_Place] = []
        for _ in range(count):
            place = _Place(None)
            self._fill(place)
            self._places.append(place)

    @property
    def busy(self) -> int:
        """How many tasks are with the workers."""
        return sum(len(place.tasks) for place in self._places)

    def give(self, task: Task) -> bool:
        """Give a task to a worker; False if none can take it now. One that lost its worker before goes to one alone."""
        again = task.attempt > 1
        free = [p for p in self._places if p.ready and not p.alone and len(p.tasks) < (1 if again else _AHEAD)]
        if not free:
            return False
        place = min(free, key=lambda place: len(place.tasks))
        place.tasks.append(task)
        place.alone = again
        self._waiting[place.actor.work.remote(task)] = (place, place.actor, task)
        return True

    def wait(self, seconds: float) -> list[tuple[Task, Report | Lost | PainterlyError]]:
        """What has come in, after so many seconds at most.

        Raises:
            PainterlyError: A worker says what is wrong with what all of them are to do, or they cannot be started.
        """
        if not self._waiting:
            return []
        done, _ = self._ray.wait(list(self._waiting), num_returns=1, timeout=seconds)
        found = []
        for reference in done:
            place, actor, task = self._waiting.pop(reference)
            result = self._result(reference)
            if task is None:
                self._began(place, actor, result)
                continue
            found.append((task, result))
            place.tasks.remove(task)
            if isinstance(result, Lost):
                place.ready = False
            if not place.tasks:
                place.alone = False
                if not place.ready:
                    self._fill(place)
        return found

    def dismiss(self) -> None:
        """End all workers, whatever they are at."""
        for place in self._places:
            self._end(place)

    def _result(self, reference: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except errors.RayTaskError as error:  # a mistake in the program: it does not go away by doing it again
            cause = error.cause if isinstance(error.cause, BaseException) else error
            return PainterlyError(f"an unexpected error ({type(cause).__name__}: {str(cause).splitlines()[0]})")
        except errors.RayError as error:
            return Lost(str(error).strip().splitlines()[0])

    def _began(self, place: _Place, actor: Any, result: Any) -> None:
        if place.actor is not actor:
            return
        if isinstance(result, Lost):
            place.stillborn += 1
            if place.stillborn >= _STILLBORN:
                raise PainterlyError(f"workers die as they start: {result.reason}")
            self._fill(place)
            return
        if str(result):
            raise PainterlyError(str(result))
        place.ready, place.stillborn = True, 0

    def _end(self, place: _Place) -> None:
        if place.actor is not None:
            with contextlib.suppress(Exception):  # it is dead, as a rule
                self._ray.kill(place.actor)

    def _fill(self, place: _Place) -> None:
        self._end(place)
        place.actor, place.ready, place.alone = self._hire(), False, False
        self._waiting[place.actor.prepare.remote()] = (place, place.actor, None)


def again(task: Task) -> Task:
    """The same task, for its next worker."""
    return dataclasses.replace(task, attempt=task.attempt + 1, again=True)

"""Processes that paint what waits, replaced when they are lost."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from painterly.server.child import Child, ChildLostError
from painterly.server.queueing import Queue, Task
from painterly.server.refusal import RefusedError
from painterly.server.settings import ServerSettings

__all__ = ["Pool"]

log = logging.getLogger(__name__)

WORKER = "painterly.server.worker"
"""The module that the processes run."""

_TRIES = 2
"""How often a task is begun before it is given up: whatever kills a process twice would kill it again."""

_STARTS = 3
"""Attempts to start a process after which all that waits is told that nothing can be done."""

_START_SECONDS = 300.0

_STOPPING = "the server is stopping; try again later"

_GPU_BATCH = 8


class Pool:
    """A queue and the processes that work it off.

    Args:
        settings: How many there are, and their limits.
        folder: Where they may put temporary files.
        watch: Told of what happens, for metrics: a name and a number.

    Attributes:
        queue: What waits.
        digest: Of the gallery's shared weights, once a process has loaded it.
        choice: What runs the networks.
        device: Where.
        trouble: Why processes cannot be started, or "".
        batch: How many pictures may be painted at once.
        restart_seconds: How long it takes until another process is ready.
    """

    def __init__(
        self, settings: ServerSettings, folder: Path, watch: Callable[[str, float], object] = lambda name, value: None
    ) -> None:
        self._settings, self._folder, self._watch = settings, folder, watch
        self.queue = Queue(settings.queue)
        self.digest = self.choice = self.device = self.trouble = ""
        self._workers: dict[int, Child] = {}
        self.restart_seconds = 3.0
        self._loops: list[asyncio.Task[None]] = []
        self.batch = settings.batch or 1
        self._running: set[Task] = set()
        self._left: set[Path] = set()
        self._closing = False

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes that are ready."""
        return [child.pid for child in self._workers.values()]

    @property
    def memory(self) -> dict[int, int]:
        """Bytes that each of them holds."""
        return {place: child.memory() or 0 for place, child in self._workers.items()}

    @property
    def ready(self) -> bool:
        """Whether there is a process that paints."""
        return bool(self._workers) and not self._closing

    def start(self) -> None:
        """Start as many processes as are asked for, without waiting for them."""
        self._loops.append(asyncio.create_task(self._serve(0)))

    async def do(self, task: Task) -> dict[str, Any]:
        """Have a task done. Cancelled, it is taken back: what is begun is ended once that costs less than to wait.

        Raises:
            RefusedError: There is no room, it cannot be done, or it took too long.
        """
        if self._closing:
            raise RefusedError(503, _STOPPING, 5)
        self.queue.put(task)
        try:
            return await task.answer
        finally:
            self.queue.leave(task)

    async def close(self) -> None:
        """End all processes; what still waits is told so."""
        self._closing = True
        for task in self.queue.empty():
            task.refuse(503, _STOPPING)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await asyncio.gather(*(child.end() for child in self._workers.values()))
        self._workers.clear()

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        while self.queue.running or len(self.queue):
            await asyncio.sleep(0.05)

    def discard(self, folder: Path) -> None:
        """Remove a request's folder, once nothing works in it any more."""
        if any(task.folder == folder for task in self._running):
            self._left.add(folder)
        else:
            self._left.discard(folder)
            shutil.rmtree(folder, ignore_errors=True)

    async def _serve(self, place: int) -> None:
        """Keep one process, and give it work."""
        starts = 0
        while True:
            child = await self._start(place)
            if child is None:
                starts += 1
                if starts >= _STARTS:
                    for task in self.queue.empty():
                        task.refuse(503, f"nothing can be painted: {self.trouble}")
                await asyncio.sleep(min(30.0, 0.1 * 2**starts))
                continue
            starts, self.trouble = 0, ""
            self._workers[place] = child
            try:
                await self._work(child)
            except ChildLostError:
                self._watch("restarts", 1)
            finally:
                self._workers.pop(place, None)
                await child.end()

    async def _start(self, place: int) -> Child | None:
        began = time.monotonic()
        settings = self._settings
        device = settings.device
        if place and self.device == "cuda" and ":" not in device:
            device = f"cuda:{place}"
        where = {"device": device, "backend": settings.backend, "precision": settings.precision}
        environment = {"TMPDIR": str(self._folder)}
        if settings.workers > 1 and "OMP_NUM_THREADS" not in os.environ:
            environment["OMP_NUM_THREADS"] = str(max(1, _cores() // settings.workers))
        child = await Child.start(WORKER, environment, where=where)
        try:
            said = await asyncio.wait_for(child.hear(), _START_SECONDS)
        except ChildLostError:
            said = {"error": "the process that paints ended while it started"}
        except TimeoutError:
            said = {"error": f"the process that paints was not ready after {_START_SECONDS:g} s"}
        except BaseException:
            await child.end()
            raise
        if "error" in said:
            self.trouble = said["error"]
            log.error("%s", self.trouble)
            await child.end()
            return None
        self.restart_seconds = time.monotonic() - began
        self.digest, self.choice, self.device = said["digest"], said["choice"], said["device"]
        self.batch = settings.batch or (1 if self.device == "cpu" else _GPU_BATCH)
        wanted = settings.workers or said["devices"]
        while len(self._loops) < wanted:  # only now is known how many GPUs there are
            self._loops.append(asyncio.create_task(self._serve(len(self._loops))))
        self.queue.workers = wanted
        return child

    async def _work(self, child: Child) -> None:
        """Give a process work for as long as it lives.

        Raises:
            ChildLostError: It is there no more.
        """
        gone = asyncio.create_task(child.gone())
        try:
            while True:
                taking = asyncio.create_task(self.queue.take(self.batch))
                try:
                    await asyncio.wait({taking, gone}, return_when=asyncio.FIRST_COMPLETED)
                except asyncio.CancelledError:
                    for task in taking.result() if taking.done() else ():
                        task.refuse(503, _STOPPING)
                    raise
                finally:
                    taking.cancel()  # unless it is done
                if not taking.done():
                    raise ChildLostError("the process has gone")
                await self._run(child, taking.result())
        finally:
            gone.cancel()

    async def _run(self, child: Child, tasks: list[Task]) -> None:
        """Have a process do some tasks; every one of them gets an answer, or waits again.

        Raises:
            ChildLostError: The process is there no more.
        """
        began = time.monotonic()
        for task in tasks:
            task.tries += 1
            task.waited = began - task.came
            self._watch("wait", task.waited)
        self._watch("batch", len(tasks))
        self._running.update(tasks)
        self.queue.running = len(self._running)
        try:
            said = await self._patiently(child, tasks)
            for task, result in zip(tasks, said["results"], strict=True):
                task.worked = time.monotonic() - began
                self._watch("work", task.worked / len(tasks))
                self.queue.took(task.worked / len(tasks))
                task.done(result)
        except TimeoutError:
            for task in tasks:
                task.refuse(504, f"it took longer than {self._settings.seconds:g} s; make the picture smaller")
            raise ChildLostError("it was ended") from None
        except ChildLostError:
            for task in reversed(tasks):
                if task.tries < _TRIES and not self._closing:
                    self.queue.put(task, again=True)
                else:
                    task.refuse(503, "what worked on it was lost; if the picture is large, make it smaller")
            raise
        except asyncio.CancelledError:
            for task in tasks:
                task.refuse(503, _STOPPING)
            raise
        finally:
            self._running.difference_update(tasks)
            self.queue.running = len(self._running)
            for folder in list(self._left):
                self.discard(folder)

    async def _patiently(self, child: Child, tasks: list[Task]) -> dict[str, Any]:
        """Wait for a process's answer.

        What no caller waits for any more is let go on for as long as another process would take to be ready, and ended
        then: most pictures are done sooner, and never is more than twice the least possible time lost.

        Raises:
            TimeoutError: It takes too long, or nobody wants it any more.
            ChildLostError: The process has gone.
        """
        limit = self._settings.seconds * len(tasks)
        asking = asyncio.create_task(child.ask(kind=tasks[0].kind, items=[task.item for task in tasks]))
        left = asyncio.create_task(asyncio.wait({task.answer for task in tasks}))
        try:
            done, _ = await asyncio.wait({asking, left}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if left in done and asking not in done:
                done, _ = await asyncio.wait({asking}, timeout=min(limit, self.restart_seconds))
            if asking not in done:
                child.kill()
                raise TimeoutError
            return asking.result()
        finally:
            asking.cancel()
            left.cancel()


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

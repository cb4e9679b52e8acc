"""What takes minutes: new styles and clips, each in a process of its own that may be followed and cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from painterly.server.child import Child, ChildLostError
from painterly.server.refusal import RefusedError
from painterly.server.settings import ServerSettings

__all__ = ["FINAL", "Job", "Jobs"]

log = logging.getLogger(__name__)

JOB = "painterly.server.job"
"""The module that a job's process runs."""

FINAL: Final = ("done", "failed", "cancelled")
"""States that nothing follows."""

_PATIENCE: Final = 5.0
"""Seconds in which a job that is cancelled may end by itself."""

_KEPT: Final = 50
_RATE_SECONDS: Final = 20.0
"""Over which the speed is taken."""


@dataclass(eq=False)
class Job:
    """Something that takes minutes.

    Attributes:
        kind: "learn" or "video".
        name: What people call it.
        setup: What its process is told.
        folder: For its files alone.
        style: The style that it learns.
        id: By which it is asked for; cannot be guessed.
        state: "queued", "running", "done", "failed" or "cancelled".
        step: Steps, or frames, that are done.
        steps: How many there are; 0 if nobody knows.
        message: A sentence, or "".
        preview: The step of the newest intermediate picture.
        result: The file that was made.
        ended: When, by `time.monotonic`.
        version: Rises with every change.
        child: What works on it.
    """

    kind: Literal["learn", "video"]
    name: str
    setup: dict[str, Any]
    folder: Path
    style: str | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: Literal["queued", "running", "done", "failed", "cancelled"] = "queued"
    step: int = 0
    steps: int = 0
    message: str = ""
    preview: int | None = None
    result: Path | None = None
    ended: float = 0.0
    version: int = 0
    child: Child | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _past: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=200))

    def change(self, **values: Any) -> None:
        """Set attributes, and tell whoever follows."""
        for name, value in values.items():
            setattr(self, name, value)
        if "step" in values:
            self._past.append((time.monotonic(), self.step))
        if values.get("state") in FINAL:
            self.ended = time.monotonic()
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, since: int, seconds: float) -> bool:
        """Wait for a change; returns whether there was one since a version, within some seconds."""
        if self.version == since:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)
        return self.version != since

    @property
    def seconds_left(self) -> float | None:
        """By the speed of late; None if nobody knows."""
        if self.state != "running" or not self.steps or len(self._past) < 2:
            return None
        now, step = self._past[-1]
        then, before = next((one for one in self._past if one[0] >= now - _RATE_SECONDS), self._past[0])
        if step <= before or now <= then:
            return None
        left = (self.steps - step) * (now - then) / (step - before)
        return round(max(0.0, left - (time.monotonic() - now)), 1)

    @property
    def picture(self) -> Path:
        """Where the newest intermediate picture is, if there is one."""
        return self.folder / "preview.jpg"


class Jobs:
    """The jobs of one server, newest last.

    Args:
        settings: How many may run and wait, and how long results are kept.
        folder: Where their files go.
    """

    def __init__(self, settings: ServerSettings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._jobs: dict[str, Job] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._more = asyncio.Event()

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def start(self) -> None:
        """Begin to work on what is added."""
        self._loops = [asyncio.create_task(self._serve()) for _ in range(self._settings.jobs)]
        self._loops.append(asyncio.create_task(self._sweep()))

    def check(self) -> None:
        """Refuse a job that there is no room for.

        Raises:
            RefusedError: As many wait as may; says when to come again.
        """
        running = [job for job in self if job.state == "running"]
        waiting = sum(job.state == "queued" for job in self)
        if waiting + len(running) < self._settings.jobs + self._settings.jobs_waiting:
            return
        known = [left for left in (job.seconds_left for job in running) if left is not None]
        seconds = max(5, min(600, round(min(known, default=30.0)) + 1))
        raise RefusedError(429, f"{waiting + len(running)} jobs are waiting already; try again in {seconds} s", seconds)

    def check_name(self, style: str) -> None:
        """Refuse to learn a style of a name that is being learnt.

        Raises:
            RefusedError: It is.
        """
        if any(job.style == style and job.state not in FINAL for job in self):
            raise RefusedError(409, f"a style called '{style}' is being learnt already; choose another name")

    def new_folder(self) -> Path:
        """A folder for a job that is about to be added."""
        folder = self._folder / secrets.token_hex(8)
        folder.mkdir(parents=True)
        return folder

    def add(self, job: Job) -> None:
        """Have a job wait for its turn.

        Raises:
            RefusedError: There is no room, or the style is being learnt.
        """
        self.check()
        if job.style is not None:
            self.check_name(job.style)
        self._jobs[job.id] = job
        self._more.set()
        self._forget(sum(one.state in FINAL for one in self) - _KEPT)

    def find(self, id: str) -> Job:
        """A job.

        Raises:
            RefusedError: There is none.
        """
        if id not in self._jobs:
            raise RefusedError(404, "there is no such job; results are kept for a while only")
        return self._jobs[id]

    def cancel(self, job: Job) -> None:
        """End a job; one that has ended is forgotten, with its files."""
        if job.state in FINAL:
            self._remove(job)
            return
        job.change(state="cancelled", message="")
        self._more.set()

    def states(self) -> list[tuple[str, str]]:
        """Kind and state of every job."""
        return [(job.kind, job.state) for job in self]

    async def close(self) -> None:
        """End all jobs."""
        for job in self:
            if job.state not in FINAL:
                job.change(state="cancelled", message="the server was stopped")
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    async def _serve(self) -> None:
        """Work on one job after the other."""
        while True:
            job = next((job for job in self if job.state == "queued"), None)
            if job is None:
                self._more.clear()
                await self._more.wait()
                continue
            job.change(state="running")
            try:
                await self._run(job)
            except Exception:
                log.exception("an error that should not have been")
                job.change(state="failed", message="something went wrong that should not have")
            finally:
                if job.state != "done":
                    _clear(job)

    async def _run(self, job: Job) -> None:
        setup = {"kind": job.kind, "folder": str(job.folder), **job.setup}
        child = job.child = await Child.start(JOB, {"TMPDIR": str(job.folder)}, **setup)
        following = asyncio.create_task(self._follow(job, child))
        ending = asyncio.create_task(_ended(job))
        try:
            done, _ = await asyncio.wait(
                {following, ending}, timeout=self._settings.job_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                job.change(state="failed", message=f"it took longer than {self._settings.job_seconds:g} s")
        finally:
            following.cancel()
            ending.cancel()
            await asyncio.shield(child.end(_PATIENCE))

    async def _follow(self, job: Job, child: Child) -> None:
        """Hear what a process says until it has no more to say."""
        try:
            while True:
                said = await child.hear()
                if job.state in FINAL:
                    return
                if "done" in said:
                    result = Path(said["done"]["result"])
                    job.change(state="done", result=result, style=said["done"].get("style"), message=job.message)
                elif "error" in said:
                    job.change(state="failed", message=said["error"])
                else:
                    job.change(**{name: said[name] for name in ("step", "steps", "message", "preview") if name in said})
        except ChildLostError:
            job.change(state="failed", message="its process was lost; if memory is short, try it smaller")

    async def _sweep(self) -> None:
        """Forget what has been kept for long enough."""
        while True:
            await asyncio.sleep(min(60.0, self._settings.keep_seconds))
            for job in [job for job in self if job.state in FINAL]:
                if time.monotonic() - job.ended > self._settings.keep_seconds:
                    self._remove(job)

    def _forget(self, count: int) -> None:
        for job in sorted((job for job in self if job.state in FINAL), key=lambda job: job.ended)[: max(0, count)]:
            self._remove(job)

    def _remove(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        shutil.rmtree(job.folder, ignore_errors=True)


async def _ended(job: Job) -> None:
    """Wait until a job has ended, or somebody has ended it."""
    while job.state not in FINAL:
        await job.changed(job.version, 3600.0)


def _clear(job: Job) -> None:
    """Remove all files of a job that came to nothing, but for the last picture of it."""
    with contextlib.suppress(OSError):
        for path in job.folder.iterdir():
            if path != job.picture:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()

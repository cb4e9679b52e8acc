"""From folders, stores and shards to the same, by the workers of a cluster: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from painterly.atomic import check_writable
from painterly.batch.run import Outcome
from painterly.cluster.crew import Crew, Lost, again
from painterly.cluster.listing import check_inputs, list_sources
from painterly.cluster.manifest import MANIFEST, Manifest
from painterly.cluster.planning import plan_tasks
from painterly.cluster.progress import Tally, watched
from painterly.cluster.recipe import Recipe
from painterly.cluster.session import check_ray, session, worker_count
from painterly.cluster.settings import ClusterSettings
from painterly.cluster.storage import Place
from painterly.cluster.worker import Report, Task, Worker
from painterly.errors import Interrupted, PainterlyError, UsageError

__all__ = ["Summary", "work_on_cluster"]

_CHUNK = 64
"""Tasks that are noted as begun at once."""

_ENVIRONMENT = "PAINTERLY_"
"""How the names of variables begin that workers get from here."""


@dataclass
class Summary:
    """What came of a run.

    Attributes:
        made: Pictures (or clips) made.
        skipped: Files that were done before and have not changed.
        failed: Pictures that failed, those of shards that were done before included.
        seconds: Time from when a worker was ready to the last result.
        startup: Seconds until then, in which the cluster was found and the network loaded.
        workers: How many there were.
        lost: How often a worker died.
        manifest: Where every single one is listed.
    """

    made: int = 0
    skipped: int = 0
    failed: int = 0
    seconds: float = 0.0
    startup: float = 0.0
    workers: int = 0
    lost: int = 0
    manifest: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain JSON values."""
        rate = self.made / self.seconds if self.seconds else 0.0
        times = {"seconds": round(self.seconds, 3), "startup": round(self.startup, 3)}
        return {**dataclasses.asdict(self), **times, "pictures_per_second": round(rate, 3)}


def work_on_cluster(
    recipe: Recipe,
    inputs: Sequence[str],
    output: str,
    settings: ClusterSettings | None = None,
    *,
    overwrite: bool = False,
    report: Callable[[Outcome], object] = lambda outcome: None,
) -> Summary:
    """Make a file of every file named, on all workers at once.

    A file that the manifest has as done and that has not changed since is skipped. All others are made at least once,
    and appear whole or not at all. A worker that dies is replaced, and what it was at is done again; a picture that
    takes down one worker after the other is given up.

    Args:
        recipe: What to do.
        inputs: Files, folders, shards (`.tar`) and glob patterns, as paths or URLs.
        output: The folder, or its URL, in which results keep their names and sub-folders.
        settings: Who works.
        overwrite: Whether files are replaced that are there already and are no results of the same work.
        report: Called with each outcome as it comes.

    Returns:
        How many were made, skipped and failed.

    Raises:
        UsageError: It was asked for wrongly.
        InputError: There is nothing to do, the model cannot be read, or there is no such cluster.
        OutputError: The manifest cannot be written.
        Interrupted: By Ctrl-C or SIGTERM; the same call goes on from there.
        MissingExtraError: Ray is not installed.
    """
    settings = settings or ClusterSettings()
    check_ray()
    folder = _output(inputs, output)
    recipe = dataclasses.replace(recipe, options=_absolute(recipe.options))
    recipe.ending(Path("a" + min(recipe.suffixes - {".gif"})))  # a format that cannot be written is told now
    check_inputs(inputs, recipe.suffixes, folder)
    where = Place.parse(settings.manifest) if settings.manifest else _beside(folder)
    manifest = Manifest(where, recipe.digest())
    run = _Run(manifest, settings, report)
    with (
        contextlib.closing(manifest),
        _until_asked() as asked,
        watched(run.tally, lambda: list_sources(inputs, recipe.suffixes, folder)) as show,
    ):
        tasks = plan_tasks(recipe, inputs, folder, manifest, run.refuse, run.skip, overwrite=overwrite)
        first = next(tasks, None)
        if first is not None:  # else there is nothing for which a cluster were worth starting
            with _crew(recipe, settings, manifest) as crew:
                run.all(crew, chain([first], tasks), asked, show)
    tally = run.tally
    times = (tally.seconds, run.startup)
    return Summary(tally.made, tally.skipped, tally.failed, *times, run.workers, run.lost, str(where))


@contextlib.contextmanager
def _crew(recipe: Recipe, settings: ClusterSettings, manifest: Manifest) -> Iterator[Crew]:
    """Workers that load the network."""
    with session(settings.address, settings.workers) as ray:
        count, resources = worker_count(ray, settings.workers, str(recipe.options.get("device", "auto")))
        quarantine = Place.parse(settings.quarantine) if settings.quarantine else None
        environment = {name: value for name, value in os.environ.items() if name.startswith(_ENVIRONMENT)}
        near = min(count, os.cpu_count() or 1)
        actor = ray.remote(**resources, max_restarts=0, max_task_retries=0)(Worker)
        crew = Crew(ray, lambda: actor.remote(recipe, quarantine, near, environment), count)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        manifest.add([{"status": "run", "time": now, "verb": recipe.verb, "workers": count}])
        try:
            yield crew
        finally:
            crew.dismiss()


class _Run:
    """Tasks to workers, reports to the manifest."""

    def __init__(self, manifest: Manifest, settings: ClusterSettings, report: Callable[[Outcome], object]) -> None:
        self.manifest, self.settings, self.report = manifest, settings, report
        self.tally = Tally()
        self.lost = self.workers = 0
        self.startup = 0.0
        self._retries: list[Task] = []

    def all(self, crew: Crew, tasks: Iterator[Task], asked: threading.Event, show: Callable[[], None]) -> None:
        """Go through the tasks."""
        began, self.workers = time.monotonic(), crew.count
        waiting: list[Task] = []
        more = True
        while more or waiting or self._retries or crew.busy:
            if asked.is_set():
                self._finish(crew)
                raise Interrupted(f"stopped after {self.tally.made} pictures; the same command goes on from there")
            if more and not waiting:
                waiting = list(islice(tasks, _CHUNK))
                more = bool(waiting)
                self.manifest.begin([str(task.target) for task in waiting])
                waiting.reverse()
            for queue in (self._retries, waiting):
                while queue and crew.give(queue[-1]):
                    queue.pop()
                    if self.tally.began is None:
                        self.tally.began = time.monotonic()
                        self.startup = self.tally.began - began
            for task, result in crew.wait(0.2):
                self._note(task, result)
            show()
        self.tally.ended = time.monotonic()

    def skip(self, failed: int) -> None:
        """Count a file that was done before."""
        self.tally.files += 1
        self.tally.skipped += 1
        self.tally.failed += failed

    def refuse(self, source: Place, target: Place, reason: str) -> None:
        """Note a file that is not even tried."""
        self.manifest.add([{"status": "failed", "source": str(source), "target": str(target), "reason": reason}])
        self._failed(Outcome(Path(str(source)), Path(str(target)), error=reason))
        self.tally.files += 1

    def _finish(self, crew: Crew) -> None:
        """Let the workers end what they are at, but not for long."""
        for _ in range(50):
            if not crew.busy:
                break
            for task, result in crew.wait(0.2):
                self._note(task, result)

    def _note(self, task: Task, result: Report | Lost | PainterlyError) -> None:
        names = {"source": str(task.source), "target": str(task.target)}
        if isinstance(result, Lost):
            self.lost += 1
            if task.attempt < self.settings.attempts:
                self._retries.append(again(task))
                return
            reason = f"{task.source}: {task.attempt} workers died of it, or beside it ({result.reason})"
            self._put_aside(task)
            result = PainterlyError(reason)
        self.tally.files += 1
        if isinstance(result, PainterlyError):
            reason = str(result)
            result = Report(Outcome(Path(names["source"]), Path(names["target"]), error=reason), pictures=0)
        outcome = result.outcome
        entries: list[dict[str, Any]] = []
        for name, why in result.failures:
            entries.append({"status": "failed", "source": f"{task.source}:{name}", "reason": why})
            self._failed(Outcome(Path(f"{task.source}:{name}"), outcome.target, error=why))
        if outcome.error:
            entries.append({"status": "failed", **names, "reason": outcome.error})
            self._failed(outcome)
        else:
            done = {"status": "done", **names, "fingerprint": task.fingerprint, "failed": len(result.failures)}
            size = {} if task.shard else {"width": outcome.size[0], "height": outcome.size[1]}
            entries.append({**done, **size, "pictures": result.pictures, "seconds": round(outcome.seconds, 4)})
            self.tally.made += result.pictures
            self.report(outcome)
        self.manifest.add(entries)

    def _failed(self, outcome: Outcome) -> None:
        self.tally.failed += 1
        self.report(outcome)

    def _put_aside(self, task: Task) -> None:
        if self.settings.quarantine and task.source.local is not None:
            with contextlib.suppress(PainterlyError):
                Place.parse(self.settings.quarantine).child(task.relative).put(task.source.local)


def _output(inputs: Sequence[str], output: str) -> Place:
    """The output folder, checked against what is to be read."""
    from painterly.images.writing import WRITABLE

    if "-" in inputs or output == "-":
        raise UsageError("--engine ray works on files, not on standard input or output")
    folder = Place.parse(output)
    path = folder.local
    if path is not None and not path.is_dir():
        if path.suffix.lower() in WRITABLE or path.is_file():
            raise UsageError(f"{output} is a file; with --engine ray, -o names a folder")
        check_writable(path, overwrite=False)
    for name in inputs:
        place = Place.parse(name)
        if place.protocol == folder.protocol and place.inside(folder) and folder.inside(place):
            raise UsageError(f"{name} is read and written; name another folder with -o")
    return folder


def _beside(folder: Place) -> Place:
    return folder.child(MANIFEST if folder.protocol else f"{MANIFEST}.jsonl")


def _absolute(options: Any) -> dict[str, Any]:
    """Options in which files are named so that workers find them, whose working folder is another."""

    def one(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [one(part) for part in value]
        if isinstance(value, (str, Path)) and value and Path(value).exists():
            return type(value)(Path(value).absolute())
        return value

    return {name: one(value) for name, value in options.items()}


@contextlib.contextmanager
def _until_asked() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; the second of them stops at once."""
    asked = threading.Event()
    before: dict[signal.Signals, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)
        before.clear()

    def ask(number: int, frame: Any) -> None:
        asked.set()
        restore()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, ask)
    try:
        yield asked
    finally:
        restore()

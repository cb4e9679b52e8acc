"""A process of the cluster that holds the network and makes one file after the other."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from painterly.atomic import atomic_path
from painterly.batch.run import Outcome
from painterly.cluster.recipe import Maker, Recipe
from painterly.cluster.shards import work_on_shard
from painterly.cluster.storage import Place
from painterly.errors import InputError, PainterlyError
from painterly.memory import available_memory

__all__ = ["Report", "Task", "Worker"]

_SHARE = 2 / 3
"""Of the free memory that all workers of a machine may hold together."""


@dataclass(frozen=True)
class Task:
    """One file to be made, or one shard.

    Attributes:
        source: What to read.
        target: What to write; it is this run's to replace.
        folder: The output, which the target must not leave through a link.
        relative: The source's path below the folder that was named.
        fingerprint: The source's.
        shard: Whether it is a tar of pictures.
        attempt: Counted from 1; more than that, and an earlier worker died of it or beside it.
        again: Whether an earlier run, or an earlier worker, began it.
    """

    source: Place
    target: Place
    folder: Place
    relative: str
    fingerprint: str
    shard: bool = False
    attempt: int = 1
    again: bool = False


@dataclass
class Report:
    """What became of a task.

    Attributes:
        pictures: How many were made.
        outcome: Of the file; of a shard, with the error that spoilt all of it.
        failures: The pictures of a shard that failed, by name, and why.
    """

    outcome: Outcome
    pictures: int = 1
    failures: list[tuple[str, str]] = field(default_factory=list)


class Worker:
    """Makes what it is told to.

    Args:
        recipe: What to do.
        quarantine: Where files go that cannot be read.
        neighbours: How many workers share this machine, at most.
        environment: Variables of the driver's that matter here as well.
    """

    def __init__(
        self,
        recipe: Recipe,
        quarantine: Place | None = None,
        neighbours: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        os.environ.update(environment or {})
        if recipe.verb != "video" and recipe.options.get("memory") is None and neighbours > 1:
            free = available_memory()
            if free is not None:
                options = {**recipe.options, "memory": int(free * _SHARE / neighbours)}
                recipe = dataclasses.replace(recipe, options=options)
        self.recipe, self.quarantine = recipe, quarantine
        self._maker: Maker | None = None

    def prepare(self) -> str:
        """Load the network; returns what is wrong with it, in a sentence, or ""."""
        try:
            self._maker = self.recipe.maker()
        except PainterlyError as error:
            return str(error)
        return ""

    def work(self, task: Task) -> Report:
        """Make one file, or one shard; what concerns it alone is in the report, not raised."""
        began = time.perf_counter()
        source, target = Path(str(task.source)), Path(str(task.target))
        try:
            with tempfile.TemporaryDirectory(prefix="painterly-worker-") as folder:
                report = self._work(task, Path(folder))
        except PainterlyError as error:
            return Report(Outcome(source, target, error=str(error)), pictures=0)
        report.outcome = Outcome(source, target, report.outcome.size, time.perf_counter() - began)
        return report

    def _work(self, task: Task, folder: Path) -> Report:
        assert self._maker is not None
        given, wanted = task.source.local, task.target.local
        if wanted is not None and task.again:
            _sweep(wanted)
        local = given
        if local is None:
            local = folder / "in" / task.source.name
            local.parent.mkdir()
            task.source.fetch(local)
        result = wanted if wanted is not None else folder / "out" / task.target.name
        inside = task.folder.local if wanted is not None else None
        try:
            if task.shard:
                report = self._shard(task, local, result)
            else:
                size = self._maker(local, result, inside if inside is not None else result.parent)
                report = Report(Outcome(local, result, size))
        except PainterlyError as error:
            if isinstance(error, InputError):
                self._put_aside(local, task.relative)
            words = str(error).replace(str(local), str(task.source)).replace(str(result), str(task.target))
            raise type(error)(words) from error
        if wanted is None:
            task.target.put(result)
        return report

    def _shard(self, task: Task, local: Path, result: Path) -> Report:
        def one(source: Path, target: Path) -> object:
            assert self._maker is not None
            return self._maker(source, target, target.parent)

        with atomic_path(result) as temporary:
            found = work_on_shard(
                local,
                temporary,
                lambda name: Path(name).suffix.lower() in self.recipe.suffixes,
                self.recipe.ending,
                one,
                lambda name, path: self._put_aside(path, f"{task.relative}.d/{name.lstrip('/').replace('..', '_')}"),
            )
        failures = [(name, why.replace(str(local), str(task.source))) for name, why in found if why]
        return Report(Outcome(local, result), len(found) - len(failures), failures)

    def _put_aside(self, local: Path, relative: str) -> None:
        """Copy what cannot be read to the quarantine."""
        if self.quarantine is not None and local.is_file():
            self.quarantine.child(relative).put(local)


def _sweep(target: Path) -> None:
    """Remove what a worker that was killed left behind of a file that is this run's."""
    prefix, suffix = f".{target.stem}.", f".tmp{target.suffix}"
    for path in target.parent.iterdir() if target.parent.is_dir() else ():
        name = path.name
        if name.startswith(prefix) and name.endswith(suffix) and len(name) == len(prefix) + 8 + len(suffix):
            path.unlink(missing_ok=True)

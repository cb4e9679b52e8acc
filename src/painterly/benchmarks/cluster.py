"""Pictures a second of the cluster engine against one process, and what the engine costs for each."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painterly.batch.stylize import stylize
from painterly.benchmarks.timing import Timing
from painterly.cluster.engine import Summary, work_on_cluster
from painterly.cluster.recipe import Maker, Recipe
from painterly.cluster.session import session
from painterly.cluster.settings import ClusterSettings
from painterly.errors import PainterlyError
from painterly.images.reading import read_picture, resize_longest
from painterly.resources.describe import describe_machine

__all__ = ["ClusterTable", "Copying", "benchmark_cluster"]


@dataclass(frozen=True)
class Copying(Recipe):
    """Copies files: what is left of the engine's time when pictures take none."""

    def maker(self) -> Maker:
        def one(source: Path, target: Path, folder: Path) -> tuple[int, int]:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            return 0, 0

        return one


@dataclass
class ClusterTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        count: Pictures.
        size: Their longest side in pixels.
        rows: `who`, `workers`, `seconds`, `rate` (pictures a second), and `startup` before the first one.
        cost: Seconds for each file that is only copied.
        copied: How many were.
        listing: Seconds in which so many are listed and found to be done.
    """

    machine: dict[str, Any]
    count: int
    size: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    cost: float = 0.0
    copied: int = 0
    listing: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return dict(vars(self))


def benchmark_cluster(
    picture: str | Path,
    *,
    count: int = 40,
    size: int = 512,
    workers: list[int] | None = None,
    copies: int = 2000,
    device: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> ClusterTable:
    """Stylize copies of a picture, first in this process, then on a cluster of this machine, in one run.

    Args:
        picture: Any.
        count: How many copies.
        size: Longest side to which it is made smaller.
        workers: How many workers, each in turn; by default 1 and 2.
        copies: Files that are only copied, to measure the engine by itself.
        device: Where to compute.
        report: Called with a line after each part.

    Raises:
        PainterlyError: A picture could not be made.
    """
    counts = workers or [1, 2]
    table = ClusterTable(describe_machine(), count, size)
    with tempfile.TemporaryDirectory(prefix="painterly-benchmark-") as here:
        source = Path(here) / "in"
        source.mkdir()
        small = resize_longest(read_picture(picture), size)
        for number in range(count):
            small.save(source / f"{number:06}.jpg", quality=92)
        times: list[float] = []
        before = time.perf_counter()
        outcomes = stylize(
            str(source), Path(here) / "here", device=device, report=lambda one: times.append(one.seconds)
        )
        took = time.perf_counter() - before
        if any(outcome.error for outcome in outcomes):
            raise PainterlyError(next(outcome.error for outcome in outcomes if outcome.error))
        seconds = sum(times[1:])
        row = {"who": "one process", "workers": 1, "seconds": seconds, "startup": took - seconds}
        table.rows.append({**row, "rate": (count - 1) / seconds, "picture": Timing.of(times[1:]).to_dict()})
        report(f"one process: {table.rows[-1]['rate']:.2f} pictures a second")
        for number in counts:
            recipe = Recipe("stylize", {"device": device})
            summary = _made(work_on_cluster(recipe, [str(source)], f"{here}/{number}", ClusterSettings(workers=number)))
            row = {"who": "cluster", "workers": number, "seconds": summary.seconds, "startup": summary.startup}
            table.rows.append({**row, "rate": summary.made / summary.seconds})
            report(f"{number} workers: {table.rows[-1]['rate']:.2f} pictures a second")
        many = Path(here) / "many"
        many.mkdir()
        for number in range(copies):
            (many / f"{number:06}.png").write_bytes(b"")
        with session(None, 1):
            settings = ClusterSettings(workers=1)
            summary = _made(work_on_cluster(Copying("stylize"), [str(many)], f"{here}/copies", settings))
            table.cost, table.copied = summary.seconds / copies, copies
            before = time.perf_counter()
            work_on_cluster(Copying("stylize"), [str(many)], f"{here}/copies", settings)
            table.listing = time.perf_counter() - before
        report(f"the engine: {table.cost * 1e3:.2f} ms a picture")
    return table


def _made(summary: Summary) -> Summary:
    if summary.failed:
        raise PainterlyError(f"{summary.failed} pictures failed; {summary.manifest} said why")
    return summary

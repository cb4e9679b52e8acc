"""Seconds from the command to the finished file, against a script that does the same with the reference network."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painterly.benchmarks.timing import Timing
from painterly.errors import PainterlyError
from painterly.images.reading import read_picture
from painterly.images.writing import save_picture
from painterly.inference.choice import Choice
from painterly.models.catalogue import DEFAULT_MODEL
from painterly.resources.describe import describe_machine

__all__ = ["StartupTable", "benchmark_startup"]


@dataclass
class StartupTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        size: Width and height of the picture.
        rows: For every contestant `model`, `backend`, `precision`, `seconds` (median) with `low` and `high`
            (quartiles), and `ratio` to the reference.
    """

    machine: dict[str, Any]
    size: tuple[int, int]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {**vars(self), "size": list(self.size)}


def benchmark_startup(
    picture: str | Path,
    *,
    model: str = DEFAULT_MODEL,
    choices: Sequence[Choice],
    repeats: int = 5,
    report: Callable[[str], object] = lambda text: None,
) -> StartupTable:
    """Run whole processes, one of each after the other.

    Args:
        picture: Any picture; sizes that are no multiples of 4 are cut, since the reference cannot take them.
        model: A style network's name or file.
        choices: Back ends and precisions.
        repeats: Runs of each that are timed, after one that is not and fills the caches.
        report: Called with a line about each round.

    Raises:
        PainterlyError: A process failed.
    """
    image = read_picture(picture).convert("RGB")
    size = (image.width // 4 * 4, image.height // 4 * 4)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, output = folder / "photo.png", folder / "painting.png"
        save_picture(image.crop((0, 0, *size)), source)
        script = "painterly.benchmarks.reference_script"
        commands = [[sys.executable, "-m", script, str(folder / "weights.pth"), str(source), str(output)]]
        for one in choices:
            options = ["--backend", one.backend, "--precision", one.precision, "--overwrite", "--quiet"]
            run = "from painterly.commands import main; main()"
            command = [sys.executable, "-c", run, "stylize", str(source), "-o", str(output), "--model", model]
            commands.append([*command, *options])
        seconds: list[list[float]] = [[] for _ in commands]
        for turn in range(repeats + 1):
            for command, times in zip(commands, seconds, strict=True):
                took = _run(command)
                if turn:
                    times.append(took)
            report(f"round {turn} of {repeats} done")
    timings = [Timing.of(times) for times in seconds]
    table = StartupTable(describe_machine(), size)
    contestants: list[Choice | None] = [None, *choices]
    for choice, timing in zip(contestants, timings, strict=True):
        table.rows.append(
            {
                "model": model if choice else "reference",
                "backend": choice.backend if choice else "script, eager",
                "precision": choice.precision if choice else "float32",
                "seconds": timing.median,
                "low": timing.low,
                "high": timing.high,
                "ratio": timings[0].median / timing.median,
            }
        )
    return table


def _run(command: Sequence[str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise PainterlyError(f"a process failed: {said[-1] if said else f'exit status {done.returncode}'}")
    return took

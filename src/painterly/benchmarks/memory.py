"""Peak memory of one picture, by size, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from painterly.benchmarks.inference import contestant
from painterly.benchmarks.workers import Worker
from painterly.errors import PainterlyError
from painterly.inference.choice import Choice
from painterly.models.catalogue import DEFAULT_MODEL
from painterly.resources.describe import describe_machine

__all__ = ["MemoryTable", "benchmark_memory"]


@dataclass
class MemoryTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        rows: For every size and contestant `size`, `model`, `backend`, `precision`, `before` (bytes held with the
            network loaded), `peak` (bytes held at most), and `bytes_per_pixel` of the difference.
    """

    machine: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return dict(vars(self))


def benchmark_memory(
    picture: str | Path,
    *,
    model: str = DEFAULT_MODEL,
    sizes: Sequence[int] = (512, 1024, 2048),
    choices: Sequence[Choice],
    device: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> MemoryTable:
    """Measure the reference and every contestant on squares of each size.

    Args:
        picture: Any picture.
        model: A style network's name or file.
        sizes: Sides in pixels, multiples of 4.
        choices: Back ends and precisions.
        device: Where to compute.
        report: Called with a line about each row.

    Raises:
        PainterlyError: A contestant cannot run here.
    """
    table = MemoryTable(describe_machine())
    named: list[tuple[str, Choice | None]] = [("reference", None), *((model, choice) for choice in choices)]
    for size in sizes:
        for name, choice in named:
            try:
                worker = Worker(contestant, str(picture), name, choice, choice is not None, device)
                try:
                    worker.ask("prepare", size)
                    usage = worker.ask("about", 0)["usage"]
                finally:
                    worker.close()
            except RuntimeError as error:
                raise PainterlyError(f"{name} at {size} pixels: {str(error).strip().splitlines()[-1]}") from error
            before, peak = usage["memory_before"], usage["peak_memory"]
            grown = None if before is None or peak is None else (peak - before) / size**2
            row = {
                "size": size,
                "model": name,
                "backend": choice.backend if choice else "eager, default allocator",
                "precision": choice.precision if choice else "float32",
                "before": before,
                "peak": peak,
                "bytes_per_pixel": grown,
            }
            table.rows.append(row)
            report(f"{size}x{size}, {name}, {row['backend']} done")
    return table

"""Pictures one after the other; a bad one does not stop the rest."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from painterly.batch.make import Files, Work, make
from painterly.batch.plan import Job
from painterly.batch.tiles import TiledWork
from painterly.errors import PainterlyError

__all__ = ["Outcome", "run_jobs"]


@dataclass(frozen=True)
class Outcome:
    """What became of one picture.

    Attributes:
        source: The picture that was read.
        target: The picture that was written, or would have been.
        size: Width and height of the result.
        seconds: Time from reading to writing.
        error: Why it failed, or "".
    """

    source: Path
    target: Path
    size: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        if self.error:
            return {"input": str(self.source), "error": self.error}
        width, height = self.size
        return {
            "input": str(self.source),
            "output": str(self.target),
            "width": width,
            "height": height,
            "seconds": round(self.seconds, 4),
        }


def run_jobs(
    jobs: Sequence[Job],
    work: Work,
    *,
    overwrite: bool = False,
    files: Files | None = None,
    tiled: TiledWork | None = None,
) -> Iterator[Outcome]:
    """Make pictures, one outcome at a time.

    Args:
        jobs: What to make.
        work: From the picture read to the picture to write; see `painterly.batch.make.Work`.
        overwrite: Whether existing files are replaced.
        files: That, and how pictures are read and written otherwise.
        tiled: For pictures that do not fit into memory; by default they are refused.

    Yields:
        One outcome a job; errors that concern a single picture are in it, not raised.
    """
    files = files or Files(overwrite)
    for job in jobs:
        began = time.perf_counter()
        try:
            size = make(job, work, files, tiled)
        except PainterlyError as error:
            yield Outcome(job.source, job.target, error=str(error))
            continue
        yield Outcome(job.source, job.target, size, time.perf_counter() - began)

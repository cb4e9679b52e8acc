"""Pictures one after the other; a bad one does not stop the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.atomic import check_writable
from painterly.batch.plan import Job
from painterly.errors import InputError, OutputError, PainterlyError
from painterly.images.reading import read_picture
from painterly.images.writing import save_picture

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
    jobs: Sequence[Job], work: Callable[[Image.Image], Image.Image], *, overwrite: bool = False
) -> Iterator[Outcome]:
    """Make pictures, one outcome at a time.

    Args:
        jobs: What to make.
        work: From the picture read (upright, RGB or RGBA) to the picture to write.
        overwrite: Whether existing files are replaced.

    Yields:
        One outcome a job; errors that concern a single picture are in it, not raised.
    """
    for job in jobs:
        began = time.perf_counter()
        try:
            if job.problem:
                raise OutputError(job.problem)
            check_writable(job.target, overwrite=overwrite)
            picture = read_picture(job.source)
            try:
                result = work(picture)
            except InputError as error:
                raise InputError(f"{job.source}: {error}") from error
            except (MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
                raise InputError(
                    f"{job.source} is too large for the memory that is free; make it smaller first"
                ) from error
            save_picture(result, job.target, overwrite=overwrite)
        except PainterlyError as error:
            yield Outcome(job.source, job.target, error=str(error))
            continue
        yield Outcome(job.source, job.target, result.size, time.perf_counter() - began)


def _out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error)

"""From files, folders and globs to files, by whatever makes one picture of another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from painterly.batch.make import Files, Work
from painterly.batch.plan import plan_jobs
from painterly.batch.run import Outcome, run_jobs
from painterly.batch.standard import STANDARD
from painterly.batch.tiles import TiledWork
from painterly.errors import UsageError
from painterly.images.vips import import_vips

__all__ = ["work_on_files"]


def work_on_files(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path | None,
    work: Work,
    *,
    suffix: str,
    format: str | None,
    files: Files,
    report: Callable[[Outcome], object],
    tiled: TiledWork | None = None,
) -> list[Outcome]:
    """Make a picture of every picture named.

    Args:
        inputs: Files, folders and glob patterns, or "-" for standard input.
        output: A file for a single picture, a folder, "-" for standard output, or None for beside each input.
        work: From the picture read to the picture to write.
        suffix: Added to the names of outputs that lie beside their inputs.
        format: File name ending for outputs in folders.
        files: How they are read and written.
        report: Called with each outcome as it comes.
        tiled: For pictures that do not fit into memory.

    Returns:
        An outcome for every picture; one that failed says why, and stops none of the others.

    Raises:
        UsageError: One file is named for several pictures, an unknown format, or a terminal as output.
        InputError: There are no pictures.
    """
    names = [str(name) for name in ([inputs] if isinstance(inputs, (str, Path)) else inputs)]
    where = Path(output) if output is not None else None
    jobs = plan_jobs(names, where, suffix=suffix, format=format, depth=files.options.depth)
    if jobs[0].target == STANDARD and sys.stdout.isatty():
        raise UsageError("standard output is a terminal; name a file with -o, or redirect it")
    if files.options.depth == 16:
        import_vips("sixteen bits a channel")  # for all of them, so said once
    outcomes = []
    for outcome in run_jobs(jobs, work, files=files, tiled=tiled):
        outcomes.append(outcome)
        report(outcome)
    return outcomes

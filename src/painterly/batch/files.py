"""From files, folders and globs to files, by whatever makes one picture of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from painterly.batch.plan import plan_jobs
from painterly.batch.run import Outcome, run_jobs

__all__ = ["work_on_files"]


def work_on_files(
    inputs: str | Path | Sequence[str | Path],
    output: str | Path | None,
    work: Callable[[Image.Image], Image.Image],
    *,
    suffix: str,
    format: str | None,
    overwrite: bool,
    report: Callable[[Outcome], object],
) -> list[Outcome]:
    """Make a picture of every picture named.

    Args:
        inputs: Files, folders and glob patterns.
        output: A file for a single picture, a folder, or None for beside each input.
        work: From the picture read (upright, RGB or RGBA) to the picture to write.
        suffix: Added to the names of outputs that lie beside their inputs.
        format: File name ending for outputs in folders.
        overwrite: Whether existing files are replaced.
        report: Called with each outcome as it comes.

    Returns:
        An outcome for every picture; one that failed says why, and stops none of the others.

    Raises:
        UsageError: One file is named for several pictures, or an unknown format.
        InputError: There are no pictures.
    """
    names = [str(name) for name in ([inputs] if isinstance(inputs, (str, Path)) else inputs)]
    jobs = plan_jobs(names, Path(output) if output is not None else None, suffix=suffix, format=format)
    outcomes = []
    for outcome in run_jobs(jobs, work, overwrite=overwrite):
        outcomes.append(outcome)
        report(outcome)
    return outcomes

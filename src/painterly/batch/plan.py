"""From the files, folders and globs that a user names to pairs of input and output."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from painterly.data.photos import PICTURE_SUFFIXES
from painterly.errors import InputError, UsageError
from painterly.images.writing import WRITABLE, check_format

__all__ = ["Job", "plan_jobs"]


@dataclass(frozen=True)
class Job:
    """One picture to be made.

    Attributes:
        source: The picture to read.
        target: The picture to write.
        problem: Why it cannot be made, if that is clear beforehand.
    """

    source: Path
    target: Path
    problem: str = ""


def plan_jobs(inputs: Sequence[str], output: Path | None, *, suffix: str, format: str | None = None) -> list[Job]:
    """Decide what is read and where it is written.

    Args:
        inputs: Files, folders (searched to the bottom) and glob patterns.
        output: A picture file for a single input; a folder, in which the inputs keep their names and sub-folders; or
            None, to write beside each input.
        suffix: Added to the names of outputs that lie beside their inputs.
        format: File name ending for outputs in folders, such as "png"; by default that of the input.

    Returns:
        A job for every input, in order; an output that two inputs would share has a problem the second time.

    Raises:
        UsageError: `output` names one file for several pictures, or the format cannot be written.
        InputError: No pictures were found.
    """
    ending = f".{format.lower().lstrip('.')}" if format else None
    if ending is not None and ending not in WRITABLE:
        raise UsageError(f"--format {format}: choose from {', '.join(s.lstrip('.') for s in WRITABLE)}")
    sources = _expand(inputs)
    if output is not None and _names_file(output):
        if len(sources) > 1:
            raise UsageError(f"{output} is one file, but there are {len(sources)} pictures; name a folder")
        check_format(output)
        return [Job(sources[0][0], output)]
    jobs, taken = [], dict[Path, Path]()
    for source, relative in sources:
        end = ending or (source.suffix.lower() if source.suffix.lower() in WRITABLE else ".png")
        if output is None:
            target = source.with_name(f"{source.stem}-{suffix}{end}")
        else:
            target = output / relative.with_name(source.stem + end)
        problem = f"{source} would be written to {target}, as {taken[target]} is; rename one" if target in taken else ""
        taken.setdefault(target, source)
        jobs.append(Job(source, target, problem))
    return jobs


def _names_file(output: Path) -> bool:
    if output.is_dir():
        return False
    return output.suffix.lower() in WRITABLE or output.is_file() or bool(output.suffix)


def _expand(inputs: Sequence[str]) -> list[tuple[Path, Path]]:
    """Every picture named, once, with its path relative to the folder under which it was found."""
    found: dict[Path, Path] = {}
    for name in inputs:
        path = Path(name).expanduser()
        if path.is_dir():
            pictures = _pictures_in(path)
            if not pictures:
                raise InputError(f"{path} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))} are looked for)")
            for picture in pictures:
                found.setdefault(picture, picture.relative_to(path))
        elif not path.exists() and glob.has_magic(name):
            matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
            files = [match for match in matches if match.is_file()]
            if not files:
                raise InputError(f"nothing matches {name}")
            for match in files:
                found.setdefault(match, Path(match.name))
        else:
            found.setdefault(path, Path(path.name))  # one that does not exist is reported like any that cannot be read
    return list(found.items())


def _pictures_in(folder: Path) -> list[Path]:
    paths = (Path(top) / name for top, _, files in os.walk(folder) for name in files)
    return sorted(path for path in paths if path.suffix.lower() in PICTURE_SUFFIXES)

"""From the files, folders and globs that a user names to pairs of input and output."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from painterly.batch.standard import STANDARD
from painterly.data.photos import PICTURE_SUFFIXES
from painterly.errors import InputError, UsageError
from painterly.images.animation import ANIMATED, find_animation
from painterly.images.writing import WRITABLE, check_depth, check_format

__all__ = ["Job", "check_ending", "ending_for", "plan_jobs"]


@dataclass(frozen=True)
class Job:
    """One picture to be made.

    Attributes:
        source: The picture to read; "-" for standard input.
        target: The picture to write; "-" for standard output.
        problem: Why it cannot be made, if that is clear beforehand.
        folder: The folder that the target must not leave through a link, if it lies in one that was named.
        ending: Of a name for what goes to standard output; "" for the format of the source.
    """

    source: Path
    target: Path
    problem: str = ""
    folder: Path | None = None
    ending: str = ""


def plan_jobs(
    inputs: Sequence[str], output: Path | None, *, suffix: str, format: str | None = None, depth: int = 8
) -> list[Job]:
    """Decide what is read and where it is written.

    Args:
        inputs: Files, folders (searched to the bottom) and glob patterns; or "-" alone, for standard input.
        output: A picture file for a single input; a folder, in which the inputs keep their names and sub-folders; "-"
            for standard output; or None, to write beside each input.
        suffix: Added to the names of outputs that lie beside their inputs.
        format: File name ending for outputs in folders, such as "png"; by default that of the input where it can be
            written, else PNG.
        depth: Bits a channel of the outputs.

    Returns:
        A job for every input, in order; an output that two inputs would share has a problem the second time, and so
        has one that is an input itself.

    Raises:
        UsageError: `output` names one file for several pictures, or the format cannot be written.
        InputError: No pictures were found.
    """
    ending = check_ending(format, depth)
    if str(STANDARD) in inputs:
        return [_standard_job(inputs, output, ending or "", depth)]
    sources = _expand(inputs)
    if output is not None and (output == STANDARD or _names_file(output)):
        if len(sources) > 1:
            where = "standard output" if output == STANDARD else output
            raise UsageError(f"{where} is one file, but there are {len(sources)} pictures; name a folder")
        source = sources[0][0]
        if output == STANDARD:
            return [Job(source, output, ending=ending or "")]
        _check_output(output, source, depth)
        return [Job(source, output)]
    named = {source for source, _ in sources}
    same = _sameness(output)
    jobs, taken = [], dict[str, Path]()
    for source, relative in sources:
        end = ending or ending_for(source, depth)
        if output is None:
            target = source.with_name(f"{source.stem}-{suffix}{end}")
        else:
            target = output / relative.with_name(source.stem + end)
        problem, key = "", str(target).casefold() if same else str(target)
        if key in taken:
            problem = f"{source} would be written to {target}, as {taken[key]} is; rename one"
        elif target in named and target != source:
            problem = f"{source} would be written to {target}, which is itself to be read; name an output folder"
        taken.setdefault(key, source)
        jobs.append(Job(source, target, problem, output))
    return jobs


def _standard_job(inputs: Sequence[str], output: Path | None, ending: str, depth: int) -> Job:
    if len(inputs) > 1:
        raise UsageError("- (standard input) goes alone; name files, or only -")
    if output is None or output == STANDARD:
        return Job(STANDARD, STANDARD, ending=ending)
    if not _names_file(output):
        raise UsageError(f"standard input has no name to keep in {output}; name a file")
    if output.suffix.lower() not in ANIMATED:
        check_format(output)
    check_depth(output, depth)
    return Job(STANDARD, output)


def _check_output(output: Path, source: Path, depth: int) -> None:
    if output.suffix.lower() != ".gif" or not _is_readable_still(source):
        check_format(output.with_suffix(".png") if output.suffix.lower() == ".gif" else output)
        check_depth(output, depth)
        return
    raise UsageError(f"{output}: cannot write '.gif' files but of animations; use {', '.join(WRITABLE)}")


def _is_readable_still(source: Path) -> bool:
    """Whether it is a picture that does not move; one that cannot be read is reported when it is tried."""
    try:
        return find_animation(source, max_pixels=10**12) is None
    except InputError:
        return False


def check_ending(format: str | None, depth: int = 8) -> str | None:
    """The file name ending that a format means; None for none.

    Raises:
        UsageError: It cannot be written, or not with so many bits.
    """
    if not format:
        return None
    ending = f".{format.lower().lstrip('.')}"
    if ending not in WRITABLE:
        raise UsageError(f"--format {format}: choose from {', '.join(s.lstrip('.') for s in WRITABLE)}")
    check_format(Path(f"--format {format}{ending}"))
    check_depth(Path(f"--format {format}"), depth, ending)
    return ending


def ending_for(source: Path, depth: int = 8) -> str:
    """The file name ending of a result in a folder: that of the source where it can be written, else that of PNG."""
    own = source.suffix.lower()
    if depth == 16:
        return own if own in (".png", ".tif", ".tiff") else ".png"
    if own == ".gif":
        return ".png" if _is_readable_still(source) else own
    return own if own in WRITABLE else ".png"


def _names_file(output: Path) -> bool:
    if output.is_dir():
        return False
    return output.suffix.lower() in WRITABLE or output.is_file() or bool(output.suffix)


def _sameness(output: Path | None) -> bool:
    """Whether names that differ in case only are the same file where results go."""
    folder = (output or Path()).absolute()
    while not folder.exists():
        folder = folder.parent
    other = folder.with_name(folder.name.swapcase())
    return other != folder and other.exists() and other.samefile(folder)


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

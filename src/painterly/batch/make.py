"""One picture of another: from a file, through whatever works on it, to a file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from painterly.atomic import check_writable
from painterly.batch.plan import Job
from painterly.batch.standard import STANDARD, ending_of, standard_input, standard_output
from painterly.batch.tiles import TiledWork, make_by_tiles, size_of
from painterly.errors import InputError, OutputError, UsageError
from painterly.images.animation import ANIMATED, Animation, find_animation, read_frames, save_animation
from painterly.images.options import SaveOptions
from painterly.images.reading import read_with_metadata
from painterly.images.writing import check_depth, check_format, save_picture
from painterly.memory import out_of_memory

__all__ = ["Files", "FrameWork", "Work", "make"]

Work = Callable[[Any], Any]
"""From a picture to a picture: an RGB or RGBA image, or with sixteen bits an array (H, W, 3 or 4) of uint16 or of
floats in [0, 1]; the result is of the same kind."""


@runtime_checkable
class FrameWork(Protocol):
    """Work that does something else with the frames of an animation than with still pictures."""

    def frame(self, picture: Any) -> Any:
        """From an RGB or RGBA image to another."""


@dataclass(frozen=True)
class Files:
    """How files are read and written.

    Attributes:
        overwrite: Whether existing files are replaced.
        options: Quality, depth and the like.
        max_pixels: Larger pictures are refused; by default `painterly.images.limits.MAX_PIXELS`.
    """

    overwrite: bool = False
    options: SaveOptions = SaveOptions()
    max_pixels: int | None = None


def make(job: Job, work: Work, files: Files, tiled: TiledWork | None = None) -> tuple[int, int]:
    """Make one picture.

    Args:
        job: What to make.
        work: What makes it.
        files: How to read and write.
        tiled: What makes it where the whole does not fit into memory, or where tiles are asked for.

    Returns:
        Width and height of the result.

    Raises:
        PainterlyError: It cannot be made; one sentence says why.
    """
    if job.problem:
        raise OutputError(job.problem)
    if job.target != STANDARD:
        check_writable(job.target, overwrite=files.overwrite)
        _check_inside(job)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(standard_input()) if job.source == STANDARD else job.source
        animation = find_animation(source, max_pixels=files.max_pixels)
        target = job.target
        if target == STANDARD:
            ending = job.ending or ending_of(source, animated=animation is not None)
            if files.options.depth == 16 and not job.ending and ending not in (".png", ".tif"):
                ending = ".png"
            target = stack.enter_context(standard_output(ending))
        if animation is not None:
            return _make_animation(source, target, work, files, animation)
        check_format(target)
        if tiled is not None and tiled.wanted(*size_of(source, max_pixels=files.max_pixels)):
            with _named(source):
                return make_by_tiles(source, target, tiled, files)
        if files.options.depth == 16:
            return _make_deep(source, target, work, files)
        picture, metadata = read_with_metadata(source, max_pixels=files.max_pixels)
        with _named(source):
            result = work(picture)
        save_picture(result, target, overwrite=files.overwrite, options=files.options, metadata=metadata)
        width, height = result.size
        return width, height


def _make_deep(source: Path, target: Path, work: Work, files: Files) -> tuple[int, int]:
    from painterly.images.strips import open_strips, write_strips

    check_depth(target, 16)
    reader = open_strips(source, max_pixels=files.max_pixels)
    (picture,) = reader.strips(reader.height)
    if picture.dtype == np.uint8:
        picture = picture.astype(np.uint16) * np.uint16(257)
    with _named(source):
        result = work(picture)
    height, width, channels = result.shape
    write_strips(
        target, width, height, channels, result.dtype, [result], files.options, reader.metadata, files.overwrite
    )
    return width, height


def _make_animation(source: Path, target: Path, work: Work, files: Files, animation: Animation) -> tuple[int, int]:
    if target.suffix.lower() not in ANIMATED or files.options.depth == 16:
        raise UsageError(
            f"{source} is an animation of {animation.frames} frames, which goes to {', '.join(ANIMATED)} with eight "
            "bits; name one, or save the frame that is meant as a file of its own"
        )
    work, results = work.frame if isinstance(work, FrameWork) else work, []
    for frame, duration in read_frames(source, max_pixels=files.max_pixels):
        with _named(source):
            results.append((work(frame), duration))
    save_animation(results, target, animation, overwrite=files.overwrite, options=files.options)
    width, height = results[0][0].size
    return width, height


@contextlib.contextmanager
def _named(source: Path) -> Iterator[None]:
    """Put the file's name before what the work says."""
    try:
        yield
    except InputError as error:
        if str(error).startswith(str(source)):
            raise
        raise InputError(f"{source}: {error}") from error
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        raise InputError(f"{source} is too large for the memory that is free; make it smaller first") from error


def _check_inside(job: Job) -> None:
    """Refuse to leave the output folder through a link below it."""
    if job.folder is None:
        return
    folder, parent = job.folder.resolve(), job.target.parent.resolve()
    if not parent.is_relative_to(folder):
        raise OutputError(
            f"cannot write {job.target}: {job.target.parent} is a link that leaves {job.folder}; remove it, or name "
            "another folder"
        )

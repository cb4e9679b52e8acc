"""How large a picture is, by its header alone, and whether that is too large. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from painterly.errors import InputError
from painterly.images.metadata import orientation_of
from painterly.images.reading import open_picture
from painterly.server.kinds import picture_kind
from painterly.server.refusal import RefusedError

__all__ = ["check_made", "measure", "result_size"]

_NATIVE: Final = ("avif", "heic", "jp2")
"""Whose headers are read by libraries in C, which the server leaves to the processes that paint."""


def measure(path: Path, most: int, *, native: bool = False) -> tuple[str, tuple[int, int] | None]:
    """Look at a picture's header.

    Args:
        path: The file, whose name people know.
        most: Pixels.
        native: Whether headers that take a library in C are read too.

    Returns:
        The usual ending of a file of its kind; and width and height, upright, if they were looked at.

    Raises:
        RefusedError: It is no picture of a kind that is let in, or has more pixels.
        InputError: It is damaged.
        MissingExtraError: It is HEIC, and its plug-in is not installed.
    """
    kind = picture_kind(path)
    if path.stat().st_size == 0:
        raise RefusedError(415, f"{path.name} is empty (0 bytes)")
    if kind is None:
        raise RefusedError(415, f"{path.name} is not a picture in a format that can be read; JPEG, PNG and WebP are")
    if kind in _NATIVE and not native:
        return kind, None
    try:
        with open_picture(path, max_pixels=most) as image:
            size = image.size
            if orientation_of(image) >= 5:
                size = size[1], size[0]
    except InputError as error:
        if "--max-pixels" not in str(error):
            raise
        raise RefusedError(
            413, f"{path.name} has more than {_millions(most)} million pixels, the most that are taken here"
        ) from error
    return kind, size


def result_size(size: tuple[int, int], longest: int | None, factor: int = 1) -> tuple[int, int]:
    """Width and height of what is made of a picture."""
    width, height = size
    if longest is None:
        return width * factor, height * factor
    ratio = longest / max(width, height)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


def check_made(name: str, size: tuple[int, int], longest: int | None, most: int, factor: int = 1) -> tuple[int, int]:
    """Refuse a result that is too large.

    Args:
        name: Of the picture.
        size: Its width and height.
        longest: The longest side that is asked for.
        most: Pixels.
        factor: How many times larger it is to be.

    Returns:
        Width and height of the result.

    Raises:
        RefusedError: It has more pixels.
    """
    width, height = result_size(size, longest, factor)
    if width * height > most:
        raise RefusedError(
            413,
            f"{name} would become {width}x{height} pixels, and {_millions(most)} million are the most that are made "
            "here; ask for less, or make it smaller first",
        )
    return width, height


def _millions(pixels: int) -> str:
    return f"{pixels / 1e6:g}"

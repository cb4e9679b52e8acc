"""Standard input and output as files: what is read or written is there whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from painterly.atomic import disk_reason
from painterly.errors import InputError, OutputError
from painterly.images.reading import open_picture

__all__ = ["STANDARD", "ending_of", "standard_input", "standard_output"]

STANDARD: Final = Path("-")
"""What stands for standard input and output."""

_ENDINGS: Final = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp"} | {
    "AVIF": ".avif",
    "HEIF": ".heic",
}


@contextlib.contextmanager
def standard_input() -> Iterator[Path]:
    """A file with all of standard input, called so, for messages.

    Raises:
        InputError: There is no room for it.
    """
    with _folder() as folder:
        path = folder / "standard input"
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        except OSError as error:
            raise InputError(f"standard input cannot be read ({disk_reason(error)})") from error
        yield path


@contextlib.contextmanager
def standard_output(ending: str) -> Iterator[Path]:
    """A file to write, which goes to standard output when the block ends well.

    Args:
        ending: Of its name, which says the format.

    Raises:
        OutputError: Whoever reads it has gone.
    """
    with _folder() as folder:
        path = folder / f"standard output{ending}"
        yield path
        try:
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except OSError as error:
            raise OutputError(f"cannot write standard output ({disk_reason(error)})") from error


def ending_of(path: Path, *, animated: bool) -> str:
    """The file name ending for a result in the format of a picture, or in PNG where that is not written.

    Raises:
        InputError: It cannot be read.
    """
    with open_picture(path, max_pixels=10**12) as image:
        kind = image.format or ""
    return ".gif" if kind == "GIF" and animated else _ENDINGS.get(kind, ".png")


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="painterly-") as name:
        try:
            yield Path(name)
        except (InputError, OutputError) as error:
            raise type(error)(str(error).replace(f"{name}{os.sep}", "")) from error

"""Whether a file was read whole: it did not change meanwhile, and it held as much as its header claims."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from painterly.errors import InputError

__all__ = ["MISSING", "check_whole", "read_unchanged"]

MISSING = 128
"""What libjpeg paints where a file ends too early."""

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Where each pass of an interlaced PNG begins, and its steps, across and down."""


@contextlib.contextmanager
def read_unchanged(path: str | Path, file: io.BytesIO | None = None) -> Iterator[None]:
    """Make sure that a file is the same before and after the block.

    Args:
        path: The file.
        file: Its content, where that is in memory, which nobody else changes.

    Raises:
        InputError: Its size, its time or the file behind its name changed. That is likelier to have been the reason
            than whatever else was raised.
    """
    before = None if file is not None else _stamp(path)
    try:
        yield
    except InputError as error:
        if before is not None and _stamp(path) != before:
            raise InputError(f"{path} changed while it was read; try again") from error
        raise
    if before is not None and _stamp(path) != before:
        raise InputError(f"{path} changed while it was read; try again")


def check_whole(image: Image.Image, path: str | Path, file: io.BytesIO | None = None) -> None:
    """Make sure that a decoded JPEG or PNG had data for all its rows; where they lack, decoders paint grey or nothing.

    Only a picture that ends in what they paint is looked at again.

    Args:
        image: As decoded, before it is turned.
        path: Where it came from.
        file: Its content, where that is in memory.

    Raises:
        InputError: Its data end before its header says.
    """
    width, height = image.size
    last = np.asarray(image.crop((max(0, width - 4), height - 1, width, height)))
    if image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB") and np.all(last == MISSING):
        content = file.getvalue() if file is not None else Path(path).read_bytes()
        whole = _fills_jpeg(content, image)
    elif image.format == "PNG" and not np.any(last):
        content = file.getvalue() if file is not None else Path(path).read_bytes()
        whole = _fills_png(content, getattr(image, "n_frames", 1))
    else:
        return
    if not whole:
        raise InputError(f"{path} is damaged (its data end before the {height} rows that it claims); export it again")


def _fills_jpeg(content: bytes, image: Image.Image) -> bool:
    """Whether more data before its end change nothing, so that its own suffice."""
    end = content.rfind(b"\xff\xd9")
    with Image.open(io.BytesIO(content[:end] + b"\x5a\xa5" * 64 + content[end:])) as more:
        more.load()
        return more.size == image.size and more.tobytes() == image.tobytes()


def _fills_png(content: bytes, frames: int) -> bool:
    """Whether the data unpack to as many bytes as the size takes (PNG, section 7.2 and 8.1)."""
    if frames > 1:  # whose first may be smaller
        return True
    width, height, bits, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", content, 16)
    bits *= {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1)
    need = 0
    for left, top, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        need += rows * (1 + (columns * bits + 7) // 8) if columns > 0 else 0
    found, place, inflate = 0, 8, zlib.decompressobj()
    while place + 8 <= len(content) and not inflate.eof:
        length, name = struct.unpack_from(">I4s", content, place)
        if name == b"IDAT":
            piece = content[place + 8 : place + 8 + length]
            while piece and not inflate.eof:
                found += len(inflate.decompress(piece, 1 << 20))
                piece = inflate.unconsumed_tail
        place += 12 + length
    return found >= need


def _stamp(path: str | Path) -> tuple[int, ...] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev

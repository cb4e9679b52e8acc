"""Dates, places and the like into a TIFF: libvips leaves them out, and Pillow cannot write them beside deflate."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Final

from painterly.images.metadata import in_order

__all__ = ["add_exif"]

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value, by its type (TIFF 6.0, section 2)."""

_DIRECTORIES: Final = (0x8769, 0x8825)
_LONG, _LONG8 = 4, 16

Entries = dict[int, tuple[int, int, bytes]]
"""By tag: type, how many values, and the values."""


def add_exif(path: Path, exif: bytes) -> None:
    """Append a directory with more tags to a TIFF and make it the first; no pixel is moved.

    Args:
        path: A TIFF or BigTIFF of one page.
        exif: As in a JPEG, with its six bytes of name.
    """
    with path.open("r+b") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        layout = _Layout(order, big=struct.unpack_from(order + "H", head, 2)[0] == 43)
        block = in_order(exif, order)[6:]
        main = _read(block, order, struct.unpack_from(order + "I", block, 4)[0])
        for tag in _DIRECTORIES:
            if tag in main:
                inner = _read(block, order, struct.unpack(order + "I", main[tag][2])[0])
                main[tag] = layout.pointer(layout.write(file, {}, inner))
        old = layout.raw(file, struct.unpack_from(layout.offset, head, layout.start)[0])
        place = layout.write(file, old, main)
        file.seek(layout.start)
        file.write(struct.pack(layout.offset, place))


class _Layout:
    """Sizes of what a directory is made of: in plain TIFF, or in BigTIFF."""

    def __init__(self, order: str, *, big: bool) -> None:
        self.start, self.inline, self.type = (8, 8, _LONG8) if big else (4, 4, _LONG)
        self.offset, self.count = (order + "Q", order + "Q") if big else (order + "I", order + "H")
        self.entry = order + ("HHQ8s" if big else "HHI4s")

    def pointer(self, place: int) -> tuple[int, int, bytes]:
        return self.type, 1, struct.pack(self.offset, place)

    def raw(self, file: IO[bytes], place: int) -> dict[int, bytes]:
        """The entries of a directory as they are."""
        file.seek(place)
        (count,) = struct.unpack(self.count, file.read(struct.calcsize(self.count)))
        entries = [file.read(struct.calcsize(self.entry)) for _ in range(count)]
        return {struct.unpack_from(self.entry, entry)[0]: entry for entry in entries}

    def write(self, file: IO[bytes], old: dict[int, bytes], new: Entries) -> int:
        """Append a directory; returns its place."""
        packed = dict(old)
        for tag, (kind, count, values) in new.items():
            field = values if len(values) <= self.inline else struct.pack(self.offset, _append(file, values))
            packed[tag] = struct.pack(self.entry, tag, kind, count, field)
        content = b"".join(packed[tag] for tag in sorted(packed))
        return _append(file, struct.pack(self.count, len(packed)) + content + struct.pack(self.offset, 0))


def _append(file: IO[bytes], content: bytes) -> int:
    place = file.seek(0, 2)
    if place % 8:
        file.write(bytes(-place % 8))
    place = file.tell()
    file.write(content)
    return place


def _read(block: bytes, order: str, place: int) -> Entries:
    """A directory of an EXIF block."""
    (count,) = struct.unpack_from(order + "H", block, place)
    entries: Entries = {}
    for number in range(count):
        tag, kind, many, field = struct.unpack_from(order + "HHI4s", block, place + 2 + 12 * number)
        size = _SIZES[kind] * many
        at = struct.unpack(order + "I", field)[0]
        entries[tag] = (kind, many, field[:size] if size <= 4 else block[at : at + size])
    return entries

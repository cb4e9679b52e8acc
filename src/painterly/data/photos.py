"""Photographs to train on: any folder, nested or flat, or an uncompressed tar."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from painterly.data.names import Names
from painterly.errors import InputError
from painterly.images.heif import HEIF_SUFFIXES, has_heif
from painterly.images.reading import open_picture

__all__ = ["PICTURE_SUFFIXES", "Photos", "find_photos"]

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".jp2", ".avif"}
    | (set(HEIF_SUFFIXES) if has_heif() else set())
)
"""What counts as a picture when a folder is searched."""


@dataclass
class Photos:
    """A list of photographs that are opened one at a time.

    Attributes:
        source: The folder or tar.
        names: Paths relative to it, sorted, so that an index means the same photograph on every machine.
    """

    source: Path
    names: Sequence[str]
    _offsets: npt.NDArray[Any] | None = None

    def __post_init__(self) -> None:
        self.names = Names(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def open(self, index: int) -> Image.Image:
        """Open photograph `index` without decoding it.

        Raises:
            InputError: It cannot be read.
        """
        name = self.names[index]
        if self._offsets is None:
            return open_picture(self.source / name)
        offset, size = self._offsets[index]
        with self.source.open("rb") as tar:
            tar.seek(int(offset))
            content = tar.read(int(size))
        return open_picture(f"{self.source}:{name}", io.BytesIO(content))


def find_photos(source: str | Path) -> Photos:
    """List the photographs of a folder (and all below it) or of a tar.

    Raises:
        InputError: There is no such folder or tar, it cannot be read, or it holds no picture.
    """
    source = Path(source).expanduser()
    if source.is_dir():
        paths = (Path(top) / name for top, _, files in os.walk(source, followlinks=True) for name in files)
        names = sorted(str(path.relative_to(source)) for path in paths if path.suffix.lower() in PICTURE_SUFFIXES)
        photos = Photos(source, names)
    elif source.is_file():
        photos = _read_tar(source)
    else:
        raise InputError(f"{source} does not exist: name a folder of photographs or a tar")
    if not photos.names:
        raise InputError(f"{source} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))} are looked for)")
    return photos


def _read_tar(source: Path) -> Photos:
    try:
        # "r:" is plain tar: a compressed one can only be read from its start, too slow for shuffled crops.
        with tarfile.open(source, "r:") as tar:
            members = [m for m in tar if m.isfile() and Path(m.name).suffix.lower() in PICTURE_SUFFIXES]
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InputError(f"{source} is neither a folder nor an uncompressed tar; unpack it first") from error
    members.sort(key=lambda member: member.name)
    places = np.array([(m.offset_data, m.size) for m in members], np.int64).reshape(-1, 2)
    return Photos(source, [m.name for m in members], places)

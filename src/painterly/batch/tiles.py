"""One picture of another, of any size: read strip by strip, worked on by tiles, and written strip by strip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from painterly.images.reading import open_picture
from painterly.progress import share_bar

if TYPE_CHECKING:
    from painterly.batch.make import Files
    from painterly.tiling.stores import Pixels, Store

__all__ = ["TiledWork", "make_by_tiles", "size_of"]

_ROWS = 256
"""Of a strip."""

_IN_MEMORY = 64 << 20
"""Bytes of pixels up to which a picture is kept in memory; more lie in a file."""


@dataclass(frozen=True)
class TiledWork:
    """What works on pictures by tiles.

    Attributes:
        wanted: Whether a picture is worked on so, by its height and width.
        size: Height and width of the result, by the picture's.
        run: From a picture to a place for the result; it says how far it is through the third argument.
    """

    wanted: Callable[[int, int], bool]
    size: Callable[[int, int], tuple[int, int]]
    run: Callable[[Pixels, Pixels, Callable[[float], object]], None]


def size_of(path: Path, *, max_pixels: int | None = None) -> tuple[int, int]:
    """Height and width that a picture's header claims, as the pixels lie in the file.

    Raises:
        InputError: It cannot be read, or is too large.
    """
    with open_picture(path, max_pixels=max_pixels) as image:
        width, height = image.size
        return height, width


def make_by_tiles(source: Path, target: Path, work: TiledWork, files: Files) -> tuple[int, int]:
    """Make one picture, never holding all of it where the extra `vips` is installed and the formats allow.

    Args:
        source: The picture to read.
        target: The picture to write.
        work: What works on it.
        files: How to read and write.

    Returns:
        Width and height of the result.

    Raises:
        PainterlyError: It cannot be made; one sentence says why.
    """
    import torch

    from painterly.images.strips import open_strips, write_strips
    from painterly.images.writing import check_depth
    from painterly.tiling.rect import Rect, Span
    from painterly.tiling.stores import PixelStore

    check_depth(target, files.options.depth)
    reader = open_strips(source, max_pixels=files.max_pixels)
    height, width = work.size(reader.height, reader.width)
    depth = torch.uint16 if files.options.depth == 16 else torch.uint8
    given = _store(reader.height, reader.width, reader.channels, getattr(torch, reader.dtype.name))
    result = _store(height, width, reader.channels, depth)
    try:
        top = 0
        for strip in reader.strips(_ROWS):
            rows = Span(top, top + len(strip))
            values = torch.from_numpy(np.array(strip)).permute(2, 0, 1).unsqueeze(0)
            given.write(Rect(rows, Span(0, reader.width)), values)
            top = rows.stop
        with share_bar(source.name) as progress:
            work.run(PixelStore(given), PixelStore(result), progress)
        strips = _strips(result)
        dtype = np.uint16 if files.options.depth == 16 else np.uint8
        metadata, options = reader.metadata, files.options
        write_strips(target, width, height, reader.channels, dtype, strips, options, metadata, files.overwrite)
    finally:
        given.close()
        result.close()
    return width, height


def _store(height: int, width: int, channels: int, dtype: Any) -> Store:
    from painterly.tiling.stores import FileStore, MemoryStore

    small = height * width * channels * dtype.itemsize <= _IN_MEMORY
    return (MemoryStore if small else FileStore)(height, width, channels, dtype)


def _strips(store: Store) -> Iterator[npt.NDArray[Any]]:
    from painterly.tiling.rect import Rect, Span

    height, width = store.size
    for top in range(0, height, _ROWS):
        part = store.read(Rect(Span(top, min(top + _ROWS, height)), Span(0, width)))
        yield part[0].permute(1, 2, 0).contiguous().numpy()

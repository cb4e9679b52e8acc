"""Strips into libvips while it writes and out of it while it reads, so that no more than a few are held."""

from __future__ import annotations

import contextlib
import queue
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["read_flowing", "write_flowing"]

_AHEAD = 2
"""Strips that may wait for libvips."""


def write_flowing(
    vips: Any,
    strips: Iterable[npt.NDArray[Any]],
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    save: Callable[[Any], None],
) -> None:
    """Hand strips to libvips as it asks for them.

    The strips are made in the calling thread, where a network expects to run; libvips writes in another. They reach it
    as a PNG that is not compressed: of the formats that it reads from a stream everywhere, the cheapest.

    Args:
        vips: The module.
        strips: Shape (rows, W, C) each, from top to bottom.
        shape: Height, width and channels of the whole.
        dtype: uint8 or uint16.
        save: Writes the picture that it is given; what it raises, this raises.
    """
    waiting: queue.Queue[memoryview | None] = queue.Queue(_AHEAD)
    rest: memoryview | None = memoryview(b"")
    failures: list[BaseException] = []

    def read(length: int) -> memoryview | bytes:
        nonlocal rest
        while rest is not None and not len(rest):
            rest = waiting.get()
        if rest is None:
            return b""
        piece, rest = rest[:length], rest[length:]
        return piece

    def work() -> None:
        try:
            source = vips.SourceCustom()
            source.on_read(read)
            save(vips.Image.pngload_source(source, access="sequential", fail_on="truncated", unlimited=True))
        except BaseException as error:
            failures.append(error)

    writer = threading.Thread(target=work, daemon=True)

    def hand_over(piece: memoryview | None) -> bool:
        while writer.is_alive():
            try:
                waiting.put(piece, timeout=0.1)
            except queue.Full:
                continue  # unless it has failed meanwhile, and reads no more
            return True
        return False

    writer.start()
    try:
        for piece in _png(strips, shape, dtype):
            if not hand_over(memoryview(piece)):
                break
    finally:
        hand_over(None)
        writer.join()
    if failures:
        raise failures[0]


def read_flowing(vips: Any, image: Any, rows: int, dtype: np.dtype[Any]) -> Iterator[npt.NDArray[Any]]:
    """Strips out of libvips as it computes them, in its own order and its own thread.

    Args:
        vips: The module.
        image: What it reads, of `dtype`.
        rows: Height of the strips; the last may be lower.
        dtype: Of a channel.

    Yields:
        Shape (rows, W, C).

    Raises:
        pyvips.Error: It cannot be read to its end.
    """
    waiting: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
    failures: list[BaseException] = []
    stop = threading.Event()

    def write(piece: Any) -> int:
        content = bytes(piece)
        while not stop.is_set():
            try:
                waiting.put(content, timeout=0.1)
            except queue.Full:
                continue  # unless nobody asks for more
            return len(content)
        return 0  # which libvips takes for an error

    def work() -> None:
        try:
            target = vips.TargetCustom()
            target.on_write(write)
            image.rawsave_target(target)
        except BaseException as error:
            failures.append(error)
        if not stop.is_set():
            waiting.put(None)

    reader = threading.Thread(target=work, daemon=True)
    reader.start()
    row = image.width * image.bands * dtype.itemsize
    rest = bytearray()
    try:
        while (piece := waiting.get()) is not None:
            rest += piece
            while len(rest) >= rows * row:
                yield np.frombuffer(bytes(rest[: rows * row]), dtype).reshape(rows, image.width, image.bands)
                del rest[: rows * row]
        if failures:
            raise failures[0]
        if rest:
            yield np.frombuffer(bytes(rest), dtype).reshape(-1, image.width, image.bands)
    finally:
        stop.set()
        with contextlib.suppress(queue.Empty):
            waiting.get_nowait()
        reader.join()


def _png(strips: Iterable[npt.NDArray[Any]], shape: tuple[int, int, int], dtype: np.dtype[Any]) -> Iterator[bytes]:
    """A PNG without compression and without filters, a piece for each strip."""
    height, width, channels = shape
    kind = {3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8 * dtype.itemsize, kind, 0, 0, 0)
    yield b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
    deflate = zlib.compressobj(0)
    for strip in strips:
        row = width * channels * dtype.itemsize
        rows = np.zeros((len(strip), 1 + row), np.uint8)  # each begins with the filter's number
        rows[:, 1:] = np.ascontiguousarray(strip, dtype.newbyteorder(">")).view(np.uint8).reshape(len(strip), row)
        yield _chunk(b"IDAT", deflate.compress(rows.data))
    yield _chunk(b"IDAT", deflate.flush()) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))

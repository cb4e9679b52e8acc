"""Where pictures and activations lie while they are worked on: in memory, or in a file that nobody else sees."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from painterly.errors import OutputError
from painterly.tiling.rect import Rect, Span

__all__ = ["FileStore", "MemoryStore", "PixelStore", "Pixels", "SplitStore", "Store", "TensorPixels"]

_NUMPY = {torch.float32: np.float32, torch.uint8: np.uint8, torch.uint16: np.uint16, torch.bfloat16: np.uint16}


class Pixels(Protocol):
    """A picture of which parts can be read, or written, in float32 from 0 to 1."""

    size: tuple[int, int]
    channels: int

    def read(self, rect: Rect) -> Tensor:
        """A part, shape (1, C, H, W)."""

    def write(self, rect: Rect, part: Tensor) -> None:
        """Set a part."""


class Store:
    """An array of height x width x channels, read and written by parts of shape (1, C, H, W)."""

    def __init__(self, height: int, width: int, channels: int, dtype: torch.dtype) -> None:
        self.size, self.channels, self.dtype = (height, width), channels, dtype

    @property
    def bytes(self) -> int:
        """How much it holds."""
        return self.size[0] * self.size[1] * self.channels * self.dtype.itemsize

    def read(self, rect: Rect) -> Tensor:
        """A part, as a tensor of its own, channels last in memory."""
        raise NotImplementedError

    def write(self, rect: Rect, part: Tensor) -> None:
        """Set a part."""
        raise NotImplementedError

    def close(self) -> None:
        """Give up what it holds."""


class MemoryStore(Store):
    """A store in memory.

    Args:
        height: Rows.
        width: Columns.
        channels: Numbers for a pixel.
        dtype: Their type.
        room: Where it is to lie, of at least as many bytes; by default memory of its own. Not from the allocator that
            tensors come from: between them, a hole that a large block has left is never whole again.
    """

    def __init__(
        self, height: int, width: int, channels: int, dtype: torch.dtype, room: mmap.mmap | None = None
    ) -> None:
        super().__init__(height, width, channels, dtype)
        self.room = mmap.mmap(-1, max(1, self.bytes)) if room is None else room
        count = height * width * channels
        self._values = torch.frombuffer(self.room, dtype=dtype, count=count).view(height, width, channels)

    def read(self, rect: Rect) -> Tensor:
        (top, bottom), (left, right) = rect
        part = self._values[top:bottom, left:right].clone(memory_format=torch.contiguous_format)
        return part.permute(2, 0, 1).unsqueeze(0)

    def write(self, rect: Rect, part: Tensor) -> None:
        (top, bottom), (left, right) = rect
        self._values[top:bottom, left:right] = part[0].permute(1, 2, 0)

    def close(self) -> None:
        del self._values


class FileStore(Store):
    """A store in a temporary file that has no name, so that it is gone when the process is, however that ends.

    It is read and written, not mapped: mapped pages would count as the process's own memory.

    Args:
        height: Rows.
        width: Columns.
        channels: Numbers for a pixel.
        dtype: Their type.
        folder: Where the file lies; by default where the system has its temporary files.
        file: Such a file that is no longer needed, to be used again: the system has pages for it already, which to
            find takes several times as long as to fill.

    Raises:
        OutputError: The disk is full.
    """

    def __init__(
        self,
        height: int,
        width: int,
        channels: int,
        dtype: torch.dtype,
        folder: Path | None = None,
        file: IO[bytes] | None = None,
    ) -> None:
        super().__init__(height, width, channels, dtype)
        self.file: IO[bytes] = file or tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, closed by close()
        self._folder = str(folder or tempfile.gettempdir())
        self._pixel = channels * dtype.itemsize

    def read(self, rect: Rect) -> Tensor:
        (top, bottom), (left, right) = rect
        shape = (bottom - top, right - left, self.channels)
        values = np.empty(shape, _NUMPY[self.dtype])
        whole = (left, right) == (0, self.size[1])
        for rows, first in [(values, top)] if whole else zip(values, range(top, bottom), strict=True):
            _read_fully(self.file.fileno(), rows, (first * self.size[1] + left) * self._pixel)
        tensor = torch.from_numpy(values)
        tensor = tensor.view(torch.bfloat16) if self.dtype == torch.bfloat16 else tensor
        return tensor.permute(2, 0, 1).unsqueeze(0)

    def write(self, rect: Rect, part: Tensor) -> None:
        (top, bottom), (left, right) = rect
        values = part[0].permute(1, 2, 0).to("cpu", self.dtype).contiguous()
        raw = (values.view(torch.uint16) if self.dtype == torch.bfloat16 else values).numpy()
        whole = (left, right) == (0, self.size[1])
        for rows, first in [(raw, top)] if whole else zip(raw, range(top, bottom), strict=True):
            self._write_fully(rows, (first * self.size[1] + left) * self._pixel)

    def close(self) -> None:
        self.file.close()

    def _write_fully(self, values: npt.NDArray[Any], offset: int) -> None:
        view = memoryview(values.data).cast("B")
        try:
            while view:
                count = os.pwrite(self.file.fileno(), view, offset)
                view, offset = view[count:], offset + count
        except OSError as error:
            raise OutputError(
                f"cannot keep activations in {self._folder} ({error.strerror}); set TMPDIR to a larger disk, or allow "
                "more memory"
            ) from error


class SplitStore(Store):
    """A store of which the upper rows lie in memory, as far as there is some, and the others in a file.

    Args:
        upper: The one in memory.
        lower: The one in a file, as wide and of the same channels and type.
    """

    def __init__(self, upper: MemoryStore, lower: FileStore) -> None:
        super().__init__(upper.size[0] + lower.size[0], upper.size[1], upper.channels, upper.dtype)
        self.upper, self.lower = upper, lower

    def read(self, rect: Rect) -> Tensor:
        parts = [store.read(part) for store, part, _ in self._parts(rect)]
        return parts[0] if len(parts) == 1 else torch.cat(parts, 2).contiguous(memory_format=torch.channels_last)

    def write(self, rect: Rect, part: Tensor) -> None:
        for store, own, rows in self._parts(rect):
            store.write(own, part[:, :, rows.start : rows.stop])

    def close(self) -> None:
        self.upper.close()
        self.lower.close()

    def _parts(self, rect: Rect) -> list[tuple[Store, Rect, Span]]:
        """The stores that a rectangle lies in, its part in their own rows, and which of its rows these are."""
        border, (top, bottom) = self.upper.size[0], rect.rows
        found: list[tuple[Store, Rect, Span]] = []
        if top < border:
            end = min(bottom, border)
            found.append((self.upper, Rect(Span(top, end), rect.columns), Span(0, end - top)))
        if bottom > border:
            start = max(top, border)
            own = Rect(Span(start - border, bottom - border), rect.columns)
            found.append((self.lower, own, Span(start - top, bottom - top)))
        return found


class PixelStore:
    """A store of whole numbers as a picture from 0 to 1; what is written is cut off and rounded.

    Args:
        store: Of uint8 or uint16, or of float32, which is taken as it is.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.size, self.channels = store.size, store.channels
        self._top = {torch.uint8: 255.0, torch.uint16: 65535.0}.get(store.dtype)

    def read(self, rect: Rect) -> Tensor:
        part = self.store.read(rect).float()
        return part if self._top is None else part.div_(self._top)

    def write(self, rect: Rect, part: Tensor) -> None:
        part = part.float().clamp(0, 1)
        if self._top is not None:
            part = part.mul(self._top).round().to(torch.int32).to(self.store.dtype)
        self.store.write(rect, part)


class TensorPixels:
    """A tensor as a picture.

    Args:
        tensor: Shape (1, C, H, W).
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.size, self.channels = (tensor.shape[2], tensor.shape[3]), tensor.shape[1]

    def read(self, rect: Rect) -> Tensor:
        (top, bottom), (left, right) = rect
        return self.tensor[:, :, top:bottom, left:right].contiguous(memory_format=torch.channels_last)

    def write(self, rect: Rect, part: Tensor) -> None:
        (top, bottom), (left, right) = rect
        self.tensor[:, :, top:bottom, left:right] = part


def _read_fully(file: int, values: npt.NDArray[Any], offset: int) -> None:
    view = memoryview(values.data).cast("B")
    while view:
        count = os.preadv(file, [view], offset)
        if not count:
            raise OSError("a temporary file is shorter than what was written to it")
        view, offset = view[count:], offset + count

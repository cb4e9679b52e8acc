"""Room for activations: so much in memory, the rest in files, and nothing that is given back is given up."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import IO

import torch

from painterly.tiling.stores import FileStore, MemoryStore, SplitStore, Store

__all__ = ["Shelf"]


class Shelf:
    """Hands out stores, in memory as far as that goes, and uses what comes back again.

    Memory and files that a process has written to before are several times as fast to write to as new ones.

    Args:
        memory: Bytes in memory, of all stores together.
        folder: Where files lie; by default where the system has its temporary files.
    """

    def __init__(self, memory: int, folder: Path | None = None) -> None:
        self.memory, self.folder = memory, folder
        self._rooms: list[mmap.mmap] = []
        self._files: list[IO[bytes]] = []

    def take(self, shape: tuple[int, int, int], dtype: torch.dtype) -> Store:
        """A store of (height, width, channels)."""
        height, width, channels = shape
        room = self._room(height * width * channels * dtype.itemsize)
        rows = min(height, (len(room) if room is not None else 0) // (width * channels * dtype.itemsize))
        if rows == height:
            return MemoryStore(height, width, channels, dtype, room)
        if room is not None and not rows:
            self._rooms.append(room)
        file = self._files.pop() if self._files else None
        lower = FileStore(height - rows, width, channels, dtype, self.folder, file)
        return SplitStore(MemoryStore(rows, width, channels, dtype, room), lower) if rows else lower

    def put_back(self, store: Store) -> None:
        """A store that is no longer needed."""
        for part in (store.upper, store.lower) if isinstance(store, SplitStore) else (store,):
            if isinstance(part, FileStore):
                self._files.append(part.file)
            elif isinstance(part, MemoryStore):
                part.close()
                self._rooms.append(part.room)

    def close(self) -> None:
        """Give up what was put back."""
        for file in self._files:
            file.close()
        self._rooms.clear()

    def _room(self, wanted: int) -> mmap.mmap | None:
        """The smallest room that is large enough, or else the largest, or new memory if there is more of that."""
        self._rooms.sort(key=len)
        new = min(wanted, self.memory)
        for index, room in enumerate(self._rooms):
            if len(room) >= wanted or (room is self._rooms[-1] and len(room) >= new):
                return self._rooms.pop(index)
        if new < 1:
            return None
        try:
            room = mmap.mmap(-1, new)
        except OSError as error:
            raise MemoryError(f"out of memory: {new} bytes for activations") from error
        self.memory -= new
        return room

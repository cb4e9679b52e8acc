"""Torch7's binary files (.t7), read without evaluating anything.

A file is a tree of numbers, strings, tables and objects. Tensors become numpy arrays, tables dictionaries, and objects
of all other classes `TorchObject`, which is a name and a table. Functions are passed over: their code is never run.

Source: the serialisation chapter of Torch7's documentation (github.com/torch/torch7, doc/serialization.md) and the
type numbers in its File.lua.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from painterly.errors import InputError

__all__ = ["TorchObject", "read_torch7"]

_NIL, _NUMBER, _STRING, _TABLE, _OBJECT, _BOOLEAN = range(6)
_FUNCTIONS: Final = (6, 7, 8)
_DEPTH: Final = 100
"""Things within things; the authors' networks have about twenty."""

_TYPES: Final[dict[str, str]] = {
    "Float": "<f4",
    "Cuda": "<f4",
    "Double": "<f8",
    "CudaDouble": "<f8",
    "Long": "<i8",
    "CudaLong": "<i8",
    "Int": "<i4",
    "CudaInt": "<i4",
    "Short": "<i2",
    "Char": "i1",
    "Byte": "u1",
}
"""numpy's types of tensors and storages, by what stands before "Tensor" or "Storage" in their class."""


@dataclass
class TorchObject:
    """An object of a class that is not a tensor.

    Attributes:
        name: Its class, such as "nn.Sequential".
        fields: What it holds.
    """

    name: str
    fields: dict[Any, Any] = field(default_factory=dict)


def read_torch7(path: Path) -> Any:
    """What a Torch7 file holds.

    Args:
        path: A file in Torch7's binary format, written on a machine of 64 bits and little endian.

    Returns:
        None, a float, a bool, bytes, a dictionary, an array or a `TorchObject`, and more of them within.

    Raises:
        InputError: The file is missing, damaged, cut off, or in another format.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    try:
        return _Reader(path.read_bytes()).read(0)
    except _DamagedError as error:
        raise InputError(f"{path} is not a binary Torch7 file, or is damaged ({error})") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error


class _DamagedError(Exception):
    """What is wrong with a file."""


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0
        self.known: dict[int, Any] = {}

    def read(self, depth: int) -> Any:
        """The next thing."""
        if depth > _DEPTH:
            raise _DamagedError("it is nested too deeply")
        kind = self.integer()
        if kind == _NIL:
            return None
        if kind == _NUMBER:
            return self.unpack("<d")
        if kind == _STRING:
            return self.string()
        if kind == _BOOLEAN:
            return self.integer() == 1
        if kind == _TABLE:
            index = self.integer()
            return self.known[index] if index in self.known else self.table(index, depth)
        if kind == _OBJECT:
            index = self.integer()
            return self.known[index] if index in self.known else self.object(index, depth)
        if kind in _FUNCTIONS:
            return self.function(kind, depth)
        raise _DamagedError(f"there is no type {kind}")

    def table(self, index: int, depth: int) -> dict[Any, Any]:
        entries: dict[Any, Any] = {}
        self.known[index] = entries
        for _ in range(self.count(4)):
            key, value = self.read(depth + 1), self.read(depth + 1)
            if isinstance(key, (bytes, float, bool)):  # tables and objects may be keys in Lua; nothing here needs them
                entries[key] = value
        return entries

    def object(self, index: int, depth: int) -> Any:
        version = self.string()
        name = self.text(self.string() if version.startswith(b"V ") else version)
        library, _, kind = name.rpartition(".")
        element = _TYPES.get(kind.removesuffix("Tensor").removesuffix("Storage")) if library == "torch" else None
        if element is not None and kind.endswith("Storage"):
            value: Any = self.storage(element)
            self.known[index] = value
            return value
        if element is not None and kind.endswith("Tensor"):
            value = self.tensor(element, depth)
            self.known[index] = value
            return value
        found = TorchObject(name)
        self.known[index] = found  # before its fields, which may point back at it
        fields = self.read(depth + 1)
        if not isinstance(fields, dict):
            raise _DamagedError(f"a {name} has no fields")
        found.fields = fields
        return found

    def storage(self, element: str) -> np.ndarray[Any, Any]:
        kind = np.dtype(element)
        size = self.long()
        if size < 0 or size > (len(self.content) - self.place) // kind.itemsize:
            raise _DamagedError("it ends in the middle of a tensor")
        return np.frombuffer(self.take(size * kind.itemsize), kind)

    def tensor(self, element: str, depth: int) -> np.ndarray[Any, Any]:
        dimensions = self.count(16)
        shape = [self.long() for _ in range(dimensions)]
        steps = [self.long() for _ in range(dimensions)]
        offset = self.long() - 1
        storage = self.read(depth + 1)
        if not dimensions or 0 in shape or storage is None:
            return np.empty([0], np.dtype(element))
        if not isinstance(storage, np.ndarray) or min(*shape, *steps, offset) < 0:
            raise _DamagedError("a tensor makes no sense")
        last = offset + sum((side - 1) * step for side, step in zip(shape, steps, strict=True))
        if last >= len(storage) or math.prod(shape) > len(storage):
            raise _DamagedError("a tensor is larger than its storage")
        size = storage.dtype.itemsize
        view = np.lib.stride_tricks.as_strided(storage[offset:], shape, [step * size for step in steps])
        return view.copy()

    def function(self, kind: int, depth: int) -> None:
        """Pass over a function."""
        if kind != _FUNCTIONS[0]:
            index = self.integer()
            if index in self.known:
                return
            self.known[index] = None
        self.take(self.count(1))
        self.read(depth + 1)

    def string(self) -> bytes:
        return self.take(self.count(1))

    def text(self, value: bytes) -> str:
        try:
            return value.decode("ascii")
        except UnicodeDecodeError as error:
            raise _DamagedError("a class has no name") from error

    def count(self, least: int) -> int:
        """A number of things, each of which takes at least so many bytes."""
        number = self.integer()
        if not 0 <= number <= (len(self.content) - self.place) // least:
            raise _DamagedError("it is cut off")
        return number

    def integer(self) -> int:
        return int(self.unpack("<i"))

    def long(self) -> int:
        return int(self.unpack("<q"))

    def unpack(self, kind: str) -> float:
        value: float = struct.unpack(kind, self.take(struct.calcsize(kind)))[0]
        return value

    def take(self, count: int) -> bytes:
        part = self.content[self.place : self.place + count]
        if len(part) < count:
            raise _DamagedError("it is cut off")
        self.place += count
        return part

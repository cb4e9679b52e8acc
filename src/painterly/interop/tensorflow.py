"""TensorFlow's checkpoints, both versions, read without TensorFlow: tables of names and tensors, nothing evaluated.

A table is LevelDB's (github.com/google/leveldb, doc/table_format.md): blocks of sorted keys, an index of the blocks,
and where the index lies at the very end. Values are protocol buffers. In version 1 (one file) they hold the tensors
themselves; in version 2 (.index) they say where in the file of the same name in .data a tensor lies.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from painterly.errors import InputError

__all__ = ["is_tensorflow", "read_tensorflow"]

_MAGIC: Final = 0xDB4775248B80FB57
_FOOTER: Final = 48
_TYPES: Final = {1: "<f4", 2: "<f8"}
"""numpy's types by TensorFlow's numbers; tensors of other types are left out."""

_FIELDS: Final = {1: 5, 2: 6}
"""Where version 1 keeps the values of a tensor of each type."""

Message = dict[int, list[Any]]
"""A protocol buffer: numbers and bytes by field."""


def is_tensorflow(path: Path) -> bool:
    """Whether a path means a TensorFlow checkpoint: a table, or what stands before .index."""
    table = _table_file(path)
    if not table.is_file() or table.stat().st_size < _FOOTER:
        return False
    with table.open("rb") as file:
        file.seek(-8, 2)
        return int.from_bytes(file.read(8), "little") == _MAGIC


def read_tensorflow(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a TensorFlow checkpoint.

    Args:
        path: The file of version 1; or of version 2 the .index, or the name without it. The .data lies beside it.

    Returns:
        Arrays by name.

    Raises:
        InputError: The checkpoint is damaged, compressed, or its .data is missing.
    """
    table = _table_file(path)
    try:
        entries = dict(_entries(table.read_bytes()))
        if table.suffix == ".index":
            return dict(_bundled(table, entries))
        return dict(_sliced(entries))
    except (IndexError, ValueError, struct.error, UnicodeDecodeError) as error:
        raise InputError(f"{path} is a TensorFlow checkpoint, but damaged or of an unknown kind ({error})") from error
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be read ({error.strerror or error})") from error


def _table_file(path: Path) -> Path:
    """Version 2's table, where only the name is given."""
    index = path.with_name(path.name + ".index")
    if ".data-" in path.name:
        index = path.with_name(path.name.split(".data-")[0] + ".index")
    return index if index.is_file() else path


def _bundled(table: Path, entries: dict[bytes, bytes]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Version 2: dtype, shape, shard, offset and size of each tensor."""
    shards = _message(entries[b""]).get(1, [1])[0] if b"" in entries else 1
    for key, value in entries.items():
        entry = _message(value)
        kind = _TYPES.get(entry.get(1, [0])[0])
        if not key or kind is None or 7 in entry:  # 7: a tensor in slices, as only several machines make them
            continue
        shard, offset, size = (entry.get(field, [0])[0] for field in (3, 4, 5))
        with table.with_name(f"{table.stem}.data-{shard:05}-of-{shards:05}").open("rb") as file:
            file.seek(offset)
            content = file.read(size)
        yield key.decode(), _array(content, kind, _shape(entry.get(2, [b""])[0]))


def _sliced(entries: dict[bytes, bytes]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Version 1: the first entry lists names and shapes, each other one holds a tensor."""
    about = [_message(one) for one in _message(_message(entries[b""])[1][0]).get(1, [])]
    meant = {one[1][0]: (one.get(3, [0])[0], _shape(one.get(2, [b""])[0])) for one in about}
    for key, value in entries.items():
        if not key:
            continue
        part = _message(_message(value)[2][0])
        (number, shape), tensor = meant[part[1][0]], _message(part[3][0])
        kind = _TYPES.get(number)
        content = b"".join(tensor.get(_FIELDS.get(number, 0), []))
        if kind is not None and len(content) == math.prod(shape) * np.dtype(kind).itemsize:
            yield part[1][0].decode(), _array(content, kind, shape)


def _array(content: bytes, kind: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    return np.frombuffer(content, kind).reshape(shape).copy()


def _shape(message: bytes) -> tuple[int, ...]:
    return tuple(_message(side).get(1, [0])[0] for side in _message(message).get(2, []))


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a table, in order."""
    footer = table[-_FOOTER:]
    _, place = _number(footer, 0)
    _, place = _number(footer, place)  # where the index of filters is, which nobody needs
    for _, handle in _block(table, *_handle(footer, place)):
        yield from _block(table, *_handle(handle, 0))


def _handle(content: bytes, place: int) -> tuple[int, int]:
    offset, place = _number(content, place)
    size, _ = _number(content, place)
    return offset, size


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    content = table[offset : offset + size]
    if len(content) < size or offset + size >= len(table):
        raise ValueError("it is cut off")
    if table[offset + size]:
        raise ValueError("its tables are compressed")
    (restarts,) = struct.unpack("<I", content[-4:])
    end, place, key = len(content) - 4 * (restarts + 1), 0, b""
    while place < end:
        shared, place = _number(content, place)
        own, place = _number(content, place)
        length, place = _number(content, place)
        key = key[:shared] + content[place : place + own]
        yield key, content[place + own : place + own + length]
        place += own + length


def _message(content: bytes) -> Message:
    """A protocol buffer's fields."""
    found: Message = {}
    place = 0
    while place < len(content):
        tag, place = _number(content, place)
        kind = tag & 7
        if kind == 0:
            value: Any
            value, place = _number(content, place)
        elif kind == 2:
            length, place = _number(content, place)
            value, place = content[place : place + length], place + length
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
            value, place = content[place : place + length], place + length
        else:
            raise ValueError(f"a field of kind {kind}")
        found.setdefault(tag >> 3, []).append(value)
    return found


def _number(content: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("a number without an end")

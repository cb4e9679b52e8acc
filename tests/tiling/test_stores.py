"""Where activations lie: what is written is read back, on the disk no name is left, and room is used again."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from painterly.errors import OutputError
from painterly.tiling.rect import Rect, Span
from painterly.tiling.shelf import Shelf
from painterly.tiling.stores import FileStore, MemoryStore, PixelStore, SplitStore, Store, TensorPixels

Make = Callable[[int, int, int, torch.dtype], Store]
TYPES = [torch.uint8, torch.uint16, torch.float32, torch.bfloat16]


def split(height: int, width: int, channels: int, dtype: torch.dtype) -> Store:
    upper = height // 2
    if not 0 < upper < height:
        return FileStore(height, width, channels, dtype)
    return SplitStore(MemoryStore(upper, width, channels, dtype), FileStore(height - upper, width, channels, dtype))


MAKERS: dict[str, Make] = {"memory": MemoryStore, "file": FileStore, "split": split}


def spans(n: int) -> st.SearchStrategy[Span]:
    return st.tuples(st.integers(0, n - 1), st.integers(1, n)).map(
        lambda ends: Span(min(ends), max(*ends, ends[0] + 1))
    )


def values(dtype: torch.dtype, *shape: int) -> Tensor:
    whole = torch.randint(0, 1 << 16 if dtype == torch.uint16 else 256, shape, dtype=torch.int32)
    return whole.to(dtype) if not dtype.is_floating_point else torch.randn(shape).to(dtype)


def as_array(x: Tensor) -> npt.NDArray[np.float64]:
    array: npt.NDArray[np.float64] = x.to(torch.float64).numpy()
    return array


def whole_of(store: Store) -> Rect:
    return Rect(Span(0, store.size[0]), Span(0, store.size[1]))


@pytest.mark.parametrize("kind", MAKERS)
@given(data=st.data(), dtype=st.sampled_from(TYPES), shape=st.tuples(*[st.integers(1, 9)] * 2, st.integers(1, 4)))
def test_what_is_written_is_read_back_wherever_it_lies(
    kind: str, data: st.DataObject, dtype: torch.dtype, shape: tuple[int, int, int]
) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    height, width, channels = shape
    store = MAKERS[kind](height, width, channels, dtype)
    assert (store.size, store.channels, store.dtype) == ((height, width), channels, dtype)
    assert store.bytes == height * width * channels * dtype.itemsize
    mirror = values(dtype, 1, channels, height, width)
    store.write(whole_of(store), mirror)
    expected = as_array(mirror)
    for _ in range(3):
        rect = Rect(data.draw(spans(height), "rows"), data.draw(spans(width), "columns"))
        part = values(dtype, 1, channels, rect.rows.length, rect.columns.length)
        if data.draw(st.booleans(), "layout"):
            part = part.contiguous(memory_format=torch.channels_last)
        store.write(rect, part)
        expected[:, :, slice(*rect.rows), slice(*rect.columns)] = as_array(part)
        seen = Rect(data.draw(spans(height), "rows"), data.draw(spans(width), "columns"))
        found = store.read(seen)
        assert found.dtype == dtype
        assert np.array_equal(as_array(found), expected[:, :, slice(*seen.rows), slice(*seen.columns)])
    store.close()


@pytest.mark.parametrize("kind", MAKERS)
def test_what_was_read_is_a_tensor_of_its_own(kind: str) -> None:
    store = MAKERS[kind](6, 5, 2, torch.float32)
    store.write(whole_of(store), torch.zeros(1, 2, 6, 5))
    store.read(whole_of(store)).fill_(1)
    assert not store.read(whole_of(store)).any()
    assert store.read(Rect(Span(1, 5), Span(1, 3))).is_contiguous(memory_format=torch.channels_last)
    store.close()


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32])
def test_pixels_are_cut_off_and_rounded_to_the_nearest(dtype: torch.dtype) -> None:
    store = PixelStore(MemoryStore(7, 9, 3, dtype))
    picture = torch.rand(1, 3, 7, 9) * 1.5 - 0.25
    store.write(whole_of(store.store), picture)
    top = {torch.uint8: 255, torch.uint16: 65535}.get(dtype)
    expected = picture.clamp(0, 1).double()
    expected = expected if top is None else (expected * top).round() / top
    found = store.read(whole_of(store.store))
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-7)
    store.write(whole_of(store.store), found)
    assert torch.equal(store.read(whole_of(store.store)), found)


def test_every_level_of_a_picture_survives() -> None:
    for dtype, top in ((torch.uint8, 255), (torch.uint16, 65535)):
        levels = torch.arange(top + 1, dtype=torch.int32).to(dtype).view(1, 1, -1, 256)
        store = MemoryStore(levels.shape[2], 256, 1, dtype)
        store.write(whole_of(store), levels)
        pixels = PixelStore(store)
        pixels.write(whole_of(store), pixels.read(whole_of(store)))
        assert torch.equal(store.read(whole_of(store)).int(), levels.int())


def test_a_tensor_is_a_picture() -> None:
    tensor = torch.rand(1, 3, 5, 8)
    pixels = TensorPixels(tensor.clone())
    rect = Rect(Span(1, 4), Span(2, 8))
    assert (pixels.size, pixels.channels) == ((5, 8), 3)
    assert torch.equal(pixels.read(rect), tensor[:, :, 1:4, 2:8])
    pixels.write(rect, torch.zeros(1, 3, 3, 6))
    tensor[:, :, 1:4, 2:8] = 0
    assert torch.equal(pixels.tensor, tensor)


def test_a_file_has_no_name(tmp_path: Path) -> None:
    store = FileStore(20, 30, 4, torch.float32, tmp_path)
    store.write(whole_of(store), torch.randn(1, 4, 20, 30))
    assert list(tmp_path.iterdir()) == []
    store.close()
    assert list(tmp_path.iterdir()) == []


def full(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.tiling.stores.os.pwrite", full)
    store = FileStore(4, 4, 1, torch.float32, tmp_path)
    with pytest.raises(OutputError, match="No space left on device"):
        store.write(whole_of(store), torch.zeros(1, 1, 4, 4))
    store.close()


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.tiling.stores.os.pwrite", full)
    store = FileStore(4, 4, 1, torch.float32, tmp_path)
    with contextlib.closing(store), pytest.raises(OutputError, match=tmp_path.name):
        store.write(whole_of(store), torch.zeros(1, 1, 4, 4))


def test_files_are_written_in_pieces_where_the_system_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux writes at most two gigabytes at once, and reads as it likes."""
    pwrite, preadv = os.pwrite, os.preadv
    monkeypatch.setattr("painterly.tiling.stores.os.pwrite", lambda file, view, at: pwrite(file, view[:7], at))
    monkeypatch.setattr("painterly.tiling.stores.os.preadv", lambda file, views, at: preadv(file, [views[0][:5]], at))
    store, x = FileStore(6, 5, 3, torch.float32, tmp_path), torch.randn(1, 3, 6, 5)
    store.write(whole_of(store), x)
    assert torch.equal(store.read(whole_of(store)), x)
    store.close()


def in_memory(store: Store) -> int:
    """Bytes, as they are handed out."""
    if isinstance(store, SplitStore):
        return in_memory(store.upper)
    return len(store.room) if isinstance(store, MemoryStore) else 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), memory=st.integers(0, 3000))
def test_no_more_memory_is_handed_out_than_there_is(data: st.DataObject, memory: int, tmp_path: Path) -> None:
    shelf = Shelf(memory, tmp_path)
    taken: list[tuple[Store, Tensor]] = []
    try:
        for number in range(data.draw(st.integers(1, 8), "stores")):
            back: bool = data.draw(st.booleans(), "back")
            if taken and back:
                shelf.put_back(taken.pop(data.draw(st.integers(0, len(taken) - 1), "which"))[0])
            height, width, channels = data.draw(st.tuples(*[st.integers(1, 12)] * 2, st.integers(1, 4)), "shape")
            store = shelf.take((height, width, channels), data.draw(st.sampled_from(TYPES), "type"))
            assert (store.size, store.channels) == ((height, width), channels)
            x = torch.full((1, channels, height, width), number).to(store.dtype)
            store.write(whole_of(store), x)
            taken.append((store, x))
            assert sum(in_memory(store) for store, _ in taken) <= memory
            for other, content in taken:
                assert torch.equal(other.read(whole_of(other)).float(), content.float())
    finally:  # hypothesis may stop an example between two draws
        for store, _ in taken:
            store.close()
        shelf.close()
    assert list(tmp_path.iterdir()) == []


def test_memory_and_files_that_come_back_are_used_again(tmp_path: Path) -> None:
    shelf = Shelf(1000, tmp_path)
    first = shelf.take((20, 10, 1), torch.float32)
    assert isinstance(first, MemoryStore)
    second = shelf.take((30, 10, 1), torch.float32)
    assert isinstance(second, SplitStore)
    assert second.upper.size[0] == 5
    rooms, file = [first.room, second.upper.room], second.lower.file
    shelf.put_back(second)
    shelf.put_back(first)
    again = shelf.take((20, 10, 1), torch.float32)
    assert isinstance(again, MemoryStore)
    assert again.room is rooms[0]
    other = shelf.take((21, 10, 1), torch.float32)
    assert isinstance(other, SplitStore)
    assert (other.upper.room is rooms[1], other.lower.file is file) == (True, True)
    other.close()
    again.close()
    shelf.close()


def test_memory_too_small_for_a_row_is_there_for_the_next() -> None:
    shelf = Shelf(1000)
    wide = shelf.take((2, 1000, 1), torch.float32)
    assert isinstance(wide, FileStore)
    small = shelf.take((10, 10, 1), torch.float32)
    wide.close()
    assert isinstance(small, MemoryStore)

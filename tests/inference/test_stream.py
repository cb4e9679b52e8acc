"""Streams of pictures."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import painterly
from painterly.inference.stream import from_bytes, stream, to_bytes

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))


def noise(batch: int, height: int, width: int) -> Tensor:
    return torch.randint(0, 256, (batch, height, width, 3), dtype=torch.uint8)


@given(SHAPES)
@settings(deadline=None)
def test_bytes_come_back_as_they_were(shape: tuple[int, int, int]) -> None:
    pixels = noise(*shape)
    assert torch.equal(to_bytes(from_bytes(pixels)), pixels)


def test_pictures_are_channels_last_without_a_copy() -> None:
    assert from_bytes(noise(2, 5, 7)).is_contiguous(memory_format=torch.channels_last)


def test_what_lies_outside_is_cut_off_and_the_rest_is_rounded() -> None:
    given = torch.tensor([-1.0, 0.4999 / 255, 0.5001 / 255, 2.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert to_bytes(given)[0, 0, :, 0].tolist() == [0, 0, 1, 255]


@given(st.lists(SHAPES, max_size=6))
@settings(deadline=None)
def test_pictures_of_changing_sizes_come_in_order(shapes: list[tuple[int, int, int]]) -> None:
    pictures = [noise(*shape) for shape in shapes]
    painted = list(stream(lambda x: 1 - x, pictures))
    assert len(painted) == len(pictures)
    assert all(torch.equal(after, 255 - before) for after, before in zip(painted, pictures, strict=True))


def test_a_stream_takes_no_more_than_it_gives() -> None:
    taken = []

    def pictures() -> object:
        for number in range(5):
            taken.append(number)
            yield noise(1, 2, 2)

    painted = stream(lambda x: x, pictures())  # type: ignore[arg-type]
    next(painted)
    assert taken == [0]


def test_a_painter_streams_what_it_paints() -> None:
    painter = painterly.load("starry-night-small", backend="torch", precision="float32", device="cpu")
    picture = np.random.default_rng(0).integers(0, 256, (33, 47, 3), np.uint8)
    (painted,) = painter.stream([torch.from_numpy(picture)[None]])
    assert np.array_equal(painted[0].numpy(), painter(picture))

"""Reflection padding against numpy's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.networks.padding import ReflectionPad, pad_to_multiple, reflection_pad

sides = st.integers(1, 6)
widths = st.integers(0, 20)


def numbered(height: int, width: int) -> Tensor:
    """A tensor (2, 3, height, width) in which no two values are the same."""
    return torch.arange(2.0 * 3 * height * width).reshape(2, 3, height, width)


def numpy_pad(x: Tensor, left: int, right: int, top: int, bottom: int) -> Tensor:
    return torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (top, bottom), (left, right)), mode="reflect"))


@given(sides, sides, widths, widths, widths, widths)
def test_padding_of_any_width_is_numpys(h: int, w: int, left: int, right: int, top: int, bottom: int) -> None:
    x = numbered(h, w)
    assert torch.equal(reflection_pad(x, left, right, top, bottom), numpy_pad(x, left, right, top, bottom))


@pytest.mark.parametrize("padding", [(3, 0, 0, 0), (0, 0, 0, 2), (1, 2, 3, 4)])
@pytest.mark.parametrize("size", [(1, 1), (1, 4), (4, 1)])
def test_a_side_of_one_pixel_is_repeated(size: tuple[int, int], padding: tuple[int, int, int, int]) -> None:
    x = numbered(*size)
    assert torch.equal(reflection_pad(x, *padding), numpy_pad(x, *padding))


def test_no_padding_gives_the_tensor_itself() -> None:
    x = numbered(3, 3)
    assert reflection_pad(x, 0, 0, 0, 0) is x
    assert pad_to_multiple(x, 3) is x


@given(sides, sides, st.integers(1, 9))
def test_padding_to_a_multiple_adds_the_least_at_the_right_and_bottom(h: int, w: int, multiple: int) -> None:
    x = numbered(h, w)
    padded = pad_to_multiple(x, multiple)
    assert torch.equal(padded[..., :h, :w], x)
    for side, longer in zip((h, w), padded.shape[-2:], strict=True):
        assert longer % multiple == 0
        assert 0 <= longer - side < multiple


def test_the_module_pads_all_four_sides() -> None:
    x = numbered(4, 3)
    assert torch.equal(ReflectionPad(7)(x), numpy_pad(x, 7, 7, 7, 7))


def test_autocast_does_not_widen_what_is_padded() -> None:
    x = numbered(3, 3).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        assert reflection_pad(x, 4, 4, 4, 4).dtype == torch.bfloat16

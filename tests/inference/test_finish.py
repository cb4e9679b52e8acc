"""What lies between convolutions in one pass, against the same one after the other in float64."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.inference.finish import Finish, finish, pad_border

Mode = Literal["reflect", "edge"]
MODES: st.SearchStrategy[Mode] = st.sampled_from(["reflect", "edge"])
Pads = tuple[int, int, int, int]
Moments = tuple[Tensor, Tensor]
EPSILON = 1e-5
LAYOUTS = [torch.contiguous_format, torch.channels_last]


def padded(x: Tensor, pads: Pads, mode: Mode) -> Tensor:
    left, right, above, below = pads
    return torch.from_numpy(np.pad(x.numpy(), [(0, 0), (0, 0), (above, below), (left, right)], mode))


def spelled(
    x: Tensor, how: Finish, weight: Tensor, bias: Tensor, addend: Tensor | None, moments: Moments | None
) -> Tensor:
    y = x.double()
    variance, mean = torch.var_mean(y, (2, 3), correction=0, keepdim=True)
    if moments is not None:
        mean, variance = (value.view(1, -1, 1, 1) for value in moments)
    y = (y - mean) * torch.rsqrt(variance + EPSILON) * weight.view(-1, 1, 1) + bias.view(-1, 1, 1)
    if how.relu:
        y = y.clamp_min(0)
    if addend is not None:
        y = y + addend.double()
    return padded(y, how.pads, how.mode)


def check(
    x: Tensor,
    how: Finish,
    addend: Tensor | None,
    *,
    relative: float,
    absolute: float,
    moments: Moments | None = None,
) -> None:
    weight, bias = torch.rand(x.shape[1]) + 0.5, torch.randn(x.shape[1])
    kept = x.clone(), None if addend is None else addend.clone()
    found = finish(x, how, weight, bias, EPSILON, addend, moments)
    expected = spelled(kept[0], how, weight, bias, kept[1], moments)
    assert found.dtype == x.dtype
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found.double(), expected, rtol=relative, atol=absolute)
    assert torch.equal(x, kept[0])
    assert addend is None or torch.equal(addend, kept[1])  # type: ignore[arg-type]


def draw_pads(data: st.DataObject, height: int, width: int) -> Pads:
    """On every side as much as it likes, but less than the picture has."""
    wide, high = st.integers(0, width - 1), st.integers(0, height - 1)
    return data.draw(st.tuples(wide, wide, high, high), "pads")


@given(data=st.data())
def test_all_at_once_is_one_after_the_other(data: st.DataObject) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    batch, channels, height, width = data.draw(
        st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9)), "shape"
    )
    pads = draw_pads(data, height, width)
    how = Finish(data.draw(st.booleans(), "relu"), pads, data.draw(MODES, "mode"))
    x = torch.randn(batch, channels, height, width) + 3
    addend = torch.randn_like(x) if data.draw(st.booleans(), "adds") else None
    moments = None
    if data.draw(st.booleans(), "part of a larger picture"):
        moments = torch.randn(channels).double(), torch.rand(channels).double() + 0.5
    layout = data.draw(st.sampled_from(LAYOUTS), "layout")
    with pytest.MonkeyPatch.context() as patch:  # small pictures are taken in several pieces, too
        patch.setattr("painterly.inference.finish._CACHED", data.draw(st.sampled_from([1, 20, 60, 1 << 17]), "cached"))
        x = x.contiguous(memory_format=layout)
        check(x, how, addend, relative=1e-5, absolute=1e-4, moments=moments)
        rounded = x.bfloat16().contiguous(memory_format=layout)
        other = None if addend is None else addend.bfloat16()
        check(rounded, how, other, relative=2**-7, absolute=0.03, moments=moments)


@given(data=st.data(), mode=MODES, height=st.integers(1, 9), width=st.integers(1, 9))
def test_every_padding_that_fits(data: st.DataObject, mode: Mode, height: int, width: int) -> None:
    x, pads = torch.randn(2, 3, height, width), draw_pads(data, height, width)
    for layout in LAYOUTS:
        found = pad_border(x.contiguous(memory_format=layout), pads, mode)
        assert torch.equal(found, padded(x, pads, mode))
        assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_part_of_a_larger_picture_may_be_finished_and_added() -> None:
    """What blocks add is the inside of what was padded for their convolution."""
    x, addend = torch.randn(2, 4, 9, 11)[..., 1:-1, 2:-2], torch.randn(2, 4, 11, 11)[..., 2:-2, 2:-2]
    check(x, Finish(True, (2, 2, 2, 2)), addend, relative=1e-5, absolute=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_large_pictures_far_from_zero(layout: torch.memory_format) -> None:
    x = (torch.randn(2, 3, 301, 257) + 100).contiguous(memory_format=layout)
    check(x, Finish(True, (4, 4, 4, 4)), None, relative=0, absolute=1e-3)


def test_it_is_the_same_with_and_without_gradients_in_sight() -> None:
    x, ones, zeros = torch.randn(1, 4, 6, 7), torch.ones(4), torch.zeros(4)
    how = Finish(True, (1, 1, 1, 1))
    with torch.inference_mode():
        quiet = finish(x, how, ones, zeros, EPSILON)
    assert torch.equal(finish(x, how, ones, zeros, EPSILON), quiet)

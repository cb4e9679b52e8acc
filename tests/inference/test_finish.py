"""What lies between convolutions in one pass, against the same one after the other in float64."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.inference.finish import Finish, finish

EPSILON = 1e-5
LAYOUTS = [torch.contiguous_format, torch.channels_last]


def spelled(x: Tensor, how: Finish, weight: Tensor, bias: Tensor, addend: Tensor | None) -> Tensor:
    y = x.double()
    if how.normalise:
        variance, mean = torch.var_mean(y, (2, 3), correction=0, keepdim=True)
        y = (y - mean) * torch.rsqrt(variance + EPSILON) * weight.view(-1, 1, 1) + bias.view(-1, 1, 1)
    if how.relu:
        y = y.clamp_min(0)
    if addend is not None:
        y = y + addend.double()
    sides = [(0, 0), (0, 0), (how.pad, how.pad), (how.pad, how.pad)]
    return torch.from_numpy(np.pad(y.numpy(), sides, how.mode))


def check(x: Tensor, how: Finish, addend: Tensor | None, *, relative: float, absolute: float) -> None:
    weight, bias = torch.rand(x.shape[1]) + 0.5, torch.randn(x.shape[1])
    kept = x.clone(), None if addend is None else addend.clone()
    found = finish(x, how, weight, bias, EPSILON, addend)
    expected = spelled(kept[0], how, weight, bias, kept[1])
    assert found.dtype == x.dtype
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found.double(), expected, rtol=relative, atol=absolute)
    assert torch.equal(x, kept[0])
    assert addend is None or torch.equal(addend, kept[1])  # type: ignore[arg-type]


@given(data=st.data())
def test_all_at_once_is_one_after_the_other(data: st.DataObject) -> None:
    torch.manual_seed(data.draw(st.integers(0, 1000), "seed"))
    batch, channels, height, width = data.draw(
        st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9)), "shape"
    )
    mode: Literal["reflect", "edge"] = data.draw(st.sampled_from(["reflect", "edge"]), "mode")
    pad = data.draw(st.integers(0, min(height, width) - 1), "pad")
    how = Finish(data.draw(st.booleans(), "normalise"), data.draw(st.booleans(), "relu"), pad, mode)
    x = torch.randn(batch, channels, height, width) + 3
    addend = torch.randn_like(x) if data.draw(st.booleans(), "adds") else None
    layout = data.draw(st.sampled_from(LAYOUTS), "layout")
    with pytest.MonkeyPatch.context() as patch:  # small pictures are taken in several pieces, too
        patch.setattr("painterly.inference.finish._CACHED", data.draw(st.sampled_from([1, 20, 60, 1 << 17]), "cached"))
        check(x.contiguous(memory_format=layout), how, addend, relative=1e-5, absolute=1e-4)
        rounded = x.bfloat16().contiguous(memory_format=layout)
        other = None if addend is None else addend.bfloat16()
        check(rounded, how, other, relative=2**-7, absolute=0.03)


@pytest.mark.parametrize("mode", ["reflect", "edge"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 6), (2, 2), (5, 5), (7, 4)])
def test_every_padding_that_fits(mode: Literal["reflect", "edge"], height: int, width: int) -> None:
    for pad in range(min(height, width)):
        x = torch.randn(2, 3, height, width)
        check(x, Finish(False, False, pad, mode), None, relative=0, absolute=0)


def test_a_part_of_a_larger_picture_may_be_finished_and_added() -> None:
    """What blocks add is the inside of what was padded for their convolution."""
    x, addend = torch.randn(2, 4, 9, 11)[..., 1:-1, 2:-2], torch.randn(2, 4, 11, 11)[..., 2:-2, 2:-2]
    check(x, Finish(True, True, 2), addend, relative=1e-5, absolute=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_large_pictures_far_from_zero(layout: torch.memory_format) -> None:
    x = (torch.randn(2, 3, 301, 257) + 100).contiguous(memory_format=layout)
    check(x, Finish(True, True, 4), None, relative=0, absolute=1e-3)


def test_it_is_the_same_with_and_without_gradients_in_sight() -> None:
    x, ones, zeros = torch.randn(1, 4, 6, 7), torch.ones(4), torch.zeros(4)
    with torch.inference_mode():
        quiet = finish(x, Finish(True, True, 1), ones, zeros, EPSILON)
    assert torch.equal(finish(x, Finish(True, True, 1), ones, zeros, EPSILON), quiet)

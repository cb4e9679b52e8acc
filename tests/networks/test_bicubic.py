"""Bicubic enlargement as a layer, against that of the benchmarks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from painterly.images.resampling import enlarge
from painterly.networks.bicubic import BicubicUpsample

FACTORS = [2, 3, 4, 8]
factors, sides = st.sampled_from(FACTORS), st.integers(1, 12)


@given(factors, st.integers(9, 20), st.integers(9, 20))
def test_it_equals_the_benchmarks_enlargement_away_from_the_border(factor: int, height: int, width: int) -> None:
    x = torch.rand(2, 3, height, width)
    inner = slice(4 * factor, -4 * factor)
    found, wanted = (y[..., inner, inner] for y in (BicubicUpsample(factor)(x), enlarge(x, factor)))
    assert found.numel()
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


@given(factors, sides, sides)
def test_pixels_beyond_the_border_are_reflected(factor: int, height: int, width: int) -> None:
    x = torch.rand(1, 2, height, width)
    wide = torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (4, 4), (4, 4)), "reflect"))
    cut = slice(4 * factor, -4 * factor)
    wanted = enlarge(wide, factor)[..., cut, cut]
    torch.testing.assert_close(BicubicUpsample(factor)(x), wanted, atol=1e-5, rtol=0)


@given(factors, sides, sides, st.floats(-2, 300, width=32))
def test_a_flat_picture_stays_flat_up_to_the_border(factor: int, height: int, width: int, value: float) -> None:
    large = BicubicUpsample(factor)(torch.full((1, 3, height, width), value))
    assert large.shape == (1, 3, factor * height, factor * width)
    torch.testing.assert_close(large, torch.full_like(large, value), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("factor", FACTORS)
def test_a_parabola_is_enlarged_exactly(factor: int) -> None:
    places = torch.arange(12.0)
    large = BicubicUpsample(factor)((places**2).view(1, 1, 1, -1).expand(1, 1, 3, -1))
    fine = (torch.arange(12.0 * factor) + 0.5) / factor - 0.5
    inner = slice(2 * factor, -2 * factor)
    torch.testing.assert_close(large[0, 0, 0, inner], fine[inner] ** 2, atol=1e-4, rtol=1e-6)


@pytest.mark.parametrize("factor", FACTORS)
def test_mixed_precision_loses_nothing(factor: int) -> None:
    layer, x = BicubicUpsample(factor), torch.rand(1, 3, 7, 8)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = layer(x)
    assert mixed.dtype == torch.float32
    assert torch.equal(mixed, layer(x))


def test_layouts_in_memory_make_no_difference() -> None:
    layer, x = BicubicUpsample(3), torch.rand(2, 3, 7, 8)
    wanted = layer(x)
    layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    torch.testing.assert_close(layer(x.contiguous(memory_format=torch.channels_last)), wanted, atol=1e-6, rtol=0)

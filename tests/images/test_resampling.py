"""Resampling and blurring against Pillow and scipy, borders included."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]
from torch import Tensor

from painterly.images.resampling import crop_to_multiple, enlarge, gaussian_blur, shrink

Plane = npt.NDArray[np.float32]
factors, sides = st.sampled_from([2, 3, 4, 8]), st.integers(1, 12)


def by_pillow(x: Tensor, pad: int, cut: int, width: int, height: int) -> Tensor:
    """Pillow's bicubic filter of a mirrored picture: it too has a = -0.5 and widens its kernel to shrink."""

    def resize(plane: Plane) -> Plane:
        wide = Image.fromarray(np.pad(plane, pad, "symmetric"))
        whole = wide.resize((width + 2 * cut, height + 2 * cut), Image.Resampling.BICUBIC)
        return np.array(whole)[cut:-cut, cut:-cut]

    planes = [torch.from_numpy(resize(plane)) for plane in x.flatten(0, 1).numpy()]
    return torch.stack(planes).view(*x.shape[:2], height, width)


@given(factors, sides, sides)
def test_shrinking_equals_pillows_on_a_mirrored_picture(factor: int, height: int, width: int) -> None:
    x = torch.rand(2, 3, factor * height, factor * width)
    wanted = by_pillow(x, 5 * factor, 5, width, height)
    torch.testing.assert_close(shrink(x, factor), wanted, atol=2e-6, rtol=0)


@given(factors, sides, sides)
def test_enlarging_equals_pillows_on_a_mirrored_picture(factor: int, height: int, width: int) -> None:
    x = torch.rand(2, 3, height, width)
    wanted = by_pillow(x, 5, 5 * factor, factor * width, factor * height)
    torch.testing.assert_close(enlarge(x, factor), wanted, atol=2e-6, rtol=0)


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_places_are_as_exact_in_a_wide_picture(factor: int) -> None:
    x = torch.rand(1, 1, 24, 720)
    small = by_pillow(x, 5 * factor, 5, 720 // factor, 24 // factor)
    torch.testing.assert_close(shrink(x, factor), small, atol=1e-4, rtol=0)
    large = by_pillow(x, 5, 5 * factor, 720 * factor, 24 * factor)
    torch.testing.assert_close(enlarge(x, factor), large, atol=1e-4, rtol=0)


@given(factors, sides, sides, st.floats(0, 1, width=32))
def test_a_flat_picture_stays_flat(factor: int, height: int, width: int, value: float) -> None:
    x = torch.full((1, 3, factor * height, factor * width), value)
    for y in (shrink(x, factor), enlarge(x, factor), gaussian_blur(x, factor)):
        torch.testing.assert_close(y, torch.full_like(y, value), atol=1e-6, rtol=0)


def test_a_factor_of_one_changes_nothing() -> None:
    x = torch.rand(1, 3, 5, 7)
    torch.testing.assert_close(shrink(x, 1), x)
    torch.testing.assert_close(enlarge(x, 1), x)


def test_half_precision_is_widened() -> None:
    x = torch.rand(1, 3, 8, 8).bfloat16()
    assert shrink(x, 2).dtype == enlarge(x, 2).dtype == torch.float32
    assert torch.equal(shrink(x, 2), shrink(x.float(), 2))


@pytest.mark.parametrize("size", [(9, 8), (8, 9), (3, 3)])
def test_a_side_that_is_no_multiple_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"{size[1]}x{size[0]} is not a multiple of 4"):
        shrink(torch.rand(1, 3, *size), 4)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9))
def test_cropping_takes_least_and_only_below_and_at_the_right(height: int, width: int, multiple: int) -> None:
    x = torch.rand(1, 3, height, width)
    y = crop_to_multiple(x, multiple)
    assert [side % multiple for side in y.shape[-2:]] == [0, 0]
    assert all(0 <= before - after < multiple for before, after in zip(x.shape, y.shape, strict=True))
    assert torch.equal(y, x[..., : y.shape[-2], : y.shape[-1]])


@given(st.floats(0.3, 3), st.integers(1, 20), st.integers(1, 20))
def test_blurring_equals_scipys(sigma: float, height: int, width: int) -> None:
    x = torch.rand(2, 3, height, width, dtype=torch.float64)
    wanted = gaussian_filter(x.numpy(), (0, 0, sigma, sigma), mode="reflect")
    torch.testing.assert_close(gaussian_blur(x, sigma), torch.from_numpy(wanted), atol=1e-12, rtol=0)
    torch.testing.assert_close(gaussian_blur(x.float(), sigma).double(), torch.from_numpy(wanted), atol=1e-6, rtol=0)


def test_no_blur_changes_nothing() -> None:
    x = torch.rand(1, 3, 5, 7)
    assert torch.equal(gaussian_blur(x, 0), x)


def test_layouts_in_memory_make_no_difference() -> None:
    x = torch.rand(2, 3, 8, 12)
    other = x.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(gaussian_blur(other, 1), gaussian_blur(x, 1))
    torch.testing.assert_close(shrink(other, 4), shrink(x, 4))
    torch.testing.assert_close(enlarge(other, 2), enlarge(x, 2))

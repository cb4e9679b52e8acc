"""The small pictures that super-resolution starts from."""

from __future__ import annotations

import pytest
import torch
from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]
from torch import Tensor

from painterly.data.degradation import DEGRADATIONS, Degradation, degrade
from painterly.images.resampling import shrink


def contrasty(height: int = 24, width: int = 48) -> Tensor:
    """Black and white pixels, so that the cubic kernel leaves [0, 1]."""
    return (torch.rand(2, 3, height, width) > 0.5).float()


@pytest.mark.parametrize("degradation", DEGRADATIONS)
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_the_small_picture_is_one_that_an_eight_bit_file_could_hold(scale: int, degradation: Degradation) -> None:
    small = degrade(contrasty(), scale, degradation)
    assert small.shape == (2, 3, 24 // scale, 48 // scale)
    levels = small * 255
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
    assert levels.min() >= 0
    assert levels.max() <= 255


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_bicubic_is_shrinking_and_rounding(scale: int) -> None:
    x = contrasty()
    wanted = (shrink(x, scale).clamp(0, 1) * 255).round() / 255
    assert torch.equal(degrade(x, scale, "bicubic"), wanted)
    assert torch.equal(degrade(x, scale), wanted)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_the_papers_blurs_with_a_sigma_of_one_pixel_before(scale: int) -> None:
    x = contrasty()
    blurred = torch.from_numpy(gaussian_filter(x.numpy(), (0, 0, 1, 1), mode="reflect"))
    found, wanted = degrade(x, scale, "paper"), degrade(blurred, scale, "bicubic")
    torch.testing.assert_close(found, wanted, atol=1.01 / 255, rtol=0)  # a tie may be rounded either way
    assert (found != wanted).float().mean() < 0.01
    assert found.std() < degrade(x, scale, "bicubic").std()


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_a_side_that_is_no_multiple_is_refused(degradation: Degradation) -> None:
    with pytest.raises(ValueError, match="not a multiple of 4"):
        degrade(torch.rand(1, 3, 8, 10), 4, degradation)


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_autocast_costs_no_levels(degradation: Degradation) -> None:
    picture = torch.rand(1, 3, 24, 32)
    with torch.autocast("cpu", torch.bfloat16):
        found = degrade(picture, 4, degradation)
    assert torch.equal(found, degrade(picture, 4, degradation))

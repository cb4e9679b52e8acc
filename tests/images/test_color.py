"""Colours of one picture for another."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.images.color import keep_colours, match_statistics, with_luminance

# Y, I and Q of NTSC, rounded as in the literature.
YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])


def yiq(picture: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", YIQ, picture)


def statistics(picture: Tensor) -> tuple[Tensor, Tensor]:
    pixels = picture[0].flatten(1).double()
    return pixels.mean(1), torch.cov(pixels, correction=0)


def mid_range(height: int, width: int) -> Tensor:
    """Colours around grey, of random directions and correlated."""
    mix = torch.eye(3) + 0.5 * torch.randn(3, 3)
    noise = torch.einsum("ij,bjhw->bihw", mix, torch.rand(1, 3, height, width) - 0.5)
    return 0.4 + 0.2 * torch.rand(3, 1, 1) + 0.2 * noise / noise.abs().max()


def test_luminance_is_taken_and_chrominance_kept() -> None:
    colours, luminance = 0.4 + 0.2 * torch.rand(2, 2, 3, 7, 5)
    found, kept, taken = (yiq(picture) for picture in (with_luminance(colours, luminance), colours, luminance))
    torch.testing.assert_close(found[:, 0], taken[:, 0])
    torch.testing.assert_close(found[:, 1:], kept[:, 1:], atol=2e-4, rtol=0)


def test_luminance_of_any_pictures_stays_within_range_and_of_itself_changes_nothing() -> None:
    colours, luminance = torch.rand(2, 1, 3, 9, 8).round()
    found = with_luminance(colours, luminance)
    assert 0 <= found.min() <= found.max() <= 1
    torch.testing.assert_close(with_luminance(colours, colours), colours)


def test_mean_and_covariance_become_the_reference_s() -> None:
    for _ in range(5):
        picture, reference = mid_range(20, 30), mid_range(17, 11)
        found = match_statistics(picture, reference)
        assert found.shape == picture.shape
        assert found.dtype == picture.dtype
        assert 0 < found.min() <= found.max() < 1
        torch.testing.assert_close(statistics(found), statistics(reference), atol=1e-6, rtol=1e-4)


def test_a_picture_matched_to_itself_stays() -> None:
    grey = torch.rand(1, 1, 8, 9).expand(1, 3, 8, 9)
    for picture in (torch.rand(1, 3, 13, 8), grey, torch.full((1, 3, 4, 4), 0.3)):
        torch.testing.assert_close(match_statistics(picture, picture), picture, atol=1e-5, rtol=0)


def test_a_picture_of_one_colour_takes_the_reference_s_mean() -> None:
    flat, reference = torch.full((1, 3, 6, 6), 0.9), mid_range(8, 8)
    found = match_statistics(flat, reference)
    torch.testing.assert_close(statistics(found)[0], statistics(reference)[0], atol=1e-5, rtol=0)


def test_what_lies_outside_is_cut_off() -> None:
    found = match_statistics(torch.randn(1, 3, 40, 40).mul(0.1).add(0.5).clamp(0, 1), torch.rand(1, 3, 9, 9).round())
    assert found.min() == 0
    assert found.max() == 1


def exact_yiq(picture: Tensor) -> Tensor:
    """In double precision, as matrices say it; I and Q of grey are 0."""
    return torch.einsum("ij,bjhw->bihw", YIQ.double(), picture.double())


def from_yiq(values: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", torch.linalg.inv(YIQ.double()), values)


@st.composite
def pictures(draw: st.DrawFn) -> Tensor:
    """Noise, or noise with much black, white and pure colour."""
    seed, extreme = draw(st.integers(0, 2**31)), draw(st.booleans())
    noise = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(seed))
    return (3 * noise - 1).clamp(0, 1) if extreme else noise


@given(pictures(), pictures(), st.booleans())
def test_colours_are_the_photograph_s_exactly_and_in_range(
    painting: Tensor, photograph: Tensor, contrast: bool
) -> None:
    found = keep_colours(painting, photograph, contrast=contrast)
    assert found.shape == painting.shape
    assert found.min() >= 0
    assert found.max() <= 1
    torch.testing.assert_close(exact_yiq(found)[:, 1:], exact_yiq(photograph)[:, 1:], atol=2e-6, rtol=0)


@given(pictures(), pictures())
def test_luminance_is_the_painting_s_or_the_nearest_that_goes_with_the_colour(
    painting: Tensor, photograph: Tensor
) -> None:
    """Against YIQ's matrix and its inverse."""
    wanted, own = exact_yiq(painting), exact_yiq(photograph)
    colour = from_yiq(torch.cat([torch.zeros_like(own[:, :1]), own[:, 1:]], 1))  # what I and Q add to grey
    low, high = -colour.amin(1), 1 - colour.amax(1)
    light = torch.maximum(torch.minimum(wanted[:, 0], high), low)
    found = keep_colours(painting, photograph)
    torch.testing.assert_close(exact_yiq(found)[:, 0], light, atol=2e-4, rtol=0)
    fits = ((wanted[:, 0] >= low) & (wanted[:, 0] <= high)).unsqueeze(1)
    whole = from_yiq(torch.cat([wanted[:, :1], own[:, 1:]], 1))
    assert ((found - whole).abs() * fits).max() < 2e-4  # YIQ's matrix has four places


def test_a_picture_in_its_own_colours_stays() -> None:
    for picture in (torch.rand(2, 3, 6, 5), torch.rand(1, 3, 6, 5).round(), torch.full((1, 3, 4, 4), 0.3)):
        for contrast in (False, True):
            torch.testing.assert_close(keep_colours(picture, picture, contrast=contrast), picture, atol=1e-4, rtol=0)


def test_of_a_grey_photograph_the_painting_is_grey() -> None:
    painting, photograph = torch.rand(1, 3, 6, 5), torch.rand(1, 1, 6, 5).expand(1, 3, 6, 5)
    found = keep_colours(painting, photograph)
    torch.testing.assert_close(found, yiq(painting)[:, :1].expand(1, 3, 6, 5), atol=1e-6, rtol=0)


@pytest.mark.parametrize("batch", [1, 3])
def test_brightness_and_contrast_become_each_photograph_s(batch: int) -> None:
    for _ in range(5):
        photographs = torch.cat([mid_range(20, 30) for _ in range(batch)])
        paintings = torch.rand(batch, 3, 20, 30) * torch.rand(batch, 1, 1, 1).add(0.1)
        result = keep_colours(paintings, photographs, contrast=True)
        assert 0 < result.min() <= result.max() < 1  # nothing had to be moved
        found, expected = (yiq(pictures)[:, 0] for pictures in (result, photographs))
        torch.testing.assert_close(found.mean((1, 2)), expected.mean((1, 2)), atol=1e-5, rtol=0)
        torch.testing.assert_close(found.std((1, 2)), expected.std((1, 2)), atol=1e-4, rtol=0)
        shape = torch.stack([found.flatten(1), yiq(paintings)[:, 0].flatten(1)], 1)
        assert all(torch.corrcoef(pair)[0, 1] > 0.999 for pair in shape)  # of the painting's own pattern


def test_a_flat_painting_takes_the_photograph_s_mean() -> None:
    photograph = mid_range(8, 9)
    found = keep_colours(torch.full_like(photograph, 0.9), photograph, contrast=True)
    expected = yiq(photograph)[:, 0].mean()
    torch.testing.assert_close(yiq(found)[:, 0], expected.expand(1, 8, 9), atol=1e-4, rtol=0)


def test_pictures_of_a_batch_do_not_see_each_other() -> None:
    paintings, photographs = torch.rand(2, 3, 3, 6, 5)
    for contrast in (False, True):
        found = keep_colours(paintings, photographs, contrast=contrast)
        for index in range(3):
            one = slice(index, index + 1)
            torch.testing.assert_close(
                found[one], keep_colours(paintings[one], photographs[one], contrast=contrast), atol=1e-6, rtol=0
            )

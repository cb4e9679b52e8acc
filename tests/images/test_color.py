"""Colours of one picture for another."""

from __future__ import annotations

import torch
from torch import Tensor

from painterly.images.color import match_statistics, with_luminance

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

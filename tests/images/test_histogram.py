"""Histogram matching, against scikit-image's and by its properties."""

from __future__ import annotations

import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.exposure import match_histograms
from torch import Tensor

from painterly.images.histogram import match_histogram

sides = st.integers(1, 12)


def by_scikit_image(picture: Tensor, reference: Tensor) -> Tensor:
    matched = match_histograms(picture[0].numpy(), reference[0].numpy(), channel_axis=0)
    return torch.from_numpy(matched).to(picture.dtype)[None]


@given(sides, sides)
def test_with_as_many_pixels_it_is_a_sorting_and_equals_scikit_images(height: int, width: int) -> None:
    reference = torch.rand(1, 3, height, width, dtype=torch.float64)
    order = [torch.randperm(height * width).view(height, width) for _ in range(3)]
    picture = torch.stack(order)[None].double() / (height * width)  # no two values within a sixteen-bit level
    found = match_histogram(picture, reference)
    torch.testing.assert_close(found.flatten(2).sort().values, reference.flatten(2).sort().values, atol=1e-5, rtol=0)
    torch.testing.assert_close(found, by_scikit_image(picture, reference), atol=1e-5, rtol=0)


@given(st.integers(4, 12), st.integers(4, 12), st.integers(4, 12), st.integers(4, 12))
def test_with_other_sizes_it_is_within_the_ranks_that_scikit_image_counts_otherwise(
    height: int, width: int, other_height: int, other_width: int
) -> None:
    picture = torch.rand(1, 3, height, width, dtype=torch.float64)
    reference = torch.rand(1, 3, other_height, other_width, dtype=torch.float64)
    # The share of pixels below is counted to the middle of a pixel here and to its upper end there, in both pictures.
    ranks = math.ceil(abs(1 - reference.numel() / picture.numel()) / 2)
    gap = reference.flatten(2).sort().values.diff().max()
    difference = match_histogram(picture, reference) - by_scikit_image(picture, reference)
    assert difference.abs().max() <= ranks * gap + 1e-5


@given(sides, sides, st.integers(2, 256))
def test_a_picture_matched_to_itself_is_itself(height: int, width: int, levels: int) -> None:
    picture = (torch.rand(2, 3, height, width) * levels).floor() / levels
    torch.testing.assert_close(match_histogram(picture, picture), picture, atol=1e-5, rtol=0)


@given(sides, sides, sides, sides)
def test_the_order_is_kept_and_the_references_range_never_left(
    height: int, width: int, other_height: int, other_width: int
) -> None:
    picture = torch.rand(2, 3, height, width).mul(20).round() / 20
    reference = 0.2 + 0.5 * torch.rand(2, 3, other_height, other_width)
    found = match_histogram(picture, reference)
    assert found.shape == picture.shape
    before, order = picture.flatten(2).sort()
    steps = found.flatten(2).gather(2, order).diff()
    assert (steps >= -1e-6).all()
    assert (steps[before.diff() == 0] == 0).all()  # equal pixels stay equal
    low, high = reference.amin((2, 3), keepdim=True), reference.amax((2, 3), keepdim=True)
    assert (found >= low - 1e-6).all()
    assert (found <= high + 1e-6).all()


def test_brightness_and_contrast_are_undone() -> None:
    reference = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(match_histogram(0.3 + 0.5 * reference, reference), reference, atol=1e-5, rtol=0)


def test_a_smaller_reference_gives_its_own_distribution() -> None:
    reference = torch.rand(1, 3, 8, 8)
    found = match_histogram(torch.rand(1, 3, 32, 32) ** 3, reference)
    shares = torch.tensor([0.1, 0.25, 0.5, 0.75, 0.9])
    torch.testing.assert_close(
        found.flatten(2).quantile(shares, 2), reference.flatten(2).quantile(shares, 2), atol=0.03, rtol=0
    )


def test_every_picture_and_channel_is_matched_to_its_own() -> None:
    pictures, references = torch.rand(2, 3, 6, 5), torch.rand(2, 3, 4, 7)
    found = match_histogram(pictures, references)
    for index in range(2):
        for channel in range(3):
            one = (slice(index, index + 1), slice(channel, channel + 1))
            assert torch.equal(found[one], match_histogram(pictures[one], references[one]))


def test_a_flat_picture_gets_the_references_median() -> None:
    reference = torch.rand(1, 1, 5, 5)
    found = match_histogram(torch.zeros(1, 1, 4, 4), reference)
    torch.testing.assert_close(found, reference.median().expand_as(found))
